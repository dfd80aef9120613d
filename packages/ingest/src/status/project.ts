import { sortableTimestamp, type Timestamp } from "@convergint/schemas";
import type { Observation, ObservationOrder } from "./observation.ts";

const ORDER = [
  "occurredAt",
  "sequence",
  "eventId",
  "asOf",
] as const satisfies readonly (keyof ObservationOrder)[];

/** What tells two observations apart that stand at one place, such as events of two sources with one id. */
const CONTENT = [
  "status",
  "reason",
  "occurredAt",
  "sentStatus",
  "vendorStatus",
] as const satisfies readonly (keyof Observation)[];

/** Compares member by member, as text: the first that differs decides. */
function isGreater<Name extends string>(
  names: readonly Name[],
  a: Readonly<Record<Name, string | null>>,
  b: Readonly<Record<Name, string | null>>,
): boolean | undefined {
  const name = names.find((each) => a[each] !== b[each]);
  return name === undefined ? undefined : (a[name] ?? "") > (b[name] ?? "");
}

/** Tells whether `a` stands after `b`. Equal means that both say the same. */
const isLater = (a: Observation, b: Observation): boolean =>
  isGreater(ORDER, a.order, b.order) ?? isGreater(CONTENT, a, b) ?? false;

const laterOf = (a: Timestamp | null, b: Timestamp | null): Timestamp | null => {
  if (a === null || b === null) return a ?? b;
  const [sortableA, sortableB] = [sortableTimestamp(a), sortableTimestamp(b)];
  // One moment can be written in several ways: of those, too, always the same is taken.
  if (sortableA === sortableB) return a > b ? a : b;
  return sortableA > sortableB ? a : b;
};

/**
 * What an observation does to what is known of a device: the later one wins, whatever order they come in, and the
 * device was last heard from at the latest moment that any of them names.
 *
 * @param current `null` for a device of which nothing is known
 */
export function project(current: Observation | null, observed: Observation): Observation {
  if (!current) return observed;
  const winner = isLater(observed, current) ? observed : current;
  return { ...winner, lastSeenAt: laterOf(current.lastSeenAt, observed.lastSeenAt) };
}
