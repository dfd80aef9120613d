import { declares, readSandboxCommands } from "../evidence/manifest.ts";
import { isObject, type JsonObject, listOf, memberOf, textOf } from "../evidence/read.ts";
import { type Answer, type Call, type Caller, plain, type Request } from "./call.ts";
import { FILTERS, ID_OF, type ListingKind, type OperationName, operationOf } from "./operations.ts";

/** A record of the vendor, with the members that are needed to compare calls and answers. */
type Item = JsonObject;

/** The objects that one credential sees: the vendor's listings, plus the changes of this run. */
export interface View {
  readonly orgs: ReadonlyMap<string, Item>;
  readonly sites: ReadonlyMap<string, Item>;
  readonly devices: Map<string, Item>;
  /** The systems that its devices belong to, or belonged to; empty if the vendor does not filter by system. */
  readonly systems: Set<string>;
}

/** What is known about the vendor. */
export interface World {
  readonly manifest: JsonObject;
  readonly caller: View;
  /** Another tenant; `null` if the run has no second credential. */
  readonly other: View | null;
  readonly eventTypes: readonly string[];
  /** The event types of each device type, by the catalogue. */
  readonly eventTypesOf: ReadonlyMap<string, readonly string[]>;
  /** Device types that the sandbox can add. */
  readonly addable: readonly string[];
  /** Where endpoints can be registered; `null` if the vendor refused the receiver's URL. */
  readonly destination: string | null;
}

/** Reports that the vendor's answers differ so much from the contract that no calls can be generated. */
export class CannotFuzzError extends Error {
  readonly code = "cannot_fuzz";
  /** True if the vendor did not respond at all. */
  readonly isUnreachable: boolean;
  constructor(message: string, { isUnreachable = false } = {}) {
    super(message);
    this.name = "CannotFuzzError";
    this.isUnreachable = isUnreachable;
  }
}

/** Makes a plain call. @throws {CannotFuzzError} if there is no answer */
export type Ask = (call: Omit<Call, "id">) => Promise<Answer>;

/** The maximum number of items to read. A fuzzer needs ids, not the whole inventory. */
const MAX_PAGES = 200;

const maxPageSizeOf = (manifest: JsonObject): number => {
  const size = memberOf(manifest, "inventory")?.["max_page_size"];
  return typeof size === "number" && size >= 1 ? Math.min(size, 1000) : 500;
};

/** The largest page size that the manifest declares, at most 1000. */
export const pageSizeIn = ({ manifest }: Pick<World, "manifest">): number => maxPageSizeOf(manifest);

const LISTS = {
  orgs: "listOrgs",
  sites: "listSites",
  devices: "listDevices",
} as const satisfies Partial<Record<ListingKind, OperationName>>;

/** Reads a whole listing. */
async function readAll(
  ask: Ask,
  as: Caller,
  kind: keyof typeof LISTS,
  limit: number,
): Promise<Map<string, Item>> {
  const items = new Map<string, Item>();
  let cursor: string | null = null;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const query: Call["query"] = [
      { name: "limit", value: { text: String(limit) } },
      ...(cursor === null ? [] : [{ name: "cursor", value: { text: cursor } }]),
    ];
    const answer = await ask({ operation: LISTS[kind], as, path: {}, query, headers: [] });
    const data: unknown = answer.json?.data;
    if (answer.status !== 200 || !Array.isArray(data))
      throw new CannotFuzzError(
        answer.status === 401
          ? `The vendor rejected the ${as === "other" ? "second " : ""}credential with 401. Check the key.`
          : `GET /v1/${kind} answered ${answer.status} without a page. Make \`run\` pass first.`,
      );
    for (const item of data) {
      const id = isObject(item) ? textOf(item, ID_OF[kind]) : null;
      if (id !== null) items.set(id, item);
    }
    cursor = textOf(answer.json, "next_cursor");
    if (cursor === null) return items;
  }
  throw new CannotFuzzError(
    `GET /v1/${kind} has more than ${MAX_PAGES} pages of ${limit}; use a smaller tenant.`,
  );
}

