import { contractEventType, type EventFamily } from "@convergint/schemas";
import type { Evidence } from "../evidence/evidence.ts";
import { readPostedTypes } from "../evidence/manifest.ts";
import { devicesIn, type WindowEvent, watchedHours, windowEventsOf } from "../evidence/observation.ts";
import {
  entriesOf,
  type JsonObject,
  listOf,
  memberOf,
  objectOf,
  textOf,
  toOrderKey,
} from "../evidence/read.ts";
import { adviseOnPair, ENDINGS, judgeCredentials, NAME_THE_DEVICE } from "./event-families.ts";
import { type Finding, judgeEach, type Problem, show, withUnseen } from "./finding.ts";
import { findEventTypeFailure } from "./schema-failures.ts";

/** What the checks of the optional families read. */
export type FamilyWindow = Pick<Evidence, "discovery" | "devices" | "observation" | "catalogue">;

type Ending = (typeof ENDINGS)[number];

/** Tells whether an event type belongs to an optional family that the manifest claims, so that the family's requirement judges it. */
export const isOfClaimedFamily = (type: string, { discovery }: Pick<Evidence, "discovery">): boolean =>
  contractEventType(type)?.family !== "health" &&
  contractEventType(type)?.family !== "webhook" &&
  readPostedTypes(discovery.manifest).includes(type);

/** Says how often each event type of a family arrived, and in how much time. */
export function describeOccurrences(
  types: readonly string[],
  events: readonly WindowEvent[],
  window: Pick<Evidence, "observation">,
): string {
  const counts = types.map((type) => {
    const ids = new Set(events.flatMap(({ type: its, event }) => (its === type ? [event["id"]] : [])));
    return `${ids.size} ${type}`;
  });
  return `in ${watchedHours(window.observation).toFixed(1)} h, the window saw ${counts.join(", ")}`;
}

/** Returns the type of each listed device, by device id. */
function typesOf({ devices, observation }: FamilyWindow): ReadonlyMap<string, string> {
  const listed = [
    ...entriesOf(devices.listing).map(({ value }) => value),
    ...observation.polls.flatMap((poll) => devicesIn(poll).map(({ device }) => device)),
  ];
  return new Map(listed.map((device) => [textOf(device, "device_id") ?? "", textOf(device, "type") ?? ""]));
}

/** Returns a function that finds an event about a device whose type cannot have such events. */
function createDeviceTest(window: FamilyWindow): (event: WindowEvent) => Problem | null {
  const types = typesOf(window);
  const catalogue = new Map(
    listOf(objectOf(window.catalogue.exchange), "data").map((entry) => [
      entry["type"],
      entry["device_types"],
    ]),
  );
  return ({ type, event }) => {
    const deviceId = textOf(memberOf(event, "data"), "device_id");
    // EVT-003 is about a device that is not listed.
    const listed = deviceId === null ? undefined : types.get(deviceId);
    const declared = catalogue.get(type);
    const usual: readonly string[] = contractEventType(type)?.deviceTypes ?? [];
    if (listed === undefined || !Array.isArray(declared) || usual.length === 0) return null;
    if (declared.includes(listed) || usual.includes(listed)) return null;
    return {
      where: "/data/device_id",
      expected: `a device of type ${[...new Set([...usual, ...declared.map(String)])].join(" or ")}, as in the catalogue`,
      actual: `${show(deviceId)}, a device of type ${show(listed)}`,
      hint: NAME_THE_DEVICE,
    };
  };
}

/** An event that begins or ends an occurrence, such as an alarm. */
interface Side extends WindowEvent {
  readonly ending: Ending;
  readonly isEnd: boolean;
  /** The id of the occurrence. */
  readonly occurrence: string;
  readonly order: string;
}

/** Members that two occurrences of one thing share, such as those of an alarm in one zone. */
const PLACE = ["org_id", "site_id", "device_id", "zone", "alarm_type", "trouble_type"];

/** Returns the events that begin or end occurrences, each once, in the contract's order. */
function sidesOf(events: readonly WindowEvent[]): Side[] {
  const byId = new Map<unknown, Side>();
  for (const each of events) {
    const ending = ENDINGS.find(({ begin, end }) => begin === each.type || end === each.type);
    const occurrence = ending && textOf(memberOf(each.event, "data"), ending.name);
    const order = toOrderKey(each.event);
    if (!ending || occurrence === undefined || occurrence === null || order === null) continue;
    byId.set(each.event["id"], { ...each, ending, isEnd: each.type === ending.end, occurrence, order });
  }
  return [...byId.values()].toSorted((one, other) => (one.order < other.order ? -1 : 1));
}

/** If this number of ends each follow a beginning, they cannot all belong to occurrences that began before the window. */
const MIN_STRANGERS = 10;
const MIN_AT_A_PLACE = 2;

