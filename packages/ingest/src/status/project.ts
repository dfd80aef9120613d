import { sortableTimestamp, type Timestamp } from "@convergint/schemas";
import type { Observation, ObservationOrder } from "./observation.ts";

const MEMBERS = [
  "occurredAt",
  "sequence",
  "eventId",
  "asOf",
] as const satisfies readonly (keyof ObservationOrder)[];

/** Tells whether `a` stands after `b`. Equal means that both are the same observation. */
export function isLater(a: ObservationOrder, b: ObservationOrder): boolean {
  const member = MEMBERS.find((name) => a[name] !== b[name]);
  return member !== undefined && a[member] > b[member];
}

const laterOf = (a: Timestamp | null, b: Timestamp | null): Timestamp | null => {
  if (a === null || b === null) return a ?? b;
  return sortableTimestamp(a) > sortableTimestamp(b) ? a : b;
};

/**
 * What an observation does to what is known of a device: the later one wins, whatever order they come in, and the
 * device was last heard from at the latest moment that any of them names.
 *
 * @param current `null` for a device of which nothing is known
 */
export function project(current: Observation | null, observed: Observation): Observation {
  if (!current) return observed;
  const winner = isLater(observed.order, current.order) ? observed : current;
  return { ...winner, lastSeenAt: laterOf(current.lastSeenAt, observed.lastSeenAt) };
}
