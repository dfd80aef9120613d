import { isDeepStrictEqual } from "node:util";
import { DEVICE_STATUS_CHANGED, eventPageSchema, WEBHOOK_PING } from "@convergint/schemas";
import type { Evidence } from "../evidence/evidence.ts";
import type { Delivery, Exchange, Listing } from "../evidence/exchange.ts";
import { toPointerToken } from "../evidence/json-pointer.ts";
import {
  entriesOf,
  eventsOf,
  isObject,
  isSuccess,
  type JsonObject,
  listOf,
  memberOf,
  objectOf,
  textOf,
  toOrderKey,
} from "../evidence/read.ts";
import { check } from "./check.ts";
import { type Failure, type Finding, judgeEach, type Problem, show, withUnseen } from "./finding.ts";
import { findUnfinishedListing } from "./judge-listing.ts";
import { describeResponse, findUnusableResponse, judgeStatus, UNKNOWN_ID } from "./judge-response.ts";
import { findSchemaFailure } from "./schema-failures.ts";

type Parts = Pick<Evidence, "health" | "retries" | "outage"> & Partial<Evidence>;

/** An event that was posted, with the delivery that was the first to show it. */
interface Posted {
  readonly at: string;
  readonly receivedAt: string;
  readonly event: JsonObject;
}

/** Returns the event types that the manifest lists without backfill; a ping is never backfilled. */
function findTypesWithoutBackfill({ discovery }: Parts): ReadonlySet<unknown> {
  const types = discovery ? listOf(objectOf(discovery.manifest), "event_types") : [];
  const without = types.filter(({ delivery }) => Array.isArray(delivery) && !delivery.includes("backfill"));
  return new Set<unknown>([WEBHOOK_PING, ...without.map(({ type }) => type)]);
}

/**
 * Returns the events posted to the endpoints of this run that accept every delivery. Also returns the event
 * that no endpoint had accepted when the events were listed. Each event id occurs once.
 */
function postedIn(parts: Parts): Map<string, Posted> {
  const { health, retries, outage, lifecycle, families, installationEvents, backfill } = parts;
  const deliveries: readonly Delivery[] = [
    ...health.deliveries,
    ...(lifecycle?.deliveries ?? []),
    ...(families?.deliveries ?? []),
    ...(installationEvents?.deliveries ?? []),
    ...retries.endpoints.healthy.deliveries,
    ...outage.healthy.deliveries,
    ...(backfill?.undelivered ?? []),
  ];
  const unlisted = findTypesWithoutBackfill(parts);
  const posted = new Map<string, Posted>();
  for (const delivery of deliveries) {
    const { id: at, receivedAt } = delivery;
    for (const event of eventsOf(delivery)) {
      const id = textOf(event, "id");
      if (id === null || unlisted.has(event["type"])) continue;
      const before = posted.get(id);
      if (before === undefined || receivedAt < before.receivedAt) posted.set(id, { at, receivedAt, event });
    }
  }
  return posted;
}

/**
 * Returns why a listing of events is invalid or incomplete; `null` if it is valid and was read to its end.
 */
function findListingFailure(listing: Listing): Failure | null {
  for (const page of listing.pages) {
    const wrong = findUnusableResponse(page) ?? findSchemaFailure(eventPageSchema, objectOf(page));
    if (wrong) return { at: page.id, ...wrong };
  }
  const last = listing.pages.at(-1);
  const unended = findUnfinishedListing(listing, "all events");
  return last && unended ? { at: last.id, ...unended } : null;
}

/** Returns an event's order key if it has a sequence; `null` otherwise. */
const toCompleteOrderKey = (event: JsonObject): string | null =>
  textOf(event, "sequence") === null ? null : toOrderKey(event);

/**
 * Returns a failure for the first two status changes, of any devices, in the wrong order; `null` if the order
 * is right. Other events may be published long after they happened, or have a separate sequence.
 *
 * @param latencySeconds how long a published event may be on its way
 */
