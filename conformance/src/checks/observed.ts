import {
  contractEventType,
  DEVICE_HEARTBEAT,
  type EventFamily,
  type EventFamilyDescriptor,
  eventFamilies,
} from "@convergint/schemas";
import type { WindowChange } from "../evidence/compare-window.ts";
import { deliveriesIn } from "../evidence/deliveries.ts";
import type { Evidence, PartName } from "../evidence/evidence.ts";
import type { Delivery } from "../evidence/exchange.ts";
import { readPostedTypes } from "../evidence/manifest.ts";
import {
  compareObservation,
  type DeliveryParts,
  describeShortage,
  devicesIn,
  isKeptDevice,
  periodsOf,
  summarizeWindow,
  toDeliveryParts,
  watchedHours,
  windowEventsOf,
} from "../evidence/observation.ts";
import type { Observation } from "../evidence/observation-evidence.ts";
import { eventsOf, memberOf, textOf } from "../evidence/read.ts";
import { findPlaces } from "../evidence/traffic.ts";
import { batchChecks } from "./batches.ts";
import { type Check, check } from "./check.ts";
import { judgeFreshness, judgeRepetition, type Repetition, TOO_SOON } from "./delivery.ts";
import { eventIdentityChecks, ONE_ID } from "./event-identity.ts";
import {
  eventChecks,
  findHeartbeats,
  HEARTBEAT_INTERVAL_MS,
  judgeAgreement,
  judgeContent,
  judgeIntervals,
  judgeOrder,
} from "./events.ts";
import type { Finding } from "./finding.ts";
import { judgeEach, show, withUnseen } from "./finding.ts";
import {
  isOfClaimedFamily,
  judgeObservedCredentials,
  judgeObservedFamily,
  LONGER,
} from "./observed-families.ts";
import { judgeObservedChanges, judgeObservedInventory, judgeObservedOutages } from "./observed-inventory.ts";
import { signatureChecks } from "./signatures.ts";

/**
 * The checks of a passive window. Most are the checks of a run with commands: the window is presented as the parts of the
 * evidence that these read. The comparison of the window decides what is certain enough to be presented.
 *
 * @see spec/decisions/0019-a-passive-window.md
 */

/** What every check of a window reads. */
type Window = Pick<Evidence, "discovery" | "devices" | "observation">;

const existing = new Map(
  [...eventChecks, ...eventIdentityChecks, ...signatureChecks, ...batchChecks].map((each) => [
    each.requirement,
    each,
  ]),
);

const NEEDS = ["discovery", "devices", "observation"] as const satisfies readonly PartName[];

const observe = (requirement: string, judge: (window: Window) => Finding | Promise<Finding>): Check => ({
  requirement,
  needs: NEEDS,
  // The suite calls `judge` only if every part in `needs` is present.
  judge: (evidence) => judge(evidence as Window),
});

/** Judges evidence with the check of a run with commands. */
async function judgeBy(requirement: string, evidence: Partial<Evidence>): Promise<Finding> {
  const check = existing.get(requirement);
  if (!check) throw new Error(`there is no check of ${requirement}`);
  return check.judge(evidence);
}

/** Judges a window with the check of a run with commands. @param change hides from the check what a window cannot show */
const present = (
  requirement: string,
  change: (parts: DeliveryParts, window: Window) => Partial<Evidence> = (parts) => parts,
): Check =>
  observe(requirement, (window) => {
    const parts = toDeliveryParts(window.observation, window.discovery.manifest);
    return judgeBy(requirement, { ...window, ...change(parts, window) });
  });

/** Judges the heartbeats of each endpoint separately: EVT-009 is about an event whose ids differ. */
function judgeHeartbeats({ observation, discovery }: Window): Finding {
  if (!readPostedTypes(discovery.manifest).includes(DEVICE_HEARTBEAT))
    return { outcome: "not-applicable", reason: "the manifest lists no heartbeats with delivery webhook" };
  const all = observation.endpoints.map(({ deliveries }) => findHeartbeats([deliveries]));
  // A second heartbeat would have been seen only while the receiver was up.
  const periods = periodsOf(observation);
  const isFollowed = ({ arrived }: { readonly arrived: number }) =>
    periods.some(({ from, to }) => from <= arrived && arrived + HEARTBEAT_INTERVAL_MS <= to);
  const judged = all.flat().filter((each) => each.before || isFollowed(each));
  const seen = `in ${watchedHours(observation).toFixed(1)} h, ${all.flat().length} heartbeats arrived`;
  const finding = judgeIntervals(
    judged,
    `${seen}, none of them 5 minutes before the receiver was down. ${LONGER}, or remove the type from the manifest if you send no heartbeats`,
  );
  return withUnseen(finding, seen);
}

