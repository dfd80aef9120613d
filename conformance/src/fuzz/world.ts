import { declares, readSandboxCommands } from "../evidence/manifest.ts";
import { isObject, type JsonObject, memberOf, textOf } from "../evidence/read.ts";
import type { Answer, Call, Caller } from "./call.ts";
import { ID_OF, type ListingKind, type OperationName } from "./operations.ts";

/** A record of the vendor, with the members that are needed to compare calls and answers. */
type Item = JsonObject;

/** The objects that one credential sees: the vendor's listings, plus the changes of this run. */
export interface View {
  readonly orgs: ReadonlyMap<string, Item>;
  readonly sites: ReadonlyMap<string, Item>;
  readonly devices: Map<string, Item>;
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

/** Reads what a credential sees. */
export async function readView(ask: Ask, as: "caller" | "other", manifest: JsonObject): Promise<View> {
  const limit = maxPageSizeOf(manifest);
  return {
    orgs: await readAll(ask, as, "orgs", limit),
    sites: await readAll(ask, as, "sites", limit),
    devices: await readAll(ask, as, "devices", limit),
  };
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