function findOutOfOrder(
  posted: ReadonlyMap<string, Posted>,
  listing: Listing,
  latencySeconds: number,
): Failure | null {
  let before: { place: string; id: unknown; seenAt: number } | null = null;
  for (const { at, pointer, value: event } of entriesOf(listing)) {
    const place = toCompleteOrderKey(event);
    if (event["type"] !== DEVICE_STATUS_CHANGED || place === null) continue;
    const seenAt = Date.parse(posted.get(textOf(event, "id") ?? "")?.receivedAt ?? "");
    // Without this condition, the event could have been published after the other event although it happened
    // earlier.
    const wasFirst = before !== null && seenAt + latencySeconds * 1000 < before.seenAt;
    if (before && before.place > place && wasFirst) {
      return {
        at,
        where: pointer,
        expected: `events in order of publication: ${show(event["id"])} before ${show(before.id)}; the first of the two happened and arrived earlier`,
        actual: "the two events in the opposite order",
        hint: "Sort by order of publication, oldest first. A consumer continues after the last event that it has read.",
      };
    }
    // An event that the suite never received cannot show the order. The event that arrived last is the best
    // evidence of the order.
    if (seenAt >= (before?.seenAt ?? 0)) before = { place, id: event["id"], seenAt };
  }
  return null;
}

/** Returns a failure if a listing shows an event twice or changes its snapshot from page to page. */
function findPagingFailure(listing: Listing): Failure | null {
  const seen = new Set<string>();
  const [first] = listing.pages;
  const snapshotOf = (page: Exchange) => memberOf(objectOf(page), "snapshot")?.["id"];
  for (const page of listing.pages) {
    if (first && snapshotOf(page) !== snapshotOf(first)) {
      return {
        at: page.id,
        where: "/snapshot/id",
        expected: `${show(snapshotOf(first))}, as on the first page of this listing, ${first.id}`,
        actual: show(snapshotOf(page)),
        hint: "Store the snapshot of the first page in the cursor, and repeat it on every page.",
      };
    }
  }
  for (const { at, pointer, value } of entriesOf(listing)) {
    const key = JSON.stringify([value["source"], value["id"]]);
    if (seen.has(key)) {
      return {
        at,
        where: pointer,
        expected: "each event once in the listing",
        actual: `${show(value["id"])} again`,
        hint: "Continue after the last event of the previous page, by a key that no two events share.",
      };
    }
    seen.add(key);
  }
  return null;
}

/** Returns a failure if an event of the listing in large pages is missing from the listing in small pages. */
function findLostBetweenPages({ inSmallPages, sinceTheBeginning }: Evidence["backfill"]): Failure | null {
  const [page] = inSmallPages?.pages ?? [];
  if (!inSmallPages || !page) return null;
  const wrong = findListingFailure(inSmallPages) ?? findPagingFailure(inSmallPages);
  if (wrong) return wrong;
  const listed = new Set(entriesOf(inSmallPages).map(({ value }) => value["id"]));
  const lost = entriesOf(sinceTheBeginning).find(({ value }) => !listed.has(value["id"]));
  return lost
    ? {
        at: page.id,
        expected: `also the event ${show(lost.value["id"])}, which the same listing contains when it is read with a larger limit (${lost.at})`,
        actual: `it is on none of the ${inSmallPages.pages.length} pages`,
        hint: "Start each page directly after the last event of the previous page.",
      }
    : null;
}

/** Fewer events may be a coincidence, because a time that was rounded up can be later than the publication. */
const MIN_MOMENTS = 3;

/**
 * Returns a failure if no event is in the listing that starts at the event's own time, although each event is
 * in a listing that starts slightly earlier.
 */
function findExclusiveStart({ moments = [] }: Evidence["backfill"]): Failure | null {
  const lists = (page: Exchange, id: string) =>
    listOf(objectOf(page), "data").some((event) => event["id"] === id);
  const shown = moments.filter(({ id, before }) => lists(before, id));
  const [first] = shown;
  if (!first || shown.length < MIN_MOMENTS || shown.some(({ id, at }) => lists(at, id))) return null;
  return {
    at: first.at.id,
    expected: `the event ${first.id} in the listing with after=${first.time}, the event's own time; the listing from a millisecond earlier (${first.before.id}) contains the event`,
    actual: `no event of ${shown.length} is in the listing whose after is the event's own time`,
    hint: "List the events published at or after the time in `after`: compare with >=, not >. Otherwise an event of that same moment is lost.",
  };
}

interface Difference {
  readonly pointer: string;
  readonly one: unknown;
  readonly other: unknown;
}

/** Reads a member of the object itself, ignoring inherited members. */
const readOwn = (object: JsonObject, name: string): unknown =>
  Object.hasOwn(object, name) ? object[name] : undefined;