/**
 * Returns the retries of deliveries to each endpoint, each with the first attempt. A vendor retries when an answer of
 * the suite is lost.
 */
const findRepetitions = ({
  observation: { endpoints },
}: Window): (Repetition & { readonly secret: string })[] =>
  endpoints.flatMap(({ deliveries, secret }) => {
    const originals = deliveries.filter(({ copyOf }) => copyOf === undefined);
    const [byId, byBody] = [new Map<string, Delivery>(), new Map<string, Delivery>()];
    return originals.flatMap((retry) => {
      const id = retry.headers["webhook-id"] ?? "";
      const first = byId.get(id) ?? byBody.get(retry.bodyBase64);
      if (!byId.has(id)) byId.set(id, retry);
      if (!byBody.has(retry.bodyBase64)) byBody.set(retry.bodyBase64, retry);
      return first ? [{ at: retry.id, first, retry, secret }] : [];
    });
  });

/** Says why no repeated delivery can be judged. @param also a further reason */
const noRepetition = ({ observation }: Window, also = ""): string =>
  `in ${watchedHours(observation).toFixed(1)} h, ${observation.endpoints.flatMap(({ deliveries }) => deliveries).length} deliveries arrived, and none arrived again${also}. A window accepts each delivery, so a retry is seen only if its answer was lost. ${LONGER}`;

const ONLY_LOST =
  "only deliveries whose answer was lost, or that waited while the receiver was down, were seen again";

/** Hides changes from a check that would expect more than a window shows. */
const withoutChanges = (parts: DeliveryParts): DeliveryParts => ({
  ...parts,
  health: { ...parts.health, changes: [] },
});

/** Judges every change at every endpoint, if the window has shown enough changes. */
async function judgeReporting(window: Window): Promise<Finding> {
  const { observation, discovery } = window;
  const silent = observation.endpoints.find(({ deliveries }) => deliveries.length === 0);
  if (silent) {
    return {
      outcome: "could-not-run",
      reason: `no webhook arrived at ${silent.destination}. Check in the vendor's console that the endpoint has exactly this URL and gets the events of every org and type`,
    };
  }
  for (const index of observation.endpoints.keys()) {
    const parts = toDeliveryParts(observation, discovery.manifest, index);
    const finding = await judgeBy("EVT-001", { ...window, ...parts });
    if (finding.outcome === "fail") return finding;
  }
  const summary = summarizeWindow(observation, discovery.manifest);
  const shortage = describeShortage(summary, observation.goal);
  if (shortage !== null) {
    return {
      outcome: "could-not-run",
      reason: `the window is too quiet to prove anything: it saw ${shortage} in ${summary.hours.toFixed(1)} h. ${LONGER}`,
    };
  }
  const parts = toDeliveryParts(observation, discovery.manifest);
  const finding = await judgeBy("EVT-001", { ...window, ...parts });
  const share =
    observation.oneIn === 1
      ? ""
      : `; one in ${observation.oneIn} devices was compared, because many webhooks arrived`;
  const notes = finding.outcome === "pass" && finding.unseen !== undefined ? `; ${finding.unseen}` : "";
  return withUnseen(
    finding,
    `only changes that happened by themselves were seen: ${summary.changes} of ${summary.types.length} types${share}${notes}`,
  );
}

/** The fewest changes from which early times can be judged. */
const MIN_EARLY = 5;
const CLOCK_TOLERANCE_MS = 5 * 60_000;

/** Tells whether the time of a change's event is long before the last moment at which the inventory showed the old state. */
function isEarly({ before, arrivals }: WindowChange, latencyMs: number): boolean {
  const since = before.from - CLOCK_TOLERANCE_MS - latencyMs;
  return arrivals.every((each) => each.kind !== "reported" || each.reports.every(({ time }) => time < since));
}

