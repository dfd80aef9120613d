import type { Check } from "../checks/check.ts";
import type { EvidenceRecord } from "../evidence/evidence.ts";
import { declares } from "../evidence/manifest.ts";
import { objectOf } from "../evidence/read.ts";
import type { Requirement } from "../registry/requirements.ts";
import { type Result, severityOf } from "./verdict.ts";

/** The most of an error's words that is repeated: it may hold the evidence. */
const MOST_SAID = 2000;

const without = (requirement: Requirement, verdict: Result["verdict"], reason: string): Result => ({
  requirement,
  verdict,
  cites: [],
  failures: [],
  reason,
});

/** Why a requirement for vendors is not judged by its check, by the manifest; `null` where it is. */
function notByManifest(requirement: Requirement, { parts, missing }: EvidenceRecord): Result | null {
  if (requirement.actor !== "vendor") return null;
  if (!parts.discovery) {
    return without(requirement, "could-not-run", missing.discovery ?? "the manifest was not read");
  }
  const manifest = objectOf(parts.discovery.manifest);
  // Without a manifest nothing is known to be undeclared, so nothing is excused.
  if (manifest && requirement.capability && !declares(manifest, requirement.capability)) {
    return without(requirement, "not-applicable", `the manifest does not declare ${requirement.capability}`);
  }
  return null;
}

async function judgeOne(
  requirement: Requirement,
  check: Check | undefined,
  record: EvidenceRecord,
): Promise<Result> {
  const settled = notByManifest(requirement, record);
  if (settled) return settled;
  const { parts, missing } = record;
  if (!check) return without(requirement, "could-not-run", "this suite has no check for it");
  const absent = check.needs.find((part) => parts[part] === undefined);
  if (absent)
    return without(requirement, "could-not-run", missing[absent] ?? `no ${absent} evidence was recorded`);
  try {
    const finding = await check.judge(parts);
    if (finding.outcome === "could-not-run" || finding.outcome === "not-applicable") {
      return without(requirement, finding.outcome, finding.reason);
    }
    if (finding.outcome === "pass") {
      const { cites, unseen = null } = finding;
      return { requirement, verdict: "pass", cites, failures: [], reason: unseen };
    }
    const verdict = severityOf[requirement.level];
    return { requirement, verdict, cites: [], failures: finding.failures, reason: null };
  } catch (error) {
    return without(
      requirement,
      "harness-error",
      `the check itself failed: ${String(error).slice(0, MOST_SAID)}`,
    );
  }
}

/**
 * Judges recorded evidence for each requirement. The same evidence gives the same results, here and elsewhere.
 *
 * @param requirements those to judge, in order
 * @param checks a requirement without one here comes back as `could-not-run`, so none is silently skipped
 */
export async function judge(
  requirements: readonly Requirement[],
  checks: readonly Check[],
  record: EvidenceRecord,
): Promise<Result[]> {
  const byRequirement = new Map(checks.map((check) => [check.requirement, check]));
  return Promise.all(
    requirements.map((requirement) => judgeOne(requirement, byRequirement.get(requirement.id), record)),
  );
}
