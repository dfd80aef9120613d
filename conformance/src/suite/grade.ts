import type { Check } from "../checks/check.ts";
import { checks as allChecks } from "../checks/index.ts";
import type { EvidenceRecord } from "../evidence/evidence.ts";
import { objectOf } from "../evidence/read.ts";
import type { TriggerRecord } from "../evidence/trigger-record.ts";
import type { Prerequisite } from "../registry/prerequisites.ts";
import type { Profile } from "../registry/profiles.ts";
import { requirements } from "../registry/requirements.ts";
import { judge } from "./judge.ts";
import { checksOf, type NotJudged, planFor } from "./plan.ts";
import type { Through } from "./through.ts";
import type { Stop } from "./time-budget.ts";
import { type Conclusion, concludeFrom, type Result } from "./verdict.ts";

/** What a run was asked to test, and what it recorded: everything that its verdicts depend on. */
export interface Recorded {
  readonly target: URL;
  readonly profiles: readonly Profile[];
  /** What the run was given in addition to an API key. */
  readonly given: readonly Prerequisite[];
  /** The only requirements to judge; `null` for all requirements. */
  readonly only: readonly string[] | null;
  /** Why the run stopped early; `null` if it did not. */
  readonly stopped: Stop | null;
  /** Why the run stopped early, in words, and what to do; absent if the run did not stop early. */
  readonly stopReason?: string;
  /** The seed of the run's random choices; `null` if the run made none. */
  readonly seed: number | null;
  /** Whether known failures are set aside; if so, the run certifies nothing. */
  readonly baselined: boolean;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly record: EvidenceRecord;
  /** How devices changed; absent if no device changed, and in bundles of earlier versions. */
  readonly trigger?: TriggerRecord | undefined;
  /** The vendor profile through which the vendor was tested; absent if it serves the contract itself. */
  readonly through?: Through | undefined;
  /** The placeholders that replace secrets in the record. */
  readonly placeholders: readonly string[];
}

/** A run with its verdicts and its conclusion. */
export interface Run extends Recorded {
  readonly partial: boolean;
  readonly conclusion: Conclusion;
  readonly results: readonly Result[];
  /** Requirements of the profiles that this version of the suite does not judge. */
  readonly notJudged: readonly NotJudged[];
}

/** Returns the recorded manifest, or `null`. */
const manifestIn = ({ parts }: EvidenceRecord) =>
  parts.discovery ? objectOf(parts.discovery.manifest) : null;

/** Returns the exchange that shows whether the target is reachable. */
export const firstIn = ({ parts }: EvidenceRecord) => parts.discovery?.manifest ?? parts.signatures?.good;

/** Whether the vendor or the consumer responded at all. */
export const isReached = (record: EvidenceRecord): boolean => firstIn(record)?.response !== null;

/** Draws the conclusion of a run that may have stopped early. */
export function conclude(
  { stopped, record, only, baselined }: Pick<Recorded, "stopped" | "record" | "only" | "baselined">,
  results: readonly Result[],
): Conclusion {
  if (stopped === "interrupted") return "interrupted";
  if (!isReached(record) || stopped === "vendor_down") return "unreachable";
  return concludeFrom(results, only !== null || stopped !== null || baselined);
}

/** A profile that cannot be judged because the passive window recorded too little of it, with the reason in words. */
export interface Unshown {
  readonly profile: Profile;
  readonly reason: string;
}

/**
 * Selects the profiles of event families that a passive window can judge: a family of which too little happened is not
 * certified, and does not keep the others from being certified.
 */
export async function selectShown(
  { profiles, record, given }: Pick<Recorded, "profiles" | "record" | "given">,
  checks: readonly Check[] = allChecks,
): Promise<{ readonly shown: readonly Profile[]; readonly unshown: readonly Unshown[] }> {
  const judged = await Promise.all(
    profiles.map(async (profile) => {
      const own = requirements.filter((requirement) => requirement.profile === profile);
      const results = await judge(own, checksOf(given, checks), record);
      return { profile, reason: results.find(({ verdict }) => verdict === "could-not-run")?.reason ?? null };
    }),
  );
  const isFamily = (profile: Profile) => profile.startsWith("events:");
  return {
    shown: judged.flatMap(({ profile, reason }) => (isFamily(profile) && reason !== null ? [] : [profile])),
    unshown: judged.flatMap(({ profile, reason }) =>
      isFamily(profile) && reason !== null ? [{ profile, reason }] : [],
    ),
  };
}

/** Judges recorded evidence: at the end of a run, or later from a bundle, with the same result. */
export async function grade(recorded: Recorded, checks: readonly Check[] = allChecks): Promise<Run> {
  const { record, profiles, given, only, stopped, trigger } = recorded;
  const manifest = manifestIn(record);
  const plan = planFor(profiles, only ?? undefined, manifest, given, record.parts, trigger?.kind);
  const results = await judge(plan.requirements, checksOf(given, checks), record);
  return {
    ...recorded,
    partial: only !== null || stopped !== null,
    conclusion: conclude(recorded, results),
    results,
    notJudged: plan.notJudged,
  };
}