/** Shows the changes only if all events are early: a single one may be from a site that was out of contact. */
function showEarly(parts: DeliveryParts, { observation, discovery }: Window): DeliveryParts {
  const reported = compareObservation(observation, discovery.manifest).changes.filter(({ arrivals }) =>
    arrivals.some(({ kind }) => kind === "reported"),
  );
  const latencyMs = observation.latencySeconds * 1000;
  const areEarly = reported.length >= MIN_EARLY && reported.every((change) => isEarly(change, latencyMs));
  return areEarly ? parts : withoutChanges(parts);
}

const QUARTER_MS = 15 * 60_000;
/** The maximum difference between the delays of events whose times are wrong by the same time zone. */
const DELAYS_APART_MS = 90_000;
/** Events that a site stored while it was out of contact arrive together, so their delays differ. */
const MIN_SHIFTED = { events: 10, spanMs: 30 * 60_000 } as const;

/** Returns the events of a family if the times of all of them are too early by the same multiple of 15 minutes. */
function findShifted({ observation }: Window) {
  const first = new Map<unknown, { at: string; time: number; arrivedAt: number; family: string }>();
  for (const { at, event, type, arrivedAt } of windowEventsOf(observation)) {
    const time = Date.parse(textOf(event, "time") ?? "");
    const family = contractEventType(type)?.family ?? type;
    if (!Number.isNaN(time) && !first.has(event["id"]))
      first.set(event["id"], { at, time, arrivedAt, family });
  }
  return [...Map.groupBy(first.values(), ({ family }) => family).values()].flatMap((alike) => {
    const delays = alike.map(({ time, arrivedAt }) => arrivedAt - time);
    const shift = Math.round(Math.min(...delays) / QUARTER_MS) * QUARTER_MS;
    const spanMs = (alike.at(-1)?.arrivedAt ?? 0) - (alike[0]?.arrivedAt ?? 0);
    const isShifted = shift > 0 && delays.every((delay) => Math.abs(delay - shift) <= DELAYS_APART_MS);
    return isShifted && alike.length >= MIN_SHIFTED.events && spanMs >= MIN_SHIFTED.spanMs
      ? alike.map((each) => ({ ...each, shift }))
      : [];
  });
}

/** Judges the times of events: those of changes, and those of families whose times are wrong by a time zone. */
async function judgeTimes(window: Window): Promise<Finding> {
  const parts = toDeliveryParts(window.observation, window.discovery.manifest);
  const finding = await judgeBy("EVT-005", { ...window, ...showEarly(parts, window) });
  const shifted = findShifted(window);
  if (finding.outcome === "fail" || shifted.length === 0) return finding;
  return judgeEach(shifted, "", ({ time, arrivedAt, shift, family }) => ({
    where: "/time",
    expected: `about ${new Date(arrivedAt).toISOString()}, when the event arrived`,
    actual: `${show(new Date(time).toISOString())}; every event of the family ${family} is ${shift / 60_000} minutes early`,
    hint: "Every time is off by the same multiple of 15 minutes, so it is probably local time marked as UTC. Convert it to UTC.",
  }));
}

/** An event about a device, with its place in the window. */
interface Placed {
  readonly delivery: Delivery;
  readonly deviceId: string;
  readonly siteId: string | null;
  readonly orgId: string | null;
}

const placedIn = (delivery: Delivery): Placed[] =>
  eventsOf(delivery).flatMap((event) => {
    const data = memberOf(event, "data");
    const deviceId = textOf(data, "device_id");
    return deviceId === null
      ? []
      : [{ delivery, deviceId, siteId: textOf(data, "site_id"), orgId: textOf(data, "org_id") }];
  });

/** Returns, for each complete listing of a window, when it was read and which devices with an event it contains. */
const listingsOf = ({ polls }: Observation) =>
  polls
    .filter(({ kind }) => kind === "listing")
    .map((poll) => ({
      from: Date.parse(poll.exchange.startedAt),
      to: Date.parse(poll.endedAt),
      ids: new Set(devicesIn(poll).map(({ device }) => textOf(device, "device_id"))),
    }));

/**
 * Leaves out deliveries whose device or site may be right although no response of the run shows it: between two listings, a
 * device may be added and removed, or moved and moved back.
 */
