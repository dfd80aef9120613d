import { isObject, type JsonObject, textOf } from "../evidence/read.ts";
import type { Answer, Call, Caller, Request } from "./call.ts";
import { FILTERS, ID_OF, type ListingKind, operationOf } from "./operations.ts";
import type { World } from "./world.ts";

/** A listing that the vendor began. */
export interface Listing {
  readonly kind: ListingKind;
  readonly as: Caller;
  readonly filters: Readonly<Record<string, string>>;
  /** The listing that issued the sync token; `null` for a full listing. */
  readonly since: Listing | null;
  /** How many changes this run had made when the first page was served. */
  readonly changesBefore: number;
  /** When the first page was read, in Unix milliseconds. */
  readonly at: number;
  readonly snapshot: JsonObject;
}

/** A change that this run made. */
interface Change {
  readonly deviceId: string;
  /** Unix milliseconds. */
  readonly at: number;
  /** The device before and after; `null` if it did not exist. */
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;
}

/** A webhook endpoint that this run registered. */
interface Endpoint {
  readonly as: Caller;
  readonly registered: JsonObject;
  /** The newest first. */
  readonly secrets: readonly string[];
  readonly isDeleted: boolean;
}

interface ReadEvents {
  readonly listing: Listing;
  readonly events: ReadonlyMap<string, JsonObject>;
}

/** The vendor's answers in this run with which later answers must agree. */
export interface Ledger {
  world: World;
  /** The time, in Unix milliseconds. */
  readonly now: () => number;
  readonly changes: Change[];
  /** The listings that cursors continue, with the items of the earlier pages. */
  readonly cursors: Map<
    string,
    { readonly listing: Listing; readonly before: ReadonlyMap<string, JsonObject> }
  >;
  readonly tokens: Map<string, Listing>;
  readonly endpoints: Map<string, Endpoint>;
  readonly events: ReadEvents[];
  /** Every secret that the vendor issued in this run. */
  readonly secrets: Set<string>;
}

export const createLedger = (world: World, now: () => number): Ledger => ({
  world,
  now,
  changes: [],
  cursors: new Map(),
  tokens: new Map(),
  endpoints: new Map(),
  events: [],
  secrets: new Set(),
});

/** A page in the context of its listing. */
export interface ReadPage {
  readonly listing: Listing;
  readonly items: readonly JsonObject[];
  /** The items of the earlier pages, by id. */
  readonly before: ReadonlyMap<string, JsonObject>;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** How many cursors, tokens and listings to remember. */
const MAX_REMEMBERED = 2000;

/** Returns the id of an item; events are identified by `source` and `id`. */
export const identify = (kind: ListingKind, item: JsonObject): string =>
  kind === "events" ? `${String(item["source"])} ${String(item["id"])}` : String(item[ID_OF[kind]]);

/** Puts a page into the context of its listing; returns `null` if the answer is not a page. */
export function readPage(call: Call, request: Request, answer: Answer, ledger: Ledger): ReadPage | null {
  const { listing: kind } = operationOf(call.operation);
  const data: unknown = answer.json?.data;
  if (kind === undefined || call.method !== undefined || answer.status !== 200 || !Array.isArray(data))
    return null;
  const given = new Map(
    request.parameters.flatMap(({ name, value }) => (value === null ? [] : [[name, value]])),
  );
  const cursor = given.get("cursor");
  const continued = cursor === undefined ? undefined : ledger.cursors.get(cursor);
  const names = FILTERS.filter((name) => operationOf(call.operation).query.some((each) => each === name));
  const filters = Object.fromEntries(
    names.flatMap((name) => {
      const value = given.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const { since } = filters;
  const listing: Listing = continued?.listing ?? {
    kind,
    as: call.as,
    filters,
    since: since === undefined ? null : (ledger.tokens.get(since) ?? null),
    changesBefore: ledger.changes.length,
    at: ledger.now(),
    snapshot: isObject(answer.json.snapshot) ? answer.json.snapshot : {},
  };
  return {
    listing,
    items: data.filter(isObject),
    before: continued?.before ?? new Map(),
    isFirst: continued === undefined,
    isLast: answer.json.next_cursor === null,
  };
}

/** Drops the oldest entries, so that memory is bounded. */
function limitSize(map: Map<string, unknown>): void {
  for (const key of map.keys()) {
    if (map.size <= MAX_REMEMBERED) return;
    map.delete(key);
  }
}

function learnPage({ listing, items, before }: ReadPage, { json }: Answer, ledger: Ledger): void {
  const seen = new Map([...before, ...items.map((item) => [identify(listing.kind, item), item] as const)]);
  const next = textOf(json, "next_cursor");
  if (next !== null) ledger.cursors.set(next, { listing, before: seen });
  const token = textOf(json, "sync_token");
  if (token !== null && listing.kind === "devices") ledger.tokens.set(token, listing);
  if (json.next_cursor === null && listing.kind === "events") ledger.events.push({ listing, events: seen });
  limitSize(ledger.cursors);
  limitSize(ledger.tokens);
}

/** Updates what is known about a changed device. */
function learnDevice(
  device: JsonObject | null,
  deviceId: string,
  { world, changes, now }: Ledger,
  as: Caller,
): void {
  const { devices } = (as === "other" ? world.other : null) ?? world.caller;
  changes.push({ deviceId, at: now(), before: devices.get(deviceId) ?? null, after: device });
  if (device === null) devices.delete(deviceId);
  else devices.set(deviceId, device);
}

/** Takes an answer into account, after it was judged. */
export function learn(call: Call, request: Request, answer: Answer, ledger: Ledger): void {
  const page = readPage(call, request, answer, ledger);
  if (page) learnPage(page, answer, ledger);
  if (call.method !== undefined || answer.status < 200 || answer.status >= 300) return;
  const { json } = answer;
  const body = isObject(json) ? json : null;
  const { endpoint_id: endpointId, device_id: deviceId } = request.ids;
  const secret = textOf(body, "secret");
  if (secret !== null) ledger.secrets.add(secret);
  switch (call.operation) {
    case "createWebhookEndpoint": {
      const id = textOf(body, "endpoint_id");
      if (id !== null && body)
        ledger.endpoints.set(id, {
          as: call.as,
          registered: body,
          secrets: secret ? [secret] : [],
          isDeleted: false,
        });
      return;
    }
    case "rotateWebhookSecret":
    case "deleteWebhookEndpoint": {
      const endpoint = ledger.endpoints.get(endpointId ?? "");
      if (!endpoint || typeof endpointId !== "string") return;
      const secrets = secret === null ? endpoint.secrets : [secret, ...endpoint.secrets];
      const isDeleted = call.operation === "deleteWebhookEndpoint";
      ledger.endpoints.set(endpointId, { ...endpoint, secrets, isDeleted: endpoint.isDeleted || isDeleted });
      return;
    }
    case "addSandboxDevice":
    case "moveSandboxDevice":
    case "setSandboxDeviceStatus": {
      const id = textOf(body, "device_id");
      if (id !== null) learnDevice(body, id, ledger, call.as);
      return;
    }
    case "removeSandboxDevice":
      if (typeof deviceId === "string") learnDevice(null, deviceId, ledger, call.as);
  }
}
