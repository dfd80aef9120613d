import type { KeyObject } from "node:crypto";
import type {
  CampusOptions,
  EstateSize,
  Send,
  SignedRequest,
  SignedTokenTerms,
} from "@convergint/example-vendor-cloud";
import { WEBHOOK_PING } from "@convergint/schemas";
import type { PartName } from "../../src/evidence/evidence.ts";
import type { Clock } from "../../src/harness/clock.ts";
import type { Profile } from "../../src/registry/profiles.ts";
import type { Operator } from "./operator.ts";

/** The members of a request that mutants read and change. */
export interface SeenRequest {
  method: string;
  /** Without the query. */
  path: string;
  readonly query: Record<string, string | undefined>;
  readonly headers: Record<string, unknown>;
  /** Path and query as received: not decoded, with repeated parameters. */
  readonly url: string;
  /** Replaces the query even if `query` has the same content. A repeated parameter then occurs only once. */
  takesLast?: true;
  /** The body; set when the body has been read. */
  readonly sent?: unknown;
}

/** A response before it is sent. Mutants change it in place. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: mutants put arbitrary values anywhere
  body: any;
}

/** Signs a changed delivery with the vendor's secrets. */
export type Resign = (
  delivery: SignedRequest,
  changes: { body?: unknown; id?: string; timestamp?: Date },
) => Promise<SignedRequest>;

/** The hooks of a mutant. Without a hook, the vendor behaves as it does without a defect. */
export interface Behaviour {
  /** Changes a request before the vendor routes it. */
  readonly receive?: (request: SeenRequest) => void;
  /** Changes the body of a request before the vendor acts on it. */
  readonly read?: (body: Answer["body"], path: string) => void;
  /** Changes a response before it is sent. */
  readonly answer?: (answer: Answer, request: SeenRequest) => void;
  /** Changes a delivery before it is sent; `null` drops it. */
  readonly deliver?: (
    delivery: SignedRequest,
    resign: Resign,
  ) => Promise<SignedRequest | null> | SignedRequest | null;
  /** Wraps each delivery attempt and returns the outcome that the vendor sees. */
  readonly send?: Send;
}

/** The vendor's API keys. Each key belongs to a different tenant or has a different state. */
export interface VendorKeys {
  readonly apiKey: string;
  readonly secondApiKey: string;
  readonly withdrawnApiKey: string;
  readonly productionApiKey: string;
}

/** What a mutant's behaviour can use. */
export interface VendorContext extends VendorKeys {
  /** The public keys of the run's consumer by kid, in the order in which they were registered. */
  readonly tokenKeys: ReadonlyMap<string, KeyObject>;
  readonly terms: SignedTokenTerms;
  /** The vendor's clock. In the matrix, this clock is virtual, so a mutant must not read another clock. */
  readonly clock: Clock;
}

/** The reference vendor with one defect. */
export interface VendorMutant {
  /** Id of the one requirement that the defect breaks. */
  readonly breaks: string;
  /** Which mutation operator yields the defect. */
  readonly operator: Operator;
  /** Describes the defect in one sentence. */
  readonly defect: string;
  /** The profile or profiles whose scenarios show the defect. Default: the profile of the requirement. */
  readonly profile?: Profile | readonly Profile[];
  /**
   * Parts of the evidence that the check needs in order to fail, in addition to the parts that the check
   * declares. Default: none.
   */
  readonly alsoRecord?: readonly PartName[];
  /**
   * Shares no run with other mutants, because with some of them a further requirement fails, or because this defect hides most
   * others. Default: shares runs. A mutant that a shared run does not show gets a separate run too, so this only saves time.
   */
  readonly sharesNoRun?: true;
  /** Options of the vendor that are part of the defect. */
  readonly setUp?: Pick<CampusOptions, "retryScheduleSeconds" | "batching" | keyof EstateSize>;
  /** Creates the hooks for one vendor. Their state lives as long as that vendor. */
  readonly behaviour: (context: VendorContext) => Behaviour;
}

/** Mutants of the vendor, by name. */
export type VendorMutants = Readonly<Record<string, VendorMutant>>;

/** Changes every item of a listing, and every response that is a single item. */
export function changeItems(
  path: "/v1/orgs" | "/v1/sites" | "/v1/devices",
  change: (item: Answer["body"]) => void,
): NonNullable<Behaviour["answer"]> {
  return ({ status, body }, request) => {
    if (status !== 200) return;
    if (request.path === path) body.data.forEach(change);
    else if (request.path.startsWith(`${path}/`)) change(body);
  };
}

/** Removes items from a listing, and also removes its total_count. */
export function hideItems(
  path: "/v1/orgs" | "/v1/sites",
  isHidden: (item: Answer["body"]) => boolean,
): NonNullable<Behaviour["answer"]> {
  return ({ status, body }, request) => {
    if (status !== 200 || request.path !== path) return;
    body.data = body.data.filter((item: unknown) => !isHidden(item));
    delete body.snapshot.total_count;
  };
}

