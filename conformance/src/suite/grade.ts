import type { Check } from "../checks/check.ts";
import { checks as allChecks } from "../checks/index.ts";
import type { EvidenceRecord } from "../evidence/evidence.ts";
import { objectOf } from "../evidence/read.ts";
import type { Prerequisite } from "../registry/prerequisites.ts";
import type { Profile } from "../registry/profiles.ts";
import { judge } from "./judge.ts";
import { type NotJudged, planFor } from "./plan.ts";
import type { Stop } from "./time-budget.ts";
import { type Conclusion, concludeFrom, type Result } from "./verdict.ts";

/** What a run recorded, and what it was asked for: all that its verdicts follow from. */
export interface Recorded {
  readonly target: URL;
  readonly profiles: readonly Profile[];
  /** What the run was given beside an API key. */
  readonly given: readonly Prerequisite[];
  /** The requirements that alone were asked for; `null` where all were. */
  readonly only: readonly string[] | null;
  /** Why it ended before its end; `null` where it did not. */
  readonly stopped: Stop | null;
  /** What every choice by chance followed from; `null` where none did. */
  readonly seed: number | null;
  /** Whether known failures were set aside: such a run says something to those who know them, and certifies nothing. */
  readonly baselined: boolean;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly record: EvidenceRecord;
  /** What stands in the record where secrets stood. */
  readonly placeholders: readonly string[];
}

/** One run: what was asked for, what was seen, and what it amounts to. */
export interface Run extends Recorded {
  readonly partial: boolean;
  readonly conclusion: Conclusion;
  readonly results: readonly Result[];
  /** What the profiles ask for and this version does not judge. */
  readonly notJudged: readonly NotJudged[];
}

/** The manifest in the evidence, or `null` where it holds none. */
export const manifestIn = ({ parts }: EvidenceRecord) =>
  parts.discovery ? objectOf(parts.discovery.manifest) : null;

/** The exchange by which it was found out whether anybody is there. */
export const firstIn = ({ parts }: EvidenceRecord) => parts.discovery?.manifest ?? parts.signatures?.good;

/** Whether the vendor, or the consumer, answered at all. */
export const isReached = (record: EvidenceRecord): boolean => firstIn(record)?.response !== null;

/** What results amount to, in a run that may not have come so far. */
export function conclude(
  { stopped, record, only, baselined }: Pick<Recorded, "stopped" | "record" | "only" | "baselined">,
  results: readonly Result[],
): Conclusion {
  if (stopped === "interrupted") return "interrupted";
  if (!isReached(record)) return "unreachable";
  return concludeFrom(results, only !== null || stopped !== null || baselined);
}

/** Judges what was recorded: at the end of a run, and of a bundle anywhere and at any time, with the same outcome. */
export async function grade(recorded: Recorded, checks: readonly Check[] = allChecks): Promise<Run> {
  const { record, profiles, given, only, stopped } = recorded;
  const plan = planFor(profiles, only ?? undefined, manifestIn(record), given);
  const results = await judge(plan.requirements, checks, record);
  return {
    ...recorded,
    partial: only !== null || stopped !== null,
    conclusion: conclude(recorded, results),
    results,
    notJudged: plan.notJudged,
  };
}
