import type { Committed } from "../../domain/event.ts";

/** Splits a shared result into one result per batch. All late events are counted for the first batch. */
function* split(batches: readonly (readonly unknown[])[], { outcomes, late }: Committed) {
  let from = 0;
  for (const { length } of batches) {
    yield { outcomes: outcomes.slice(from, from + length), late: from === 0 ? late : 0 };
    from += length;
  }
}

/**
 * Commits several batches in one transaction. If that fails, commits each batch in a separate transaction, so
 * that one bad batch does not fail the others.
 *
 * @param commit stores a batch as a whole, or throws
 * @returns for each batch, a function that returns the batch's result or throws its error
 */
export function commitTogether<Event>(
  commit: (events: readonly Event[]) => Committed,
  batches: readonly (readonly Event[])[],
): readonly (() => Committed)[] {
  const commitEach = () => batches.map((batch) => () => commit(batch));
  if (batches.length === 1) return commitEach();
  try {
    return [...split(batches, commit(batches.flat()))].map((committed) => () => committed);
  } catch {
    return commitEach();
  }
}
