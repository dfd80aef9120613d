import type { EvidenceRecord, PartName } from "../evidence/evidence.ts";
import { type AnyDrive, CannotDriveError, type Drive, type Scenario } from "../scenarios/scenario.ts";
import { closingScenarios } from "../scenarios/second-look.ts";
import { whyStopped } from "./time-budget.ts";

/** The scenarios that record the wanted parts, and those they build upon; in the order given. */
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

/**
 * Runs scenarios one after the other. One that cannot drive the vendor leaves its part missing, with the reason;
 * those that need the part are passed over with the same reason. An abort ends it, keeping what there is.
 *
 * @param recorded what is there already, and is not recorded again
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

/** Adds how a vendor is when all else is over to what was recorded of it; a run that was stopped has no such end. */
export async function lookOnceMore(record: EvidenceRecord, drive: Drive): Promise<EvidenceRecord> {
  if (drive.signal.aborted) return record;
  drive.begin("Look once more at what the run began with");
  const closing = await collect(closingScenarios(record.parts), { ...drive, begin: () => {} });
  return drive.signal.aborted ? record : { ...record, parts: { ...record.parts, closing } };
}