function withCertainPlaces(parts: DeliveryParts, window: Window): DeliveryParts {
  const listings = listingsOf(window.observation);
  const places = findPlaces(window);
  const all = window.observation.endpoints.flatMap(({ deliveries }) => deliveries.flatMap(placedIn));
  /** Tells whether some of these equal events arrived before a listing and others after it. */
  const spans = (alike: readonly Placed[], isWrong: (ids: ReadonlySet<string | null>) => boolean) => {
    const times = alike.map(({ delivery }) => Date.parse(delivery.receivedAt));
    return listings.some(
      ({ from, to, ids }) =>
        isWrong(ids) && times.some((time) => time < from) && times.some((time) => time > to),
    );
  };
  const isCertain = ({ deviceId, siteId, orgId }: Placed): boolean => {
    if (!isKeptDevice(deviceId, window.observation.oneIn)) return false;
    const known = places.get(deviceId);
    const ofDevice = all.filter((each) => each.deviceId === deviceId);
    if (!known) return spans(ofDevice, (ids) => !ids.has(deviceId));
    if (orgId !== null && known.some((place) => place.org_id !== orgId)) return true;
    if (known.some((place) => place.site_id === siteId)) return true;
    return spans(
      ofDevice.filter((each) => each.siteId === siteId),
      (ids) => ids.has(deviceId),
    );
  };
  const certain = (deliveries: readonly Delivery[]) =>
    deliveries.filter((delivery) => placedIn(delivery).every(isCertain));
  const { lifecycle, health } = withoutChanges(parts);
  return {
    ...parts,
    health: { ...health, deliveries: [] },
    lifecycle: {
      deliveries: certain(lifecycle.deliveries),
      otherDeliveries: certain(lifecycle.otherDeliveries),
    },
  };
}

/**
 * Shows only the changes whose events have different ids at the two endpoints. The check compares events with the same id anyway.
 */
function showStrangers(parts: DeliveryParts, { observation, discovery }: Window): DeliveryParts {
  const [here, there] = observation.endpoints.map(
    ({ deliveries }) => new Set(deliveries.flatMap(eventsOf).map((event) => textOf(event, "id"))),
  );
  const isStrange = ({ arrivals: [one, other] }: WindowChange) =>
    one?.kind === "reported" &&
    one.isCertain &&
    other?.kind === "reported" &&
    other.isCertain &&
    one.reports.every(({ id }) => !there?.has(id)) &&
    other.reports.every(({ id }) => !here?.has(id));
  const { health } = toDeliveryParts(observation, discovery.manifest, 0, isStrange);
  return { ...parts, health: { ...health, otherDeliveries: observation.endpoints[1]?.deliveries ?? [] } };
}

/** If this number of events differ only in their ids at two endpoints, they are the same events. */
const MIN_RENAMED = 3;

/** Returns the events that arrived at both endpoints with different ids, if no event of their type has the same id at both. */
function findRenamed({ endpoints }: Observation) {
  const [here = [], there = []] = endpoints.map(({ deliveries }) =>
    deliveries.flatMap((delivery) => eventsOf(delivery).map((event) => ({ at: delivery.id, event }))),
  );
  const ids = new Set(there.map(({ event }) => event["id"]));
  const common = new Set(here.flatMap(({ event }) => (ids.has(event["id"]) ? [event["type"]] : [])));
  const contentOf = ({ event }: (typeof here)[number]) => JSON.stringify({ ...event, id: "" });
  const byContent = new Map(there.map((each) => [contentOf(each), each]));
  const pairs = here.flatMap((each) => {
    const other = common.has(each.event["type"]) ? undefined : byContent.get(contentOf(each));
    return other ? [{ ...each, other }] : [];
  });
  return [...Map.groupBy(pairs, ({ event }) => event["type"]).values()].flatMap((alike) =>
    new Set(alike.map(({ event }) => event["id"])).size < MIN_RENAMED ? [] : alike,
  );
}

/**
 * Judges that events are equal at both endpoints: events of changes, events with the same id, and events that differ
 * only in their ids.
 */
async function judgeIdentity(window: Window): Promise<Finding> {
  const { observation, discovery } = window;
  const parts = toDeliveryParts(observation, discovery.manifest);
  const finding = await judgeBy("EVT-009", { ...window, ...showStrangers(parts, window) });
  const renamed = findRenamed(observation);
  if (finding.outcome === "fail" || renamed.length === 0) return finding;
  return judgeEach(renamed, "", ({ event, other }) => ({
    where: "/id",
    expected: `${show(other.event["id"])}, as in ${other.at}, the same event at another endpoint`,
    actual: show(event["id"]),
    hint: ONE_ID,
  }));
}

