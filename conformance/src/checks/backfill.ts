import { isDeepStrictEqual } from "node:util";
import { eventPageSchema, sortableTimestamp, timestampSchema } from "@convergint/schemas";
import type { Evidence } from "../evidence/evidence.ts";
import type { Delivery, Listing } from "../evidence/exchange.ts";
import { toPointerToken } from "../evidence/json-pointer.ts";
import {
  eventsOf,
  isObject,
  itemsOf,
  type JsonObject,
  memberOf,
  objectOf,
  textOf,
} from "../evidence/read.ts";
import { check } from "./check.ts";
import { type Failure, type Finding, judgeEach, show } from "./finding.ts";
import { findUnfinishedListing } from "./judge-listing.ts";
import { describeResponse, findUnusableResponse, judgeStatus, UNKNOWN_ID } from "./judge-response.ts";
import { findSchemaFailure } from "./schema-failures.ts";

type Parts = Pick<Evidence, "health" | "retries" | "outage">;

/** Everything that was posted to the endpoints of this run that take everything, each event once, by its id. */
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

const listedIn = (listing: Listing) =>
  itemsOf(listing).flatMap(({ at, pointer, value }) =>
    isObject(value) ? [{ at, pointer, event: value }] : [],
  );

/** What keeps a listing of events from being one, read to its end. */
function brokenListing(listing: Listing): Failure | null {
  for (const page of listing.pages) {
    const wrong = findUnusableResponse(page) ?? findSchemaFailure(eventPageSchema, objectOf(page));
    if (wrong) return { at: page.id, ...wrong };
  }
  const last = listing.pages.at(-1);
  const unended = findUnfinishedListing(listing, "all events");
  return last && unended ? { at: last.id, ...unended } : null;
}

/** An event's place among those of its device. */
function placeOf(event: JsonObject): string | null {
  const time = timestampSchema.safeParse(event["time"]);
  const sequence = textOf(event, "sequence");
  return time.success && sequence !== null ? `${sortableTimestamp(time.data)} ${sequence}` : null;
}

/** Two events of one device that stand in another order than they were published in. */
function outOfOrder(listing: Listing): Failure | null {
  const last = new Map<string, { place: string; id: unknown }>();
  for (const { at, pointer, event } of listedIn(listing)) {
    const device = textOf(memberOf(event, "data"), "device_id");
    const place = placeOf(event);
    if (device === null || place === null) continue;
    const before = last.get(device);
    if (before && before.place > place) {
      return {
        at,
        where: pointer,
        expected: `events in the order of their publication: ${show(event["id"])} before ${show(before.id)}, by time and sequence`,
        actual: "after it",
        hint: "Sort by the order in which you published, oldest first: a consumer goes on from where it stopped.",
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

/** A member, and not what any object inherits. */
const ownOf = (object: JsonObject, name: string): unknown =>
  Object.hasOwn(object, name) ? object[name] : undefined;

/** The first place, however deep, at which two values are not the same; `null` where they are. */
function difference(one: unknown, other: unknown, pointer = ""): Difference | null {
  if (isDeepStrictEqual(one, other)) return null;
  if (!isObject(one) || !isObject(other)) return { pointer, one, other };
  for (const name of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const deeper = difference(ownOf(one, name), ownOf(other, name), `${pointer}/${toPointerToken(name)}`);
    if (deeper) return deeper;
  }
  return { pointer, one, other };
}

/** Whether two events say the same, each under an id of its own. */
const saysTheSame = (one: JsonObject, other: JsonObject): boolean =>
  isDeepStrictEqual({ ...one, id: "" }, { ...other, id: "" });

type Posted = readonly { readonly at: string; readonly event: JsonObject }[];

/** What the events that are missing have in common, for whoever looks for why they are; nothing where it is one. */
function inCommon(missing: Posted): string {
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

/** The first event that was posted and is not listed, or is listed as another. */
function unlisted(parts: Parts, listing: Listing): Failure | null {
  const listed = new Map(listedIn(listing).map((item) => [textOf(item.event, "id"), item]));
  const posted = postedIn(parts);
  const missing = [...posted].filter(([id]) => !listed.has(id)).map(([, each]) => each);
  for (const [id, { at, event }] of posted) {
    const item = listed.get(id);
    if (!item) {
      const alike = [...listed].find(
        ([other, each]) => other !== null && !posted.has(other) && saysTheSame(event, each.event),
      )?.[0];
      return {
        at: listing.pages[0]?.id ?? at,
        expected: `the event ${id} (${textOf(event, "type")}, ${textOf(event, "time")}), which was posted in ${at}`,
        actual: alike
          ? `the same under another id, ${show(alike)}`
          : "no event with this id, and none that says the same under another",
        hint: alike
          ? "Keep the id with the event when it is published, and list it by that: a consumer knows by it what it has already."
          : `Write each event down once, when it is published, and list that, whether or not it was delivered. ${missing.length} of the ${posted.size} that were posted are not listed${inCommon(missing)}.`,
      };
    }
    const other = difference(event, item.event);
    if (other) {
      return {
        at: item.at,
        where: item.pointer + other.pointer,
        expected: `${show(other.one)}, as it was posted in ${at}`,
        actual: show(other.other),
        hint: "Keep the event as it was posted, and list that.",
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
      return { outcome: "could-not-run", reason: "no webhook came whose event could be listed; see EVT-001" };
    return judgeFailure(brokenListing(listing) ?? unlisted(parts, listing) ?? outOfOrder(listing), [page.id]);
  }),

  check("EVT-025", ["backfill"], ({ backfill: { longAgo } }) =>
    judgeEach([{ at: longAgo.id }], "", () => {
      const code = textOf(objectOf(longAgo), "code");
      return longAgo.response?.status === 410 && code === "backfill_expired"
        ? null
        : {
            expected: "410 with the code backfill_expired for what was published decades ago",
            actual: describeResponse(longAgo),
            hint: "By the manifest's depth_hours it is not kept any more. A consumer that gets what is left believes that it has everything.",
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
      // What is wrong with the pages themselves is wrong without a filter too: EVT-023.
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
            actual: `${show(memberOf(data[index], "data")?.["org_id"])}; ${foreign.filter(Boolean).length} of the ${data.length} events of this page are of other orgs`,
            hint: "Apply the org_id of the query before events are cut into pages, and on each page: one customer's events must not reach another's system.",
          };
    });
  }),
];
