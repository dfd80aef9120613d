import type { EventOutcome } from "./event-store.ts";

/** What became of each event of a batch, from what became of those that nobody knew. */
export function outcomesOf(
  isNew: readonly boolean[],
  outcomesOfNew: readonly EventOutcome[],
): readonly EventOutcome[] {
  const outcomes = outcomesOfNew.values();
  return isNew.map((each) => (each ? (outcomes.next().value ?? "stored") : "duplicate"));
}
