import type { Report } from "./report.ts";

type Failure = Report["requirements"][number]["failures"][number];

/** How many places are named. */
const MOST_NAMED = 8;

/**
 * Says of the failures that a report does not show whole how many they are and where they were seen: one device that is
 * wrong is mended otherwise than a tenth of all.
 *
 * @param shown how many of them are shown, from the first on
 * @returns one line, or none where all are shown
 */
export function tallyOf(failures: readonly Failure[], shown: number): string[] {
  const hidden = failures.slice(shown);
  if (hidden.length === 0) return [];
  const places = [...new Set(hidden.map(({ at }) => at))];
  const named = places.slice(0, MOST_NAMED).join(", ");
  return [
    `… and ${hidden.length} more like this, in ${named}${places.length > MOST_NAMED ? ` and ${places.length - MOST_NAMED} others` : ""}`,
  ];
}
