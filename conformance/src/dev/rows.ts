import { observedChecks } from "../checks/observed.ts";
import { LONGER } from "../checks/observed-families.ts";
import type { EvidenceRecord } from "../evidence/evidence.ts";
import { SESSION_IDS } from "../evidence/observation-evidence.ts";
import { objectOf } from "../evidence/read.ts";
import { collectTraffic } from "../evidence/traffic.ts";
import type { Prerequisite } from "../registry/prerequisites.ts";
import type { Profile } from "../registry/profiles.ts";
import { requirementsOf } from "../registry/profiles.ts";
import { requirements } from "../registry/requirements.ts";
import { judge } from "../suite/judge.ts";
import { planFor } from "../suite/plan.ts";
import type { Result, Verdict } from "../suite/verdict.ts";

/** How many failures of one requirement a page shows. */
const MAX_FAILURES = 5;

/** What a row of the matrix says: the verdict of a check, or why there is none yet. */
type RowState = "pass" | "fail" | "warn" | "waiting" | "not_applicable" | "not_live" | "error";

/** One requirement with what the traffic so far says about it. */
export interface Row {
  readonly id: string;
  readonly level: string;
  readonly text: string;
  readonly profile: string;
  readonly state: RowState;
  /** What a pass does not cover, or why there is no verdict; `null` for a verdict that covers everything. */
  readonly says: string | null;
  /** The exchanges and deliveries that show a pass. */
  readonly cites: readonly string[];
  readonly failures: readonly RowFailure[];
  /** How many failures there are in all. */
  readonly failed: number;
}

interface RowFailure {
  /** Where it was seen: `delivery #3`, or a method and a URL. */
  readonly at: string;
  readonly where: string | null;
  readonly expected: string;
  readonly actual: string;
  readonly hint: string;
}

/** What the bench has recorded. */
export interface Recording {
  readonly record: EvidenceRecord;
  readonly profiles: readonly Profile[];
  readonly given: readonly Prerequisite[];
  /** The results of the requirements that are judged by reading the inventory. */
  readonly inventory: readonly Result[];
}

const STATES: Readonly<Record<Verdict, RowState>> = {
  pass: "pass",
  fail: "fail",
  warn: "warn",
  info: "warn",
  "not-applicable": "not_applicable",
  "could-not-run": "waiting",
  "harness-error": "error",
};

/** The advice of the bench, in place of the suite's advice to watch longer. */
const TRIGGER = "Trigger it, or wait for it";

const live = new Set(observedChecks.map(({ requirement }) => requirement));

/** Plans what the recording can show: the requirements of a passive window. */
const planOf = ({ record, profiles, given }: Recording) =>
  planFor(
    profiles,
    undefined,
    record.parts.discovery ? objectOf(record.parts.discovery.manifest) : null,
    given,
    record.parts,
  );

/** Returns the ids that the recording is judged for. A bundle of it names them, so it certifies nothing. */
export const judgedIn = (recording: Recording): readonly string[] =>
  planOf(recording).requirements.map(({ id }) => id);

/** Names the places of evidence for a page. */
function createPlaces(record: EvidenceRecord): (id: string) => string {
  let known: ReadonlyMap<string, string> | null = null;
  return (id) => {
    if (id.startsWith("d")) return `delivery #${Number(id.slice(1)) % SESSION_IDS}`;
    known ??= new Map(
      collectTraffic(record).exchanges.map(({ id: own, request }) => [
        own,
        `${request.method} ${request.url}`,
      ]),
    );
    return known.get(id) ?? id;
  };
}

/**
 * Judges what was recorded so far, with the checks of the suite. The requirements of events are judged by the checks of a passive
 * window; those of the inventory keep the results of the last reading.
 */
export async function judgeRows(recording: Recording): Promise<readonly Row[]> {
  const { record, profiles, inventory } = recording;
  const { requirements: planned, notJudged } = planOf(recording);
  const judged = await judge(
    planned.filter(({ id }) => live.has(id)),
    observedChecks,
    record,
  );
  const results = new Map([...inventory, ...judged].map((result) => [result.requirement.id, result]));
  const reasons = new Map(notJudged.map(({ requirement, reason }) => [requirement.id, reason]));
  const placeOf = createPlaces(record);
  const asked = new Set(profiles.flatMap((profile) => requirementsOf(profile, requirements)));
  return requirements.flatMap((requirement): Row[] => {
    const { id, level, text, profile } = requirement;
    if (!asked.has(requirement)) return [];
    const about = { id, level, text, profile };
    const reason = reasons.get(id);
    const result = results.get(id);
    if (reason !== undefined || !result)
      return [
        {
          ...about,
          ...{ state: "not_live", cites: [], failures: [], failed: 0 },
          says: reason ?? "Not judged while developing.",
        },
      ];
    return [
      {
        ...about,
        state: STATES[result.verdict],
        says: result.reason?.replaceAll(LONGER, TRIGGER) ?? null,
        cites: result.cites.slice(0, MAX_FAILURES).map(placeOf),
        failures: result.failures.slice(0, MAX_FAILURES).map((failure) => ({
          at: placeOf(failure.at),
          where: failure.where ?? null,
          expected: failure.expected,
          actual: failure.actual,
          hint: failure.hint,
        })),
        failed: result.failures.length,
      },
    ];
  });
}
