import { z } from "zod";
import { requirements } from "../registry/requirements.ts";
import { type Conclusion, concludeFrom, exitCodeOf, type Result } from "./verdict.ts";

const entrySchema = z.strictObject(
  {
    id: z.string("takes the id of a requirement, such as PAGE-005."),
    reason: z
      .string("takes why the failure is known and left.")
      .min(1, "takes why the failure is known and left."),
    expires: z.iso.date("takes the last day that it is left, such as 2027-01-31."),
  },
  "takes an id, a reason and the day it expires.",
);

/** A failure that is known, why it is left, and the last day that it is. */
export type KnownFailure = z.infer<typeof entrySchema>;

const baselineSchema = z.strictObject(
  { known_failures: z.array(entrySchema, "takes a list.") },
  "takes an object with known_failures.",
);

/** A baseline file that is none; the message names each entry that is wrong and what to write. */
export class BaselineError extends Error {
  readonly code = "not_a_baseline";
  constructor(message: string) {
    super(message);
    this.name = "BaselineError";
  }
}

/** Reads a baseline file. @param file its name, for whoever is to change it @throws {BaselineError} */
export function readBaseline(file: string, text: string): readonly KnownFailure[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new BaselineError(`${file} is no JSON: ${(error as Error).message}.`);
  }
  const parsed = baselineSchema.safeParse(value);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${file}: /${issue.path.join("/")} ${issue.message}`);
    throw new BaselineError(lines.join("\n"));
  }
  const ids = parsed.data.known_failures.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw new BaselineError(`${file}: ${twice} is there twice; keep one entry.`);
  return parsed.data.known_failures;
}

/** An entry that has to go, and why. */
export interface StaleEntry {
  readonly id: string;
  readonly reason: string;
}

/** What a run amounts to beside the failures that are known. */
export interface BaselineOutcome {
  /** The failures that were set aside. */
  readonly known: readonly KnownFailure[];
  readonly stale: readonly StaleEntry[];
  readonly exitCode: number;
}

/** Why an entry has to go; `null` where it holds, or where this run did not get to see it. @param today as `2027-01-31` */
function staleness({ id, expires }: KnownFailure, results: readonly Result[], today: string): string | null {
  if (!requirements.some((requirement) => requirement.id === id)) {
    return "there is no such requirement; see the ids with `list`";
  }
  if (expires < today) return `it expired on ${expires}: mend it, or give it another day`;
  switch (results.find(({ requirement }) => requirement.id === id)?.verdict) {
    case "pass":
      return "it passes now: take the entry out";
    case "not-applicable":
      return "it does not apply to this vendor: take the entry out";
    default:
      return null;
  }
}

/**
 * Sets known failures aside: they fail no CI, an entry that is out of date does, and nothing certifies.
 *
 * @param conclusion of the run, which knows nothing of what is known
 * @param partial whether requirements were left out
 * @param today in UTC, as `2027-01-31`
 */
export function setAside(
  entries: readonly KnownFailure[],
  {
    results,
    conclusion,
    partial,
  }: { readonly results: readonly Result[]; readonly conclusion: Conclusion; readonly partial: boolean },
  today: string,
): BaselineOutcome {
  const judged = entries.map((entry) => ({ entry, reason: staleness(entry, results, today) }));
  const stale = judged.flatMap(({ entry: { id }, reason }) => (reason === null ? [] : [{ id, reason }]));
  const isBroken = (id: string) =>
    results.some(({ requirement, verdict }) => requirement.id === id && /^(?:fail|warn|info)$/.test(verdict));
  const known = judged.flatMap(({ entry, reason }) => (reason === null && isBroken(entry.id) ? [entry] : []));
  const isSettled = conclusion !== "not_conformant" && conclusion !== "incomplete";
  const rest = results.filter(({ requirement }) => !known.some(({ id }) => id === requirement.id));
  const ofTheRest = isSettled ? conclusion : concludeFrom(rest, partial);
  const exitCode = exitCodeOf[ofTheRest];
  return {
    known,
    stale,
    exitCode:
      stale.length > 0 && (exitCode === 0 || ofTheRest === "incomplete")
        ? exitCodeOf.not_conformant
        : exitCode,
  };
}
