import { isDeepStrictEqual } from "node:util";
import { eventPageSchema } from "@convergint/schemas";
import type { Evidence } from "../evidence/evidence.ts";
import type { Delivery, Listing } from "../evidence/exchange.ts";
import { toPointerToken } from "../evidence/json-pointer.ts";
import {
  entriesOf,
  eventsOf,
  isObject,
  type JsonObject,
  memberOf,
  objectOf,
  textOf,
  toOrderKey,
} from "../evidence/read.ts";
import { check } from "./check.ts";
import { type Failure, type Finding, judgeEach, show } from "./finding.ts";
import { findUnfinishedListing } from "./judge-listing.ts";
import { describeResponse, findUnusableResponse, judgeStatus, UNKNOWN_ID } from "./judge-response.ts";
import { findSchemaFailure } from "./schema-failures.ts";

type Parts = Pick<Evidence, "health" | "retries" | "outage">;

/**
 * Returns the events posted to those endpoints of this run that accept everything. Each event id occurs once.
 */
function postedIn({ health, retries, outage }: Parts): Map<string, { at: string; event: JsonObject }> {
  const deliveries: readonly Delivery[] = [
    ...health.deliveries,
    ...retries.endpoints.healthy.deliveries,
    ...outage.healthy.deliveries,
  ];
  const posted = new Map<string, { at: string; event: JsonObject }>();
  for (const delivery of deliveries) {
    for (const event of eventsOf(delivery)) {
      const id = textOf(event, "id");
      if (id !== null && !posted.has(id)) posted.set(id, { at: delivery.id, event });
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
 * Returns a failure for the first two events of one device in the wrong order; `null` if the order is right.
 */
function findOutOfOrder(listing: Listing): Failure | null {
  const last = new Map<string, { place: string; id: unknown }>();
  for (const { at, pointer, value: event } of entriesOf(listing)) {
    const device = textOf(memberOf(event, "data"), "device_id");
    const place = toCompleteOrderKey(event);
    if (device === null || place === null) continue;
    const before = last.get(device);
    if (before && before.place > place) {
      return {
        at,
        where: pointer,
        expected: `events in order of publication (by time and sequence): ${show(event["id"])} before ${show(before.id)}`,
        actual: "the two events in the opposite order",
        hint: "Sort by order of publication, oldest first. A consumer continues after the last event that it has read.",
      };
    }
    last.set(device, { place, id: event["id"] });
  }
  return null;
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

type Posted = readonly { readonly at: string; readonly event: JsonObject }[];

/**
 * Describes what the missing events have in common, as a clue to the cause. Returns an empty string if only
 * one event is missing.
 */
function describeSharedMembers(missing: Posted): string {
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

const judgeFailure = (failure: Failure | null, cites: readonly [string, ...string[]]): Finding =>
  failure ? { outcome: "fail", failures: [failure], judged: null } : { outcome: "pass", cites };

export const backfillChecks = [
  check("EVT-023", ["health", "retries", "outage", "backfill"], ({ backfill, ...parts }): Finding => {
    const { sinceTheBeginning: listing } = backfill;
    const [page] = listing.pages;
    if (!page || postedIn(parts).size === 0)
      return {
        outcome: "could-not-run",
        reason: "no webhook arrived, so the suite has no event to look for in the list; see EVT-001",
      };
    return judgeFailure(
      findListingFailure(listing) ?? findUnlisted(parts, listing) ?? findOutOfOrder(listing),
      [page.id],
    );
  }),

  check("EVT-025", ["backfill"], ({ backfill: { longAgo } }) =>
    judgeEach([{ at: longAgo.id }], "", () => {
      const code = textOf(objectOf(longAgo), "code");
      return longAgo.response?.status === 410 && code === "backfill_expired"
        ? null
        : {
            expected: "410 with code backfill_expired for events published decades ago",
            actual: describeResponse(longAgo),
            hint: "According to the manifest's depth_hours, you no longer keep these events. Answer 410 with code backfill_expired. If you list only the remaining events, the consumer believes that it has received all events.",
          };
    }),
  ),

  check("EVT-026", ["backfill"], ({ backfill: { byOrg, unknownOrg } }): Finding => {
    const judged = judgeStatus([unknownOrg], [404], UNKNOWN_ID);
    if (judged.outcome === "fail") return judged;
    const subjects = byOrg.flatMap(({ orgId, listing }) =>
      listing.pages.map((page) => ({ at: page.id, page, orgId })),
    );
    return judgeEach(subjects, "no org was listed; see ORG-001", ({ page, orgId }) => {
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
            hint: "First select the events of the org_id in the query, then split them into pages. Select the same org for later pages, which a cursor requests. One customer's events must not reach another's system.",
          };
    });
  }),
];
