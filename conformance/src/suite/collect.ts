import type { EvidenceRecord, PartName } from "../evidence/evidence.ts";
import {
  type AnyDrive,
  CannotDriveError,
  type Drive,
  type Extent,
  permits,
  type Scenario,
} from "../scenarios/scenario.ts";
import { closingScenarios } from "../scenarios/second-look.ts";
import { whyStopped } from "./time-budget.ts";

/**
 * Returns the scenarios for the wanted parts and for the parts that those scenarios need, in the order of
 * `all`.
 */
export function scenariosFor<Driven extends AnyDrive>(
  wanted: readonly PartName[],
  all: readonly Scenario<Driven>[],
): Scenario<Driven>[] {
  const parts = new Set<PartName>(wanted);
  for (const { part, needs } of all.toReversed()) {
    if (parts.has(part)) for (const need of needs) parts.add(need);
  }
  return all.filter(({ part }) => parts.has(part));
}

/** Returns the checks whose evidence can be recorded with this permission to change the vendor. */
export const checksWithin = <C extends { readonly needs: readonly PartName[] }>(
  mayChange: Extent,
  checks: readonly C[],
  all: readonly Scenario[],
): readonly C[] =>
  checks.filter(
    ({ needs }) =>
      needs.every((need) => all.some(({ part }) => part === need)) &&
      scenariosFor(needs, all).every(({ changes }) => permits(mayChange, changes)),
  );

/**
 * Runs scenarios one after the other. If a scenario cannot drive the vendor, its part is recorded as missing
 * with the reason, and scenarios that need that part are skipped for the same reason. An abort stops the run
 * and keeps what was recorded.
 *
 * @param recorded parts that were recorded before
 */
export async function collect<Driven extends AnyDrive>(
  scenarios: readonly Scenario<Driven>[],
  drive: Driven,
  recorded: EvidenceRecord = { parts: {}, missing: {} },
): Promise<EvidenceRecord> {
  const parts: Partial<Record<PartName, unknown>> = { ...recorded.parts };
  const missing: Partial<Record<PartName, string>> = { ...recorded.missing };
  const remaining = scenarios.filter(({ part }) => parts[part] === undefined);
  for (const { part, title, needs, drive: run } of remaining) {
    const absent = needs.find((need) => parts[need] === undefined);
    if (drive.signal.aborted) {
      missing[part] = whyStopped(drive.signal);
    } else if (absent) {
      missing[part] = missing[absent] ?? `${absent} was not recorded`;
    } else {
      drive.begin(title);
      try {
        parts[part] = await run(parts as EvidenceRecord["parts"], drive);
      } catch (error) {
        if (error instanceof CannotDriveError) missing[part] = error.message;
        else if (drive.signal.aborted) missing[part] = whyStopped(drive.signal);
        else throw error;
      }
    }
  }
  return { parts: parts as EvidenceRecord["parts"], missing };
}

/**
 * Repeats the first calls at the end of the run, to find defects that appear only later. Does nothing if the
 * run was stopped.
 */
export async function lookOnceMore(record: EvidenceRecord, drive: Drive): Promise<EvidenceRecord> {
  if (drive.signal.aborted) return record;
  drive.begin("Repeat the first calls of the run");
  const closing = await collect(closingScenarios(record.parts), { ...drive, begin: () => {} });
  return drive.signal.aborted ? record : { ...record, parts: { ...record.parts, closing } };
}