/** Returns the first place, at any depth, where two values differ; `null` if they are equal. */
function findDifference(one: unknown, other: unknown, pointer = ""): Difference | null {
  if (isDeepStrictEqual(one, other)) return null;
  if (!isObject(one) || !isObject(other)) return { pointer, one, other };
  for (const name of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const deeper = findDifference(
      readOwn(one, name),
      readOwn(other, name),
      `${pointer}/${toPointerToken(name)}`,
    );
    if (deeper) return deeper;
  }
  return { pointer, one, other };
}

/** Tells whether two events are equal except for their ids. */
const isSameApartFromId = (one: JsonObject, other: JsonObject): boolean =>
  isDeepStrictEqual({ ...one, id: "" }, { ...other, id: "" });

/**
 * Describes what the missing events have in common, as a clue to the cause. Returns an empty string if only
 * one event is missing.
 */
function describeSharedMembers(missing: readonly Posted[]): string {
  const members = [
    ["type", (event: JsonObject) => textOf(event, "type")],
    ["org_id", (event: JsonObject) => textOf(memberOf(event, "data"), "org_id")],
    ["device_id", (event: JsonObject) => textOf(memberOf(event, "data"), "device_id")],
  ] as const;
  const shared = members.flatMap(([name, of]) => {
    const [value, ...others] = new Set(missing.map(({ event }) => of(event)));
    return others.length === 0 ? [`the ${name} ${show(value)}`] : [];
  });
  if (missing.length < 2) return "";
  const all = shared.length > 0 ? `; all have ${shared.join(" and ")}` : "";
  return `, the first posted in ${missing[0]?.at} and the last in ${missing.at(-1)?.at}${all}`;
}

/**
 * Returns a failure for the first event that was posted but is not listed, or is listed with different
 * content.
 */
function findUnlisted(parts: Parts, listing: Listing): Failure | null {
  const listed = new Map(entriesOf(listing).map((item) => [textOf(item.value, "id"), item]));
  const posted = postedIn(parts);
  const missing = [...posted].filter(([id]) => !listed.has(id)).map(([, each]) => each);
  for (const [id, { at, event }] of posted) {
    const item = listed.get(id);
    if (!item) {
      const alike = [...listed].find(
        ([other, each]) => other !== null && !posted.has(other) && isSameApartFromId(event, each.value),
      )?.[0];
      return {
        at: listing.pages[0]?.id ?? at,
        expected: `the event ${id} (${textOf(event, "type")}, ${textOf(event, "time")}), which was posted in ${at}`,
        actual: alike
          ? `the same event under another id, ${show(alike)}`
          : "no event with this id, and no equal event under another id",
        hint: alike
          ? "Store the event's id when you publish it, and list the event under that id. Consumers use the id to skip events that they already have."
          : `Store each event once, when you publish it. List every stored event, whether it was delivered or not. ${missing.length} of the ${posted.size} posted events are not listed${describeSharedMembers(missing)}.`,
      };
    }
    const other = findDifference(event, item.value);
    if (other) {
      return {
        at: item.at,
        where: item.pointer + other.pointer,
        expected: `${show(other.one)}, as posted in ${at}`,
        actual: show(other.other),
        hint: "The listed event differs from the posted one. Store the event as you posted it and list it unchanged.",
      };
    }
  }
  return null;
}

/**
 * Returns a problem if the listing of all orgs contains an event that is missing from the listing of the
 * event's org.
 */
function findLostByFilter(orgId: string, listing: Listing, whole: Listing): Problem | null {
  const listed = new Set(entriesOf(listing).map(({ value }) => value["id"]));
  const lost = entriesOf(whole).filter(
    ({ value }) => textOf(memberOf(value, "data"), "org_id") === orgId && !listed.has(value["id"]),
  );
  const [first] = lost;
  return first
    ? {
        expected: `also the event ${show(first.value["id"])} of this org, which the listing without a filter contains (${first.at})`,
        actual: `it is missing; ${lost.length} events of this org are missing, and ${listed.size} are listed`,
        hint: "Filter by data.org_id of the stored event, and compare ids exactly.",
      }
    : null;
}

const judgeFailure = (failure: Failure | null, cites: readonly [string, ...string[]]): Finding =>
  failure ? { outcome: "fail", failures: [failure], judged: null } : { outcome: "pass", cites };

const hasExpired = (exchange: Exchange): boolean =>
  exchange.response?.status === 410 && textOf(objectOf(exchange), "code") === "backfill_expired";

