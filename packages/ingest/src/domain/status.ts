import { sortableTimestamp, type Timestamp } from "@convergint/schemas/values";
import type { Observation, ObservationOrder } from "./observation.ts";

const ORDER = [
  "occurredAt",
  "sequence",
  "eventId",
  "asOf",
] as const satisfies readonly (keyof ObservationOrder)[];

/** Breaks ties between observations with the same order, such as events with the same id from two sources. */
const CONTENT = [
  "status",
  "reason",
  "occurredAt",
  "sentStatus",
  "vendorStatus",
] as const satisfies readonly (keyof Observation)[];

/**
 * Compares the members in turn, as text; the first difference decides.
 *
 * @returns `undefined` if all members are equal
 */
function isGreater<Name extends string>(
  names: readonly Name[],
  a: Readonly<Record<Name, string | null>>,
  b: Readonly<Record<Name, string | null>>,
): boolean | undefined {
  const name = names.find((each) => a[each] !== b[each]);
  return name === undefined ? undefined : (a[name] ?? "") > (b[name] ?? "");
}

const isLater = (a: Observation, b: Observation): boolean =>
  isGreater(ORDER, a.order, b.order) ?? isGreater(CONTENT, a, b) ?? false;

const latestOf = (a: Timestamp | null, b: Timestamp | null): Timestamp | null => {
  if (a === null || b === null) return a ?? b;
  const [sortableA, sortableB] = [sortableTimestamp(a), sortableTimestamp(b)];
  // The same moment can be written in several ways. Picks the same text, whatever the order of the arguments.
  if (sortableA === sortableB) return a > b ? a : b;
  return sortableA > sortableB ? a : b;
};

/**
 * Merges an observation into the known status of a device. The later observation wins, whatever the order of
 * arrival. `lastSeenAt` becomes the latest value of all observations.
 *
 * @param current `null` if no status is known
 */
export function mergeObservations(current: Observation | null, observed: Observation): Observation {
  if (!current) return observed;
  const winner = isLater(observed, current) ? observed : current;
  return { ...winner, lastSeenAt: latestOf(current.lastSeenAt, observed.lastSeenAt) };
}