/**
 * Returns each end with the beginning before it, at places where beginnings and ends alternate. They do not alternate
 * if an end after a beginning belongs to an occurrence that began before the window.
 */
function findAlternating(sides: readonly Side[]): { readonly begin: Side; readonly end: Side }[] {
  const places = Map.groupBy(sides, ({ event, ending }) =>
    JSON.stringify([ending.end, ...PLACE.map((name) => memberOf(event, "data")?.[name])]),
  );
  return [...places.values()].flatMap((alike) => {
    const first = alike.findIndex(({ isEnd }) => !isEnd);
    const rest = first === -1 ? [] : alike.slice(first);
    if (rest.some(({ isEnd }, index) => isEnd !== (index % 2 === 1))) return [];
    const pairs = rest.flatMap((end, index) => {
      const begin = rest[index - 1];
      return end.isEnd && begin ? [{ begin, end }] : [];
    });
    return pairs.length < MIN_AT_A_PLACE ? [] : pairs;
  });
}

/** Judges that the end of an occurrence has the id of its beginning; `could-not-run` if the window shows no such pair. */
function judgePairs(sides: readonly Side[]): Finding {
  const begun = new Map(sides.flatMap((side) => (side.isEnd ? [] : [[side.occurrence, side] as const])));
  const ends = sides.filter(({ isEnd }) => isEnd);
  const eventIds = new Map(sides.map((side) => [side.event["id"], side]));
  const named = ends.flatMap((end) => {
    const begin = eventIds.get(memberOf(end.event, "data")?.["raised_event_id"]);
    return begin && !begin.isEnd ? [{ begin, end }] : [];
  });
  const pairs = [
    ...named,
    ...ends.flatMap((end) => {
      const begin = begun.get(end.occurrence);
      return begin ? [{ begin, end }] : [];
    }),
  ];
  const strangers = pairs.length === 0 ? findAlternating(sides) : [];
  const judged = strangers.length >= MIN_STRANGERS ? strangers : pairs;
  const [first] = sides;
  const none = `${ends.length} ends and ${sides.length - ends.length} beginnings arrived, but no end of what began in the window: each has another ${first?.ending.name}`;
  return judgeEach(
    judged.map((pair) => ({ ...pair, at: pair.end.at })),
    none,
    ({ begin, end }) =>
      begin.occurrence === end.occurrence
        ? null
        : {
            where: `/data/${end.ending.name}`,
            expected: `${show(begin.occurrence)}, as in ${begin.at}, the preceding ${end.ending.begin}`,
            actual: show(end.occurrence),
            hint: adviseOnPair(end.ending),
          },
  );
}

/** Advice on how to continue a window. */
export const LONGER = "Watch longer with a greater --observe and the same --state";

/** Judges the events of a family that arrived. Too few events prove nothing: each type that the manifest lists has to occur. */
export function judgeObservedFamily(window: FamilyWindow, family: EventFamily): Finding {
  const types = readPostedTypes(window.discovery.manifest).filter(
    (type) => contractEventType(type)?.family === family,
  );
  if (types.length === 0)
    return {
      outcome: "could-not-run",
      reason: `the manifest lists no event type of the family ${family} with delivery webhook`,
    };
  const events = windowEventsOf(window.observation).filter(({ type }) => types.includes(type));
  const seen = describeOccurrences(types, events, window);
  const findDeviceProblem = createDeviceTest(window);
  const finding = judgeEach(
    events,
    `${seen}. ${LONGER}`,
    (each) => findEventTypeFailure(each.type, each) ?? findDeviceProblem(each),
  );
  if (finding.outcome !== "pass") return finding;
  const sides = sidesOf(events);
  const pairing = sides.length === 0 ? finding : judgePairs(sides);
  if (pairing.outcome === "fail") return pairing;
  if (types.some((type) => events.every((event) => event.type !== type)))
    return {
      outcome: "could-not-run",
      reason: `${seen}, and has to see each type once. ${LONGER}, or remove a type that you do not send from the manifest`,
    };
  if (pairing.outcome === "could-not-run")
    return { outcome: "could-not-run", reason: `${seen}; ${pairing.reason}. ${LONGER}` };
  return withUnseen(
    finding,
    `${seen}. A window cannot see an event that was not sent, so it is not proved that everything that happens is posted`,
  );
}

/** Judges what access events say about people and credentials. */
export function judgeObservedCredentials(window: FamilyWindow): Finding {
  const events = windowEventsOf(window.observation).filter(
    ({ type }) => contractEventType(type)?.family === "access",
  );
  const types = readPostedTypes(window.discovery.manifest).filter(
    (type) => contractEventType(type)?.family === "access",
  );
  const none = `${describeOccurrences(types, [], window)}. ${LONGER}`;
  return judgeCredentials(events, none);
}

/** The data of an event; `null` without data. */
export const dataOf = ({ event }: WindowEvent): JsonObject | null => memberOf(event, "data");
