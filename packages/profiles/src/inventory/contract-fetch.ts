import { STATUS_CODES } from "node:http";
import { MANIFEST_PATH, PROBLEM_MEDIA_TYPE } from "@convergint/schemas";
import { ExpressionError } from "../errors.ts";
import type { Variables } from "../expression.ts";
import type { Profile } from "../read-profile.ts";
import type { RecordKind } from "../record.ts";
import { renderJson } from "../template.ts";
import type { UnmappedWord } from "../words.ts";
import {
  type Authorization,
  type AuthParts,
  createAuthorization,
  createSecrets,
  type ProfileCredential,
  pickAuth,
} from "./auth.ts";
import { DEFAULT_READ_LIMITS, ReadBudget, type ReadLimits } from "./budget.ts";
import { connectVendor, resolveUrl } from "./connection.ts";
import { createListings, type ListingFilter } from "./listings.ts";
import { createEventCatalog, createManifest, MAX_PAGE_SIZE } from "./manifest.ts";
import { createMapping, type Inventory, type ProfileFault } from "./mapping.ts";
import { readInventory } from "./read.ts";
import { createSender } from "./request.ts";
import { createReadings, type Extent } from "./snapshot.ts";
import { VendorReadError } from "./vendor-error.ts";

/** Options of {@link createContractFetch}. */
export interface ContractFetchOptions {
  /** The vendor's base URL. Default: the profile's. */
  readonly baseUrl?: string | undefined;
  /** The credential that the vendor issued. */
  readonly credential: ProfileCredential;
  /** What the operator entered for the profile's settings. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Default: the platform's `fetch`. Its connections may be guarded: an error with the code `destination_refused` is passed on. */
  readonly fetch?: typeof fetch;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Waits before a retry or another reading. Default: a timer. */
  readonly sleep?: (seconds: number) => Promise<void>;
  /** Default for each: the value that {@link ReadLimits} states. */
  readonly limits?: Partial<ReadLimits>;
  /**
   * A page is answered after this time at the latest, in seconds: with no items and a cursor while the vendor is still being
   * read, because a consumer waits 30 s for a page. Default: 20.
   */
  readonly pageSeconds?: number;
  /** How long one reading is used for further calls after it ended, in seconds. Default: 10. */
  readonly reuseSeconds?: number;
  /** Receives each part of the vendor's inventory that could not be used. */
  readonly onFault?: (fault: ProfileFault) => void;
  /** Receives each word of the vendor that the profile does not map, as often as it occurs. */
  readonly onUnmapped?: (word: UnmappedWord) => void;
}

const KINDS_OF: Readonly<Record<Extent, readonly RecordKind[]>> = {
  places: ["org", "site"],
  everything: ["org", "site", "device"],
};

/** Paths are appended to it, so it has no query; messages quote it, so it has no password. */
const BASE_URL = /^https?:\/\/[^/?#@]+(?:\/[^?#]*)?$/;

const JSON_TYPE = { "content-type": "application/json" };
/** If the wait were shorter, a consumer would immediately start another whole reading. */
const MIN_RETRY_AFTER_SECONDS = 60;

/** A call that is answered with a problem. */
class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

const toProblem = ({ status, code, message, headers }: Refusal): Response =>
  new Response(
    JSON.stringify({
      type: "about:blank",
      title: STATUS_CODES[status] ?? "Error",
      status,
      detail: message,
      code,
    }),
    { status, headers: { "content-type": PROBLEM_MEDIA_TYPE, ...headers } },
  );

/** Translates a failure of the vendor or of the profile into a response to the caller. Rethrows other errors. */
function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof ExpressionError) return new Refusal(502, error.code, error.message);
  if (!(error instanceof VendorReadError)) throw error;
  const { status, code, message, retryAfterSeconds = 0 } = error;
  const isBusy = status === 429 || status === 503;
  const seconds = Math.max(MIN_RETRY_AFTER_SECONDS, Math.ceil(retryAfterSeconds));
  return new Refusal(status, code, message, isBusy ? { "retry-after": String(seconds) } : {});
}

/** Parameters that this server knows. */
const PARAMETERS = ["limit", "cursor", "org_id", "site_id", "system_id", "since"] as const;
type Parameters = Readonly<Partial<Record<(typeof PARAMETERS)[number], string>>>;