const NO_CHANGES = { changes: [], refusing: { deliveries: [] }, picky: { deliveries: [] } };

/** Adds empty evidence of batches, because in a window the suite caused none. */
const withoutOtherBatches = (parts: DeliveryParts): Partial<Evidence> => ({
  ...parts,
  vendorBatches: NO_CHANGES,
});

/** Presents the deliveries of both endpoints to the check of batches. */
const withBatches = (parts: DeliveryParts, { observation: { endpoints } }: Window): Partial<Evidence> => ({
  ...parts,
  vendorBatches: {
    ...NO_CHANGES,
    refusing: { deliveries: endpoints[0]?.deliveries ?? [] },
    picky: { deliveries: endpoints[1]?.deliveries ?? [] },
  },
});

/** Judges what the inventory showed against the events that had arrived. */
function judgeStatuses({ observation, discovery }: Window): Finding {
  const { agreements } = compareObservation(observation, discovery.manifest);
  const exchanges = new Map(observation.polls.map(({ exchange }) => [exchange.id, exchange]));
  return judgeAgreement(
    agreements.map(({ reading, last, differs }) => {
      const ofReason = differs === "reason";
      const value = ofReason ? last.reason : last.status;
      return {
        at: reading.at,
        where: `${reading.pointer}/${ofReason ? "status_reason" : "status"}`,
        askedAt: exchanges.get(reading.at)?.startedAt ?? "",
        webhook: { id: last.at, receivedAt: new Date(last.arrivedAt).toISOString() },
        expected: `${show(value)} for device ${reading.deviceId}, as in its latest event`,
        shown: ofReason ? reading.reason : reading.status,
        agrees: differs === null,
      };
    }),
  );
}

/** Judges media type and body. What is special about the types of the claimed families is judged by their requirements. */
const judgeEvents = (window: Window): Finding =>
  judgeContent(
    deliveriesIn(toDeliveryParts(window.observation, window.discovery.manifest)),
    window.discovery.manifest,
    (event) => isOfClaimedFamily(textOf(event, "type") ?? "", window),
  );

/** The checks of the optional families: each judges the events that arrived. */
const familyChecks: readonly Check[] = eventFamilies.flatMap(
  ({ name, requirement, sequences }: EventFamilyDescriptor & { readonly name: EventFamily }) => {
    if (requirement === null || sequences.length === 0) return [];
    const needs = [...NEEDS, "catalogue"] as const;
    return [
      check(requirement, needs, (window) => judgeObservedFamily(window, name)),
      ...(name === "access" ? [check("EVT-018", needs, judgeObservedCredentials)] : []),
    ];
  },
);

/** The checks of a passive window, by requirement. Other requirements need a run that changes something. */
export const observedChecks: readonly Check[] = [
  observe("EVT-001", judgeReporting),
  observe("EVT-002", judgeEvents),
  present("EVT-003", withCertainPlaces),
  present("EVT-004"),
  observe("EVT-005", judgeTimes),
  present("EVT-006"),
  observe("EVT-007", judgeStatuses),
  observe("EVT-008", ({ observation, discovery }) =>
    judgeOrder(
      compareObservation(observation, discovery.manifest).orders.map(({ earlier, later }) => ({
        at: later.at,
        before: earlier.order,
        after: later.order,
      })),
    ),
  ),
  observe("EVT-009", judgeIdentity),
  present("EVT-010"),
  present("EVT-011"),
  present("EVT-012"),
  observe("EVT-013", judgeHeartbeats),
  observe("EVT-014", judgeObservedInventory),
  ...familyChecks,
  observe("SYNC-002", judgeObservedChanges),
  observe("DEV-008", judgeObservedOutages),
  present("SIG-001"),
  present("SIG-002"),
  present("SIG-003"),
  present("SIG-004"),
  observe("DLV-002", (window) =>
    withUnseen(judgeRepetition(findRepetitions(window), noRepetition(window)), ONLY_LOST),
  ),
  observe("DLV-003", async (window) =>
    withUnseen(
      await judgeFreshness(findRepetitions(window), noRepetition(window, `, or it arrived ${TOO_SOON}`)),
      ONLY_LOST,
    ),
  ),
  present("DLV-012", withoutOtherBatches),
  present("DLV-013", withBatches),
];
