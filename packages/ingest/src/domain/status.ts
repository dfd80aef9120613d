import { sortableTimestamp, type Timestamp } from "@convergint/schemas";
import type { Observation, ObservationOrder } from "./observation.ts";

const ORDER = [
  "occurredAt",
  "sequence",
  "eventId",
  "asOf",
] as const satisfies readonly (keyof ObservationOrder)[];

/** Breaks ties between observations of one order, such as events of two sources with the same id. */
const CONTENT = [
  "status",
  "reason",
  "occurredAt",
  "sentStatus",
  "vendorStatus",
] as const satisfies readonly (keyof Observation)[];

/** Compares member by member, as text; the first difference decides. @returns `undefined` if all are equal */
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
  // One moment can be written in several ways: pick the same text whatever the order of the arguments.
  if (sortableA === sortableB) return a > b ? a : b;
  return sortableA > sortableB ? a : b;
};

/**
 * Merges an observation into what is known of a device. The later observation wins, in whatever order they arrive;
 * `lastSeenAt` is the latest that any of them names.
 *
 * @param current `null` if no status is known
 */
export function mergeObservations(current: Observation | null, observed: Observation): Observation {
  if (!current) return observed;
  const winner = isLater(observed, current) ? observed : current;
  return { ...winner, lastSeenAt: latestOf(current.lastSeenAt, observed.lastSeenAt) };
}