function readParameters(url: URL): Parameters {
  const parameters: Record<string, string> = {};
  for (const name of PARAMETERS) {
    const values = url.searchParams.getAll(name);
    if (values.length > 1) throw new Refusal(400, "invalid_parameter", `Send the parameter ${name} once.`);
    if (values[0] !== undefined) parameters[name] = values[0];
  }
  return parameters;
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return 100;
  if (!/^\d{1,15}$/.test(text) || Number(text) === 0)
    throw new Refusal(400, "invalid_limit", `Send a limit from 1 to ${MAX_PAGE_SIZE}.`);
  return Math.min(Number(text), MAX_PAGE_SIZE);
}

/** The filters that a listing has; the others are unknown to it. */
const FILTERS: Readonly<Record<RecordKind, readonly (keyof ListingFilter)[]>> = {
  org: [],
  site: ["org_id"],
  device: ["org_id", "site_id", "system_id"],
};

const LISTINGS: Readonly<Record<string, RecordKind>> = {
  "/v1/orgs": "org",
  "/v1/sites": "site",
  "/v1/devices": "device",
};

function decodeId(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new Refusal(404, "not_found", "This path is not percent-encoded UTF-8.");
  }
}

/** Creates the vendor's reader: authentication, requests, mapping. */
function createReader(profile: Profile, options: ContractFetchOptions) {
  const { credential, settings = {}, sleep, now = Date.now, onFault, onUnmapped } = options;
  const { document } = profile;
  const limits = { ...DEFAULT_READ_LIMITS, ...options.limits };
  const secrets = createSecrets(credential);
  const setting: Variables = {
    ...Object.fromEntries(
      Object.entries(document.settings).flatMap(([name, rule]) =>
        rule.default === undefined ? [] : [[name, rule.default]],
      ),
    ),
    ...settings,
  };
  const senderParts = { fetch: options.fetch ?? fetch, limits, secrets, sleep, now };
  let authorization: Authorization | null | undefined;

  /** Created once, so that all readings use a token until it expires. An aborted reading does not end the login of another. */
  function authorize(toUrl: AuthParts["toUrl"]): Authorization | null {
    const place = profile.placeOf("auth");
    authorization ??= createAuthorization({
      toUrl,
      send: createSender({ ...senderParts, signal: new AbortController().signal }),
      rule: pickAuth(document.auth ?? [], credential, place),
      place,
      credential,
      secrets,
      now,
      renderLogin: ({ path, headers, body }) => ({
        url: toUrl(path.render({ setting }, encodeURIComponent) ?? ""),
        headers: Object.fromEntries(
          Object.entries(headers).map(([name, template]) => [name, template.render({ setting }) ?? ""]),
        ),
        body: body === undefined ? null : JSON.stringify(renderJson(body, { setting })),
      }),
      readToken: (rule, { status, headers }, body) =>
        rule.token.evaluate({ body, headers: Object.fromEntries(headers), status, setting }),
    });
    return authorization;
  }

  return async (extent: Extent, signal: AbortSignal): Promise<Inventory> => {
    const { inventory: rules } = document;
    const place = profile.placeOf("inventory");
    if (rules === undefined)
      throw new VendorReadError("no_inventory", place, "This profile describes no inventory.");
    const baseUrl = options.baseUrl ?? document.base_url;
    if (baseUrl === undefined || !BASE_URL.test(baseUrl) || !URL.canParse(baseUrl))
      throw new VendorReadError(
        "unsafe_url",
        place,
        "There is no usable base URL. Set the vendor's: http or https, without user name, query and fragment.",
      );
    const toUrl = (pathOrUrl: string) => resolveUrl(baseUrl, pathOrUrl, profile.placeOf("auth")).href;
    const mapping = createMapping(
      { profile, rules, setting, secrets, onFault, onUnmapped },
      KINDS_OF[extent],
    );
    return readInventory({
      rules,
      mapping,
      baseUrl,
      setting,
      readJson: connectVendor({
        send: createSender({ ...senderParts, signal }),
        authorization: authorize(toUrl),
        signal,
        errors: document.errors,
        setting,
        secrets,
      }),
      secrets,
      budget: new ReadBudget(limits, now),
      signal,
      sleep,
    });
  };
}