export const backfillChecks = [
  check("EVT-023", ["health", "retries", "outage", "backfill"], ({ backfill, ...parts }): Finding => {
    const { sinceTheBeginning: listing } = backfill;
    const all = { ...parts, backfill };
    const [page] = listing.pages;
    if (!page || postedIn(all).size === 0)
      return {
        outcome: "could-not-run",
        reason: "no webhook arrived, so the suite has no event to look for in the list; see EVT-001",
      };
    return judgeFailure(
      findListingFailure(listing) ??
        findPagingFailure(listing) ??
        findUnlisted(all, listing) ??
        findOutOfOrder(postedIn(all), listing, all.health?.latencySeconds ?? 0) ??
        findLostBetweenPages(backfill) ??
        findExclusiveStart(backfill),
      [page.id],
    );
  }),

  check("EVT-025", ["backfill"], ({ backfill: { longAgo, beyondDepth, sinceTheBeginning } }) => {
    const asked = [longAgo, ...(beyondDepth ? [beyondDepth] : [])];
    const expired = beyondDepth && hasExpired(beyondDepth) ? beyondDepth : null;
    const keepsAll = isSuccess(longAgo);
    const finding = judgeEach(
      asked.map((exchange) => ({ at: exchange.id, exchange })),
      "",
      ({ exchange }): Problem | null => {
        if (hasExpired(exchange)) return null;
        const hint =
          "Answer 410 with code backfill_expired if some events since that moment are deleted. If you list only the remaining events, the consumer believes that it has received all events.";
        if (!isSuccess(exchange)) {
          return {
            expected: `410 with code backfill_expired, or every event, for: ${exchange.purpose}`,
            actual: describeResponse(exchange),
            hint,
          };
        }
        if (exchange === longAgo && expired) {
          return {
            expected: `410 with code backfill_expired, because a later time in \`after\` (${expired.id}) is already too old`,
            actual: describeResponse(exchange),
            hint,
          };
        }
        const isEmpty = listOf(objectOf(exchange), "data").length === 0;
        return isEmpty && entriesOf(sinceTheBeginning).length > 0
          ? {
              where: "/data",
              expected:
                "410 with code backfill_expired, or every event from the time in `after` on, including those of this run",
              actual: "no event",
              hint,
            }
          : null;
      },
    );
    return withUnseen(
      finding,
      keepsAll
        ? `the vendor answered with events to an \`after\` decades ago (${longAgo.id}); whether it has kept every event since its start cannot be seen in one run`
        : null,
    );
  }),

  check("EVT-026", ["health", "retries", "outage", "backfill"], (parts): Finding => {
    const { byOrg, unknownOrg, sinceTheBeginning } = parts.backfill;
    const judged = judgeStatus([unknownOrg], [404], UNKNOWN_ID);
    if (judged.outcome === "fail") return judged;
    const subjects = byOrg.flatMap(({ orgId, listing }) =>
      listing.pages.map((page) => ({ at: page.id, page, orgId, lost: null })),
    );
    const isWhole = findUnlisted(parts, sinceTheBeginning) === null;
    const lacking = byOrg.flatMap(({ orgId, listing }) => {
      const [page] = listing.pages;
      const lost = isWhole ? findLostByFilter(orgId, listing, sinceTheBeginning) : null;
      return page && lost ? [{ at: page.id, page, orgId, lost }] : [];
    });
    return judgeEach([...subjects, ...lacking], "no org was listed; see ORG-001", ({ page, orgId, lost }) => {
      if (lost !== null) return lost;
      // EVT-023 reports pages that are invalid even without a filter.
      const data = objectOf(page)?.["data"];
      if (!Array.isArray(data)) return findUnusableResponse(page);
      const foreign = data.map(
        (event) => isObject(event) && textOf(memberOf(event, "data"), "org_id") !== orgId,
      );
      const index = foreign.indexOf(true);
      return index === -1
        ? null
        : {
            where: `/data/${index}/data/org_id`,
            expected: show(orgId),
            actual: `${show(memberOf(data[index], "data")?.["org_id"])}; ${foreign.filter(Boolean).length} of the ${data.length} events on this page belong to other orgs`,
            hint: "Filter by the query's org_id first, then split the result into pages. Apply the same filter to the pages that a cursor requests. Otherwise one customer's events reach another customer's system.",
          };
    });
  }),
];