/** Changes the manifest. */
export function changeManifest(change: (manifest: Answer["body"]) => void): NonNullable<Behaviour["answer"]> {
  return ({ body }, { path }) => {
    if (path === "/.well-known/vendor-cloud") change(body);
  };
}

/** Replaces a 404 for an unknown filter value with an empty page. */
export function answerEmptyForUnknown(
  path: "/v1/sites" | "/v1/devices" | "/v1/events",
  filter: "org_id" | "site_id" | "system_id",
  clock: Clock,
): NonNullable<Behaviour["answer"]> {
  return (answer, request) => {
    if (request.path !== path || request.query[filter] === undefined || answer.status !== 404) return;
    answer.status = 200;
    answer.headers["content-type"] = "application/json";
    answer.body = emptyPage(clock);
  };
}

/** A page of an empty listing. */
export const emptyPage = (clock: Clock): Answer["body"] => ({
  data: [],
  next_cursor: null,
  snapshot: { id: "none", as_of: new Date(clock.now()).toISOString(), total_count: 0 },
});

/** Ignores the org filter of a listing if the org exists. */
export function ignoreOrgFilter(listing: "/v1/sites" | "/v1/devices" | "/v1/events"): Behaviour {
  const orgs = new Set<string | undefined>();
  return {
    receive({ path, query }) {
      const isOnly = query["site_id"] === undefined && query["system_id"] === undefined;
      if (path === listing && isOnly && orgs.has(query["org_id"])) delete query["org_id"];
    },
    answer({ status, body }, { path }) {
      if (status === 200 && path === "/v1/orgs") for (const { org_id } of body.data) orgs.add(org_id);
    },
  };
}

/** Keeps only some of the changes that a listing with `since` returns. */
export function filterChanges(
  isListed: (device: Answer["body"]) => boolean,
): NonNullable<Behaviour["answer"]> {
  return ({ status, body }, { path, query }) => {
    if (status !== 200 || path !== "/v1/devices" || query["since"] === undefined) return;
    body.data = body.data.filter(isListed);
    delete body.snapshot.total_count;
  };
}

/** Adds an event type to manifest and catalogue. */
export function addEventType(type: string, more: object = {}): NonNullable<Behaviour["answer"]> {
  const delivery = ["webhook"];
  const declare = changeManifest((manifest) => manifest.event_types.push({ type, delivery }));
  return (answer, request) => {
    declare(answer, request);
    if (request.path !== "/v1/event-catalog" || answer.status !== 200) return;
    const described = { family: "parking", version: "1", description: "A barrier was raised." };
    answer.body.data.push({ type, ...described, device_types: ["other"], delivery, ...more });
  };
}

/** Whether a delivery is a ping. */
export const isPing = ({ body }: SignedRequest): boolean => JSON.parse(body).type === WEBHOOK_PING;

/** Changes the event of a delivery and signs it again, so that only the content is wrong. */
export function changeEvent(change: (event: Answer["body"]) => void): NonNullable<Behaviour["deliver"]> {
  return (delivery, resign) => {
    const event = JSON.parse(delivery.body);
    change(event);
    return resign(delivery, { body: event, id: event.id });
  };
}

/** Drops the events of one type. @param name between `com.convergint.` and the version */
export const dropEvents = (name: string): Behaviour => ({
  deliver: (delivery) => (JSON.parse(delivery.body).type === `com.convergint.${name}.v1` ? null : delivery),
});

/** The outcome of an attempt, as the vendor sees it. */
export type Outcome = Awaited<ReturnType<Send>>;

/** An outcome that the vendor counts as success. */
export const SUCCESS: Outcome = { kind: "answered", status: 204 };

/** Sends a delivery and changes the outcome that the vendor sees. */
export const changeOutcome =
  (change: (outcome: Outcome, delivery: SignedRequest) => Outcome): Send =>
  async (delivery, post) =>
    change(await post(delivery), delivery);

/** Counts a response with this status as success. */
export const treatAsSuccess = (status: number): Send =>
  changeOutcome((outcome) => (outcome.kind === "answered" && outcome.status === status ? SUCCESS : outcome));

/** Creates a counter of the attempts at each delivery to each endpoint, from 1. */
export function createAttemptCounter(): (delivery: SignedRequest) => number {
  const counts = new Map<string, number>();
  return ({ url, body }) => {
    // The body of a batch has no id, so the whole body identifies it.
    const key = `${url} ${JSON.parse(body).id ?? body}`;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count;
  };
}

/** Whether a request carries this key or token. */
export const isAuthenticatedBy = (credential: string, { headers }: SeenRequest): boolean =>
  headers["authorization"] === `Bearer ${credential}`;

/** Replaces the credential of a request. */
export function authenticateAs(credential: string, request: SeenRequest): void {
  request.headers["authorization"] = `Bearer ${credential}`;
}
