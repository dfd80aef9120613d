import { fieldErrors } from "@convergint/schemas";
import { z } from "zod";
import { requirements } from "../registry/requirements.ts";
import { type Conclusion, concludeFrom, exitCodeOf, type Result } from "./verdict.ts";

const entrySchema = z.strictObject(
  {
    id: z.string("must be the id of a requirement, such as PAGE-005."),
    reason: z
      .string("must say why the failure is known and tolerated.")
      .min(1, "must say why the failure is known and tolerated."),
    expires: z.iso.date("must be the last day on which the failure is tolerated, such as 2027-01-31."),
  },
  "must have id, reason and expires.",
);

/** A known failure, the reason to tolerate it, and the last day on which it is tolerated. */
export type KnownFailure = z.infer<typeof entrySchema>;

const baselineSchema = z.strictObject(
  { known_failures: z.array(entrySchema, "must be a list.") },
  "must be an object with known_failures.",
);

/** Reports an invalid baseline file; the message names each invalid entry and what to write. */
export class BaselineError extends Error {
  readonly code = "not_a_baseline";
  constructor(message: string) {
    super(message);
    this.name = "BaselineError";
  }
}

/** Parses a baseline file. @param file its name, for error messages @throws {BaselineError} */
export function readBaseline(file: string, text: string): readonly KnownFailure[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new BaselineError(`${file} is not JSON: ${(error as Error).message}.`);
  }
  const parsed = baselineSchema.safeParse(value);
  if (!parsed.success) {
    const lines = fieldErrors(parsed.error).map(({ pointer, message }) => `${file}: ${pointer} ${message}`);
    throw new BaselineError(lines.join("\n"));
  }
  const ids = parsed.data.known_failures.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw new BaselineError(`${file}: duplicate entry for ${twice}; keep one.`);
  return parsed.data.known_failures;
}

/** An entry to remove, and why. */
interface StaleEntry {
  readonly id: string;
  readonly reason: string;
}

/** The result of a run with its known failures set aside. */
export interface BaselineOutcome {
  /** The known failures that occurred in the run. */
  readonly known: readonly KnownFailure[];
  readonly stale: readonly StaleEntry[];
  readonly exitCode: number;
}

/**
 * Explains why to remove an entry; `null` if the entry still applies or this run did not judge its
 * requirement.
 *
 * @param today such as `2027-01-31`
 */
function staleness({ id, expires }: KnownFailure, results: readonly Result[], today: string): string | null {
  if (!requirements.some((requirement) => requirement.id === id)) {
    return "the requirement is unknown; run `list` to see all ids";
  }
  if (expires < today) return `the entry expired on ${expires}; fix the failure or set a later day`;
  switch (results.find(({ requirement }) => requirement.id === id)?.verdict) {
    case "pass":
      return "the requirement passes now; remove the entry";
    case "not-applicable":
      return "the requirement does not apply to this vendor; remove the entry";
    default:
      return null;
  }
}

/**
 * Sets known failures aside. Known failures do not fail CI, but outdated entries do. The run certifies
 * nothing.
 *
 * @param conclusion the conclusion of the run, including known failures
 * @param partial whether requirements were left out
 * @param today the date in UTC, such as `2027-01-31`
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
