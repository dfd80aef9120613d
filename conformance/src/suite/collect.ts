import type { EvidenceRecord, PartName } from "../evidence/evidence.ts";
import {
  type AnyDrive,
  CannotDriveError,
  type Drive,
  type Extent,
  permits,
  type Scenario,
} from "../scenarios/scenario.ts";
import { repeatedScenarios, scenariosAtEnd } from "../scenarios/second-look.ts";
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

/** A scenario that has begun. */
interface Begun {
  readonly title: string;
  readonly done: Promise<void>;
  readonly hasEnded: () => boolean;
}

/**
 * Runs scenarios one after the other; a scenario that only waits lets the next one begin. If a scenario cannot drive the
 * vendor, its part is recorded as missing with the reason, and scenarios that need that part are skipped for the same
 * reason. An abort stops the run and keeps what was recorded.
 *
 * @param recorded parts that were recorded before
 * @param meanwhile called after the last scenario, while others may still wait
 */
export async function collect<Driven extends AnyDrive>(
  scenarios: readonly Scenario<Driven>[],
  drive: Driven,
  recorded: EvidenceRecord = { parts: {}, missing: {} },
  meanwhile: (soFar: EvidenceRecord) => Promise<void> = async () => {},
): Promise<EvidenceRecord> {
  const parts: Partial<Record<PartName, unknown>> = { ...recorded.parts };
  const missing: Partial<Record<PartName, string>> = { ...recorded.missing };
  const begun = new Map<PartName, Begun>();

  async function record({ part, drive: run }: Scenario<Driven>, ownDrive: Driven): Promise<void> {
    try {
      parts[part] = await run(parts as EvidenceRecord["parts"], ownDrive);
    } catch (error) {
      if (error instanceof CannotDriveError) missing[part] = error.message;
      else if (drive.signal.aborted) missing[part] = whyStopped(drive.signal);
      else throw error;
    }
  }

  /** Runs a scenario until it ends, or until it lets the next one begin. */
  async function begin(scenario: Scenario<Driven>): Promise<void> {
    const { part, titleFor } = scenario;
    const title = titleFor(parts as EvidenceRecord["parts"], drive);
    drive.begin(title);
    const left = Promise.withResolvers<void>();
    let [say, hasEnded] = [drive.progress, false];
    const done = record(scenario, {
      ...drive,
      progress: (message) => say(message),
      letOthersBegin() {
        // The progress of another scenario is shown from now on.
        say = (message) => drive.progress(`${title}: ${message}`);
        left.resolve();
      },
    }).finally(() => {
      hasEnded = true;
    });
    // If a waiting scenario fails, its error is thrown after the other scenarios have ended.
    done.catch(() => {});
    begun.set(part, { title, done, hasEnded: () => hasEnded });
    await Promise.race([done, left.promise]);
  }

  for (const scenario of scenarios.filter(({ part }) => parts[part] === undefined)) {
    const { part, needs } = scenario;
    for (const need of needs) await begun.get(need)?.done;
    const absent = needs.find((need) => parts[need] === undefined);
    if (drive.signal.aborted) missing[part] = whyStopped(drive.signal);
    else if (absent) missing[part] = missing[absent] ?? `${absent} was not recorded`;
    else await begin(scenario);
  }
  await meanwhile({ parts: { ...parts } as EvidenceRecord["parts"], missing });
  for (const { title, done, hasEnded } of begun.values()) {
    if (!hasEnded() && !drive.signal.aborted) drive.begin(title);
    await done;
  }
  return { parts: parts as EvidenceRecord["parts"], missing };
}

/**
 * Repeats the first calls of the run, to find defects that appear only later.
 *
 * @param record what the run has recorded so far
 * @returns `null` if the run was stopped
 */
export async function repeatFirstCalls(record: EvidenceRecord, drive: Drive): Promise<EvidenceRecord | null> {
  if (drive.signal.aborted) return null;
  drive.begin("Repeat the first calls of the run");
  return collect(repeatedScenarios(record.parts), { ...drive, begin: () => {} });
}

/**
 * Completes the second look at the end of the run, when no endpoint is slow any more. Does nothing if the run was stopped.
 *
 * @param repeated what {@link repeatFirstCalls} recorded
 */
export async function lookOnceMore(
  record: EvidenceRecord,
  repeated: EvidenceRecord | null,
  drive: Drive,
): Promise<EvidenceRecord> {
  if (!repeated || drive.signal.aborted) return record;
  drive.begin("Change a device once more");
  const atEnd = scenariosAtEnd(record.parts);
  const closing = await collect(atEnd, { ...drive, begin: () => {} }, repeated);
  return drive.signal.aborted ? record : { ...record, parts: { ...record.parts, closing } };
}
