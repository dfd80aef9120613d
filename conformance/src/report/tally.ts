import { compareIds } from "../evidence/traffic.ts";
import type { Report } from "./report.ts";

type Reported = Report["requirements"][number];

/** How many places are named. */
const MOST_NAMED = 8;

/**
 * Says of the failures that a report does not show whole how many they are and where they were seen: one device that is
 * wrong is mended otherwise than a tenth of all.
 *
 * @param shown how many of them are shown, from the first on
 * @returns one line, or none where all are shown
 */
export function tallyOf(failures: Reported["failures"], shown: number): string[] {
  const hidden = failures.slice(shown);
  if (hidden.length === 0) return [];
  const places = [...new Set(hidden.map(({ at }) => at))].toSorted(compareIds);
  const named = places.slice(0, MOST_NAMED).join(", ");
  return [
    `… and ${hidden.length} more like this, in ${named}${places.length > MOST_NAMED ? ` and ${places.length - MOST_NAMED} others` : ""}`,
  ];
}

/** Says how much of what was judged is wrong, where more than one thing was: always, or now and then. */
export const shareOf = ({ failures, judged }: Reported): string[] =>
  judged === null || judged < 2
    ? []
    : [failures.length < judged ? `Wrong in ${failures.length} of ${judged}` : `Wrong in all of ${judged}`];
