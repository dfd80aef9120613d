import type { Committed } from "../../domain/event.ts";

/** Cuts what became of all into what became of each. That some were late is told with the first. */
function* apart(batches: readonly (readonly unknown[])[], { outcomes, late }: Committed) {
  let from = 0;
  for (const { length } of batches) {
    yield { outcomes: outcomes.slice(from, from + length), late: from === 0 ? late : 0 };
    from += length;
  }
}

/**
 * Commits several batches as one transaction; where that fails, each by itself, so that none pays for another.
 *
 * @param commit stores a batch as a whole or throws
 * @returns for each batch what gives its result, or throws what it failed with
 */
export function commitTogether<Event>(
  commit: (events: readonly Event[]) => Committed,
  batches: readonly (readonly Event[])[],
): readonly (() => Committed)[] {
  const alone = () => batches.map((batch) => () => commit(batch));
  if (batches.length === 1) return alone();
  try {
    return [...apart(batches, commit(batches.flat()))].map((committed) => () => committed);
  } catch {
    return alone();
  }
}