/**
 * Creates a `fetch` that answers the inventory calls of the contract by reading a vendor as its profile says: the manifest,
 * orgs, sites, devices with all filters, single devices and the event catalogue. So every reader of the contract reads this
 * vendor without knowing its format. The first page of a listing reads the vendor; later pages come from memory. The
 * `Authorization` of the calls is ignored.
 *
 * A failure of the vendor or of the profile is a problem that names the line of the profile, never an empty listing. A listing
 * that may miss records has an invalid `total_count`, which says why: a reader uses what it has, and concludes from no record's
 * absence that it is gone.
 *
 * The vendor is called with `fetch`, which may throw an error with the code `destination_refused`; this error is rethrown.
 *
 * @see spec/1.0/contract.md#inventory
 */
export function createContractFetch(profile: Profile, options: ContractFetchOptions): typeof fetch {
  const { now = Date.now, pageSeconds = 20, reuseSeconds = 10 } = options;
  if (profile.document.canonical) return options.fetch ?? fetch;
  const readings = createReadings(createReader(profile, options), now, reuseSeconds);
  const listings = createListings(now, pageSeconds);

  async function answerListing(kind: RecordKind, url: URL, signal: AbortSignal): Promise<Response> {
    const { limit, cursor, since, ...filters } = readParameters(url);
    const size = readLimit(limit);
    if (since !== undefined && kind === "device")
      throw new Refusal(
        400,
        "since_not_supported",
        "This vendor has no incremental sync. List without since.",
      );
    const filter: ListingFilter = Object.fromEntries(
      FILTERS[kind].flatMap((name) => (filters[name] === undefined ? [] : [[name, filters[name]]])),
    );
    const found =
      cursor === undefined
        ? listings.start(readings.current(kind === "device" ? "everything" : "places"), kind, filter)
        : listings.find(cursor, kind, filter);
    if (found === "expired")
      throw new Refusal(410, "cursor_expired", "This cursor has expired. Restart the listing.");
    if (found === "invalid")
      throw new Refusal(
        400,
        "invalid_cursor",
        "This cursor was not issued for this call. Restart the listing.",
      );
    const page = await found.page(size, signal);
    if ("unknown" in page) {
      const what = page.unknown;
      throw new Refusal(404, `unknown_${what}`, `No ${what} with this id is visible to this credential.`);
    }
    return new Response(page.json, { headers: JSON_TYPE });
  }

  async function answerDevice(id: string, signal: AbortSignal): Promise<Response> {
    const reading = readings.current("everything");
    const inventory = await reading.wait(
      signal,
      options.limits?.maxSeconds ?? DEFAULT_READ_LIMITS.maxSeconds,
    );
    const record = inventory?.records.device.get(id);
    if (record === undefined)
      throw new Refusal(404, "unknown_device", "No device with this id is visible to this credential.");
    return new Response(record.json, { headers: JSON_TYPE });
  }

  async function answer({ method, url: text, signal }: Request): Promise<Response> {
    const url = new URL(text);
    const found =
      /^(.*?)(\/\.well-known\/vendor-cloud|\/v1\/(?:orgs|sites|devices|event-catalog))(?:\/([^/]+))?$/.exec(
        url.pathname,
      );
    const [, prefix = "", path = "", id] = found ?? [];
    const kind = LISTINGS[path];
    if (!found || (id !== undefined && kind !== "device"))
      throw new Refusal(404, "not_found", "This path does not exist.");
    if (method !== "GET") throw new Refusal(405, "method_not_allowed", "Use GET.", { allow: "GET" });
    if (path === MANIFEST_PATH) return Response.json(createManifest(profile, `${url.origin}${prefix}`));
    if (kind === undefined) return Response.json(createEventCatalog(profile));
    return id === undefined ? answerListing(kind, url, signal) : answerDevice(decodeId(id), signal);
  }

  return async (input, init) => {
    const request = input instanceof Request && init === undefined ? input : new Request(input, init);
    try {
      return await answer(request);
    } catch (error) {
      return toProblem(toRefusal(error));
    }
  };
}
