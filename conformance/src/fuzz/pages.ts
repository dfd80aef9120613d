import { sortableTimestamp, timestampSchema } from "@convergint/schemas";
import { show } from "../checks/finding.ts";
import { isObject, type JsonObject, textOf } from "../evidence/read.ts";
import type { Answer, Request } from "./call.ts";
import { type Violation, violation } from "./hunt.ts";
import { SELECTIONS } from "./operations.ts";
import {
  identify,
  type Ledger,
  type Listing,
  pageSizeIn,
  type ReadPage,
  viewOf,
  type World,
} from "./world.ts";

const matches = (item: JsonObject | null, { filters }: Pick<Listing, "filters">): boolean =>
  item !== null && SELECTIONS.every((name) => filters[name] === undefined || item[name] === filters[name]);

/** The requirement that the content of a listing concerns. */
function contentRequirement({ kind, filters }: Listing): string {
  if (kind === "devices" && filters["system_id"]) return "INV-021";
  if (kind === "devices") return filters["site_id"] ? "INV-003" : filters["org_id"] ? "INV-007" : "INV-012";
  if (kind === "sites") return filters["org_id"] ? "SITE-005" : "SITE-007";
  return kind === "orgs" ? "ORG-001" : filters["org_id"] ? "EVT-026" : "EVT-023";
}

/** Shows at most three ids. */
export const few = (ids: readonly string[]): string =>
  `${ids.slice(0, 3).join(", ")}${ids.length > 3 ? ` and ${ids.length - 3} more` : ""}`;

/** Finds what is wrong with one page, whatever the inventory contains. */
function findPageDefect(request: Request, page: ReadPage, answer: Answer, ledger: Ledger): Violation | null {
  const { listing, items, before, isFirst, isLast } = page;
  const limit = request.parameters.find(({ name }) => name === "limit")?.value;
  const max = /^0*[1-9]\d*$/.test(limit ?? "") ? Math.min(Number(limit), declaredMax(ledger.world)) : null;
  if (max !== null && items.length > max)
    return violation("PAGE-003", "too many items", `at most ${max} items`, `${items.length} items`);
  const org = (item: JsonObject) =>
    listing.kind === "events" && isObject(item["data"]) ? item["data"] : item;
  const stray = listing.since ? undefined : items.find((item) => !matches(org(item), listing));
  if (stray)
    return violation(
      contentRequirement(listing),
      "item outside the filter",
      `only items with ${JSON.stringify(listing.filters)}`,
      `${identify(listing.kind, stray)} with ${show({ org_id: org(stray)["org_id"], site_id: org(stray)["site_id"] })}`,
    );
  const ids = items.map((item) => identify(listing.kind, item));
  const repeated = ids.find((id, index) => before.has(id) || ids.indexOf(id) !== index);
  if (repeated !== undefined)
    return violation(
      "PAGE-001",
      "repeated item",
      "each item once",
      `${repeated} occurs twice in the listing`,
    );
  if (!isFirst && answer.json.snapshot?.id !== listing.snapshot["id"])
    return violation(
      "PAGE-004",
      "snapshot",
      `the snapshot ${show(listing.snapshot)} of the first page`,
      show(answer.json.snapshot),
    );
  const hasToken = textOf(answer.json, "sync_token") !== null;
  const isTokenDue = listing.kind === "devices" && ledger.world.manifest["inventory"] !== undefined && isLast;
  const isIncremental =
    isObject(ledger.world.manifest["inventory"]) &&
    ledger.world.manifest["inventory"]["incremental_sync"] === true;
  if (isIncremental && hasToken !== isTokenDue)
    return violation(
      "SYNC-001",
      "sync token",
      isTokenDue ? "a sync_token on the last page" : "no sync_token on this page",
      show(Object.keys(answer.json)),
    );
  return null;
}

const declaredMax = (world: World): number => {
  const inventory = world.manifest["inventory"];
  const size = isObject(inventory) ? inventory["max_page_size"] : undefined;
  return typeof size === "number" ? size : pageSizeIn(world);
};

/** How long a listing may take to show a change. */
const MAX_LAG_MS = 30_000;

/**
 * Finds items that a full listing lacks, or must not contain.
 *
 * @param earlier the inventory as it was before the listing, if `ledger` shows it as it was afterwards. Then
 * only items that contradict both count.
 */
function findContentDefect(
  { listing, items, before, isFirst }: ReadPage,
  answer: Answer,
  { world, changes }: Ledger,
  earlier: World | undefined,
): Violation | null {
  const { kind } = listing;
  if (kind === "events") return null;
  const ids = new Set([...before.keys(), ...items.map((item) => identify(kind, item))]);
  const total: unknown = answer.json.snapshot?.total_count;
  // The inventory may change between two pages; `run` reads such a listing again.
  if (isFirst && typeof total === "number" && total !== ids.size)
    return violation(
      "PAGE-006",
      "total_count",
      `total_count ${ids.size}, the number of items in the whole listing`,
      String(total),
    );
  // The first of several pages may have lagged behind a change that the last page shows.
  const lagging = changes.findIndex(({ at }) => at > listing.at - MAX_LAG_MS);
  const settledAt = isFirst || lagging === -1 ? listing.changesBefore : lagging;
  const unsettled = new Set(
    kind === "devices" ? changes.slice(settledAt).map(({ deviceId }) => deviceId) : [],
  );
  const known = viewOf(world, listing.as)[kind];
  const knownEarlier = viewOf(earlier ?? world, listing.as)[kind];
  const isDue = (item: JsonObject | undefined) =>
    item !== undefined && matches(item, kind === "orgs" ? { filters: {} } : listing);
  const missing = [...known].flatMap(([id, item]) =>
    isDue(item) && isDue(knownEarlier.get(id)) && !ids.has(id) && !unsettled.has(id) ? [id] : [],
  );
  const lag = {
    mayHaveChanged: true as const,
    ...(changes.length > 0 && kind === "devices" && { mayLag: true as const }),
  };
  if (missing.length > 0)
    return {
      ...violation(
        contentRequirement(listing),
        "missing item",
        `every item that the whole listing has with these filters`,
        `without ${few(missing)}`,
      ),
      ...lag,
    };
  const extra = [...ids].filter((id) => !known.has(id) && !knownEarlier.has(id) && !unsettled.has(id));
  if (extra.length > 0)
    return {
      ...violation(
        contentRequirement(listing),
        "unknown item",
        "only items that the whole listing has",
        `with ${few(extra)}`,
      ),
      ids: extra,
      ...lag,
    };
  return null;
}