/** Tells whether the vendor filters devices by system. */
export const hasSystemFilter = (manifest: JsonObject): boolean =>
  isOffered(manifest, { capability: "inventory.system_filter" });

/** Reads what a credential sees. */
export async function readView(ask: Ask, as: "caller" | "other", manifest: JsonObject): Promise<View> {
  const limit = maxPageSizeOf(manifest);
  const [orgs, sites] = [await readAll(ask, as, "orgs", limit), await readAll(ask, as, "sites", limit)];
  const devices = await readAll(ask, as, "devices", limit);
  const systems = [...devices.values()].flatMap((device) => textOf(device, "system_id") ?? []);
  return { orgs, sites, devices, systems: new Set(hasSystemFilter(manifest) ? systems : []) };
}

/** Reads the catalogue. @returns the event types of each device type; empty if there is no catalogue */
export async function readCatalogue(ask: Ask): Promise<ReadonlyMap<string, readonly string[]>> {
  const { status, json } = await ask({
    operation: "getEventCatalog",
    as: "caller",
    path: {},
    query: [],
    headers: [],
  });
  const types = new Map<string, string[]>();
  const entries: unknown = status === 200 ? json?.data : [];
  for (const entry of Array.isArray(entries) ? entries : []) {
    const type = isObject(entry) ? textOf(entry, "type") : null;
    const devices = isObject(entry) && Array.isArray(entry["device_types"]) ? entry["device_types"] : [];
    if (type !== null)
      for (const device of devices) types.set(String(device), [...(types.get(String(device)) ?? []), type]);
  }
  return types;
}

const MAX_ADDABLE = 3;

/** Finds up to three device types that the sandbox adds. */
export async function findAddable(ask: Ask, manifest: JsonObject, siteId: string): Promise<string[]> {
  const isComplete = (["addSandboxDevice", "removeSandboxDevice"] as const).every((name) =>
    isOffered(manifest, operationOf(name)),
  );
  const types = isComplete
    ? listOf(manifest, "device_types").flatMap(({ type }) => (typeof type === "string" ? [type] : []))
    : [];
  const addable: string[] = [];
  for (const type of types) {
    if (addable.length === MAX_ADDABLE) break;
    const json = { site_id: siteId, type, name: "Fuzzed device" };
    const { status, json: device } = await ask(
      plain("addSandboxDevice", { body: { type: "application/json", json } }),
    );
    const id = status === 201 && isObject(device) ? textOf(device, "device_id") : null;
    if (id === null) continue;
    addable.push(type);
    await ask(plain("removeSandboxDevice", { path: { device_id: { text: id } } }));
  }
  return addable;
}

/** Tells whether the manifest offers an operation. */
export function isOffered(
  manifest: JsonObject,
  {
    capability,
    command,
  }: { readonly capability?: string | undefined; readonly command?: string | undefined },
): boolean {
  if (capability !== undefined && !declares(manifest, capability)) return false;
  return command === undefined || readSandboxCommands(manifest).includes(command);
}

/** Returns what a caller sees. A caller without a valid credential is treated as the first tenant. */
export const viewOf = ({ caller, other }: World, as: Caller): View =>
  (as === "other" ? other : null) ?? caller;

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
  /** The device before the change; `null` if it did not exist. */
  readonly before: JsonObject | null;
  /** The device after the change; `null` if it no longer exists. */
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
  const names = FILTERS.filter(
    (name) =>
      operationOf(call.operation).query.some((each) => each === name) &&
      (name !== "system_id" || hasSystemFilter(ledger.world.manifest)),
  );
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
  const { devices, systems } = (as === "other" ? world.other : null) ?? world.caller;
  const system = textOf(device, "system_id");
  if (system !== null && hasSystemFilter(world.manifest)) systems.add(system);
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
