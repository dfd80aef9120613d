import type { CampusOptions, Send, SignedRequest } from "@convergint/example-vendor-cloud";
import { WEBHOOK_PING } from "@convergint/schemas";
import type { Profile } from "../../src/registry/profiles.ts";

/** A request, as far as mutants look at it. */
export interface SeenRequest {
  method: string;
  /** Without the query. */
  path: string;
  readonly query: Record<string, string | undefined>;
  readonly headers: Record<string, unknown>;
}

/** An answer on its way out; mutants change it in place. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: a mutant puts anything anywhere, which is its trade
  body: any;
}

/** Signs a delivery that a mutant has changed, as the vendor would have. */
export type Resign = (
  delivery: SignedRequest,
  changes: { body?: unknown; id?: string; timestamp?: Date },
) => Promise<SignedRequest>;

/** What a mutant does differently. A hook that is absent leaves the vendor as it is. */
export interface Behaviour {
  /** Changes a request before the vendor sees it. */
  readonly receive?: (request: SeenRequest) => void;
  /** Changes what a request says, before the vendor acts on it. */
  readonly read?: (body: Answer["body"], path: string) => void;
  /** Changes an answer before the caller sees it. */
  readonly answer?: (answer: Answer, request: SeenRequest) => void;
  /** Changes a delivery before the receiver sees it; `null` loses it. */
  readonly deliver?: (
    delivery: SignedRequest,
    resign: Resign,
  ) => Promise<SignedRequest | null> | SignedRequest | null;
  /** Stands around the posting of each attempt, and says what the vendor takes its outcome for. */
  readonly send?: Send;
}

/** The keys that the vendor knows, each of another tenant or standing. */
export interface VendorKeys {
  readonly apiKey: string;
  readonly secondApiKey: string;
  readonly withdrawnApiKey: string;
  readonly productionApiKey: string;
}

/** One way of being wrong: the reference vendor with one defect. */
export interface VendorMutant {
  /** Id of the one requirement that the defect breaks. */
  readonly breaks: string;
  /** The defect, as one would tell a colleague. */
  readonly defect: string;
  /** The profile in which alone the defect shows. Default: that of the requirement. */
  readonly profile?: Profile;
  /** How the vendor is set up, where that is the defect. */
  readonly setUp?: Pick<CampusOptions, "retryScheduleSeconds" | "batching" | "mostBuildings">;
  /** Makes the behaviour of one vendor; what it remembers lives as long as that vendor. */
  readonly behaviour: (vendor: VendorKeys) => Behaviour;
}

/** Mutants of the vendor, by name. */
export type VendorMutants = Readonly<Record<string, VendorMutant>>;

/** Changes the entries of a listing, and the answers that are one of them, wherever the vendor shows them. */
export function changeEach(
  path: "/v1/orgs" | "/v1/sites" | "/v1/devices",
  change: (item: Answer["body"]) => void,
): NonNullable<Behaviour["answer"]> {
  return ({ status, body }, request) => {
    if (status !== 200) return;
    if (request.path === path) body.data.forEach(change);
    else if (request.path.startsWith(`${path}/`)) change(body);
  };
}

/** Leaves entries out of a listing, and counts nothing. */
export function hide(
  path: "/v1/orgs" | "/v1/sites",
  hidden: (item: Answer["body"]) => boolean,
): NonNullable<Behaviour["answer"]> {
  return ({ status, body }, request) => {
    if (status !== 200 || request.path !== path) return;
    body.data = body.data.filter((item: unknown) => !hidden(item));
    delete body.snapshot.total_count;
  };
}

/** Changes the manifest. */
export function changeManifest(change: (manifest: Answer["body"]) => void): NonNullable<Behaviour["answer"]> {
  return ({ body }, { path }) => {
    if (path === "/.well-known/vendor-cloud") change(body);
  };
}

/** Answers with an empty page where the vendor answers that something does not exist. */
export function emptyForUnknown(
  path: "/v1/sites" | "/v1/devices" | "/v1/events",
  filter: "org_id" | "site_id",
): NonNullable<Behaviour["answer"]> {
  return (answer, request) => {
    if (request.path !== path || request.query[filter] === undefined || answer.status !== 404) return;
    answer.status = 200;
    answer.headers["content-type"] = "application/json";
    answer.body = {
      data: [],
      next_cursor: null,
      snapshot: { id: "none", as_of: new Date().toISOString(), total_count: 0 },
    };
  };
}

/** Ignores the org filter of a listing, for the orgs that there are. */
export function ignoreOrg(path: "/v1/sites" | "/v1/devices" | "/v1/events"): Behaviour {
  const orgs = new Set<string | undefined>();
  return {
    receive({ path: asked, query }) {
      if (asked === path && orgs.has(query["org_id"])) delete query["org_id"];
    },
    answer({ status, body }, { path: asked }) {
      if (status === 200 && asked === "/v1/orgs") for (const { org_id } of body.data) orgs.add(org_id);
    },
  };
}

/** Lists by `since` those of the changes only that are to be listed. */
export function changesListed(listed: (device: Answer["body"]) => boolean): NonNullable<Behaviour["answer"]> {
  return ({ status, body }, { path, query }) => {
    if (status !== 200 || path !== "/v1/devices" || query["since"] === undefined) return;
    body.data = body.data.filter(listed);
    delete body.snapshot.total_count;
  };
}

/** Offers one more event type, in manifest and catalogue. */
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

/** Tells whether a delivery is a test of its endpoint. */
export const isPing = ({ body }: SignedRequest): boolean => JSON.parse(body).type === WEBHOOK_PING;

/** Changes the event a delivery carries, and signs it anew: the signature is right, the content is not. */
export function changeEvent(change: (event: Answer["body"]) => void): NonNullable<Behaviour["deliver"]> {
  return (delivery, resign) => {
    const event = JSON.parse(delivery.body);
    change(event);
    return resign(delivery, { body: event, id: event.id });
  };
}

/** Posts no events of one type. @param words between `com.convergint.` and the version */
export const loseEvents = (words: string): Behaviour => ({
  deliver: (delivery) => (JSON.parse(delivery.body).type === `com.convergint.${words}.v1` ? null : delivery),
});

/** How an attempt came out, as the vendor sees it. */
export type Outcome = Awaited<ReturnType<Send>>;

/** What the vendor takes for success. */
export const TAKEN: Outcome = { kind: "answered", status: 204 };

/** Takes outcomes for others than they are. */
export const mistake =
  (change: (outcome: Outcome, delivery: SignedRequest) => Outcome): Send =>
  async (delivery, post) =>
    change(await post(delivery), delivery);

/** Takes an answer with this status for success. */
export const takeForSuccess = (status: number): Send =>
  mistake((outcome) => (outcome.kind === "answered" && outcome.status === status ? TAKEN : outcome));

/** Counts the attempts at each delivery to each endpoint, from 1. */
export function attemptCounter(): (delivery: SignedRequest) => number {
  const counts = new Map<string, number>();
  return ({ url, body }) => {
    // A batch has no id in its body, and is known by that.
    const key = `${url} ${JSON.parse(body).id ?? body}`;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count;
  };
}

/** Tells whether a request is of the tenant that has this key. */
export const isBy = (apiKey: string, { headers }: SeenRequest): boolean =>
  headers["authorization"] === `Bearer ${apiKey}`;

/** Takes a request for one of the tenant that has this key. */
export function actAs(apiKey: string, request: SeenRequest): void {
  request.headers["authorization"] = `Bearer ${apiKey}`;
}
