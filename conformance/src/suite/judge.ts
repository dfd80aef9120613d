import type { Check } from "../checks/check.ts";
import type { Finding } from "../checks/finding.ts";
import type { EvidenceRecord } from "../evidence/evidence.ts";
import { explainLateness, isTimed } from "../evidence/lateness.ts";
import { declares } from "../evidence/manifest.ts";
import { objectOf } from "../evidence/read.ts";
import type { Requirement } from "../registry/requirements.ts";
import { type Result, severityOf } from "./verdict.ts";

/** The maximum length of an error message in a result, because the message may contain evidence. */
const MAX_MESSAGE = 2000;

const without = (requirement: Requirement, verdict: Result["verdict"], reason: string): Result => ({
  requirement,
  verdict,
  cites: [],
  failures: [],
  judged: null,
  reason,
});

/**
 * Returns the result of a vendor requirement if the manifest settles it; `null` if the check has to judge.
 */
function notByManifest(requirement: Requirement, { parts, missing }: EvidenceRecord): Result | null {
  if (requirement.actor !== "vendor") return null;
  if (!parts.discovery) {
    return without(requirement, "could-not-run", missing.discovery ?? "the manifest was not read");
  }
  const manifest = objectOf(parts.discovery.manifest);
  // Without a manifest, no capability counts as undeclared.
  if (manifest && requirement.capability && !declares(manifest, requirement.capability)) {
    return without(requirement, "not-applicable", `the manifest does not declare ${requirement.capability}`);
  }
  return null;
}

const CHANGED = "The vendor's data was correct at the start of the run, but wrong at the end.";

/**
 * Judges the evidence of the run and, if it passes, the same parts recorded again at the end of the run. A
 * vendor that is right at first and wrong later fails.
 */
async function findingOf({ needs, judge }: Check, { parts }: EvidenceRecord): Promise<Finding> {
  const first = await judge(parts);
  const { closing } = parts;
  const isRepeated = closing && needs.every((part) => part in closing.parts || part in closing.missing);
  if (first.outcome !== "pass" || !isRepeated) return first;
  const absent = needs.find((part) => part in closing.missing);
  const again: Finding = absent
    ? { outcome: "could-not-run", reason: closing.missing[absent] ?? "" }
    : await judge({ ...parts, ...closing.parts });
  switch (again.outcome) {
    case "pass": {
      const [cited, ...others] = first.cites;
      return {
        ...first,
        cites: [cited, ...new Set([...others, ...again.cites].filter((id) => id !== cited))],
      };
    }
    case "fail": {
      const [failure, ...others] = again.failures;
      return { ...again, failures: [{ ...failure, hint: `${CHANGED} ${failure.hint}` }, ...others] };
    }
    default:
      return { ...again, reason: `at the end of the run: ${again.reason}` };
  }
}

async function judgeOne(
  requirement: Requirement,
  check: Check | undefined,
  record: EvidenceRecord,
): Promise<Result> {
  const settled = notByManifest(requirement, record);
  if (settled) return settled;
  const { parts, missing } = record;
  if (!check) return without(requirement, "could-not-run", "this suite has no check for this requirement");
  const absent = check.needs.find((part) => parts[part] === undefined);
  if (absent)
    return without(requirement, "could-not-run", missing[absent] ?? `no ${absent} evidence was recorded`);
  try {
    const finding = await findingOf(check, record);
    if (finding.outcome === "could-not-run" || finding.outcome === "not-applicable") {
      return without(requirement, finding.outcome, finding.reason);
    }
    if (finding.outcome === "pass") {
      const { cites, unseen = null } = finding;
      return { requirement, verdict: "pass", cites, failures: [], judged: null, reason: unseen };
    }
    const late = isTimed(requirement.id) ? explainLateness(check.needs, parts) : null;
    if (late !== null) return without(requirement, "could-not-run", late);
    const verdict = severityOf[requirement.level];
    const { failures, judged } = finding;
    return { requirement, verdict, cites: [], failures, judged, reason: null };
  } catch (error) {
    return without(
      requirement,
      "harness-error",
      `the check itself failed: ${String(error).slice(0, MAX_MESSAGE)}`,
    );
  }
}

/**
 * Judges the evidence for each requirement. The same evidence always gives the same results.
 *
 * @param requirements the requirements to judge, in order
 * @param checks the checks; a requirement without one gets `could-not-run`, so it is not skipped silently
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
