import { compareIds } from "../evidence/traffic.ts";
import type { Report } from "./report.ts";

type Reported = Report["requirements"][number];

/** The maximum number of exchanges and deliveries to list by id. */
const MAX_LISTED = 8;

/**
 * Counts the failures that a report omits and lists where they occurred.
 *
 * @param shown the number of failures that the report shows
 * @returns one line, or none if all failures are shown
 */
export function countHidden(failures: Reported["failures"], shown: number): string[] {
  const hidden = failures.slice(shown);
  if (hidden.length === 0) return [];
  const places = [...new Set(hidden.map(({ at }) => at))].toSorted(compareIds);
  const named = places.slice(0, MAX_LISTED).join(", ");
  return [
    `… and ${hidden.length} more, in ${named}${places.length > MAX_LISTED ? ` and ${places.length - MAX_LISTED} others` : ""}`,
  ];
}

/** Describes how many of the checked items failed, if more than one item was checked. */
export const describeShare = ({ failures, judged }: Reported): string[] =>
  judged === null || judged < 2
    ? []
    : [failures.length < judged ? `Failed for ${failures.length} of ${judged}` : `Failed for all ${judged}`];