/** Finds changes that a listing of changes lacks. */
function findMissedChange({ listing, items, before }: ReadPage, { changes }: Ledger): Violation | null {
  const from = listing.since?.changesBefore;
  if (from === undefined || listing.kind !== "devices") return null;
  const listed = new Map([...before, ...items.map((item) => [identify("devices", item), item] as const)]);
  const until = listing.changesBefore;
  const touched = new Set(changes.slice(from, until).map(({ deviceId }) => deviceId));
  for (const deviceId of touched) {
    const own = changes.slice(from, until).filter((change) => change.deviceId === deviceId);
    const [earliest, latest] = [own[0]?.before ?? null, own.at(-1)?.after ?? null];
    // A device that was added and removed between the two listings need not be listed.
    if ((earliest === null && latest === null) || !(matches(earliest, listing) || matches(latest, listing)))
      continue;
    const item = listed.get(deviceId);
    const isRemoved = item?.["lifecycle"] === "removed";
    if (item && isRemoved === (latest === null)) continue;
    const requirement = latest === null ? "SYNC-003" : matches(latest, listing) ? "SYNC-002" : "SYNC-008";
    return {
      ...violation(
        requirement,
        "missed change",
        latest === null
          ? `the tombstone of the removed device ${deviceId}`
          : `the changed device ${deviceId}`,
        item ? `it is listed as ${show(item["lifecycle"] ?? "present")}` : "it is not listed",
      ),
      mayLag: true,
    };
  }
  return null;
}

/** Tells whether every event of one listing must also be in another listing. */
function isWithin(narrow: Listing, broad: Listing): boolean {
  const { org_id: org, after } = broad.filters;
  if (narrow.as !== broad.as || (org !== undefined && org !== narrow.filters["org_id"])) return false;
  if (after === undefined) return true;
  const of = (text: string | undefined) =>
    timestampSchema.safeParse(text).success ? sortableTimestamp(text ?? "") : "";
  return of(narrow.filters["after"]) >= of(after);
}

/**
 * Finds events that a listing lacks although an earlier listing contains them. The earlier listing has the
 * same or a smaller scope.
 */
function findMissedEvent({ listing, items, before }: ReadPage, { events: read }: Ledger): Violation | null {
  if (listing.kind !== "events") return null;
  const listed = new Set([...before.keys(), ...items.map((item) => identify("events", item))]);
  for (const earlier of read) {
    if (!isWithin(earlier.listing, listing)) continue;
    const missing = [...earlier.events.keys()].filter((id) => !listed.has(id));
    if (missing.length > 0)
      return violation(
        listing.filters["org_id"] ? "EVT-026" : "EVT-023",
        "missing event",
        `every event of the earlier listing with ${JSON.stringify(earlier.listing.filters)}`,
        `without ${few(missing)}`,
      );
  }
  return null;
}

/**
 * Finds events that a listing of one org lacks although the listing of all orgs in the same period contains
 * them.
 */
function findMissedOrgEvent(
  { listing, items, before }: ReadPage,
  { events: read }: Ledger,
): Violation | null {
  const { org_id: org, after } = listing.filters;
  if (listing.kind !== "events" || org === undefined) return null;
  const listed = new Set([...before.keys(), ...items.map((item) => identify("events", item))]);
  for (const { listing: other, events } of read) {
    if (other.as !== listing.as || other.filters["org_id"] !== undefined || other.filters["after"] !== after)
      continue;
    const missing = [...events].flatMap(([id, event]) =>
      isObject(event["data"]) && event["data"]["org_id"] === org && !listed.has(id) ? [id] : [],
    );
    if (missing.length > 0)
      return violation(
        "EVT-026",
        "missing event of the org",
        "every event of this org that the listing of all orgs has",
        `without ${few(missing)}`,
      );
  }
  return null;
}

/**
 * Judges a page by its listing, and the whole listing after its last page.
 *
 * @param earlier the inventory before the listing, if `ledger` shows the inventory after it
 * @returns what is wrong, or `null`
 */
export function judgePage(
  request: Request,
  page: ReadPage,
  answer: Answer,
  ledger: Ledger,
  earlier?: World,
): Violation | null {
  const defect = findPageDefect(request, page, answer, ledger);
  if (defect || !page.isLast) return defect;
  return page.listing.since || page.listing.filters["since"] !== undefined
    ? findMissedChange(page, ledger)
    : (findContentDefect(page, answer, ledger, earlier) ??
        findMissedEvent(page, ledger) ??
        findMissedOrgEvent(page, ledger));
}
