import { checks as allChecks } from "../checks/index.ts";
import type { EvidenceRecord } from "../evidence/evidence.ts";
import { declares } from "../evidence/manifest.ts";
import { type ReceiverOptions, startReceiver } from "../harness/receiver.ts";
import { createRecorder } from "../harness/recorder.ts";
import type { Prerequisite } from "../registry/prerequisites.ts";
import { type Profile, requirementsOf } from "../registry/profiles.ts";
import { requirements } from "../registry/requirements.ts";
import { scenarios as allScenarios } from "../scenarios/index.ts";
import type { Drive, Undo } from "../scenarios/scenario.ts";
import { collect, scenariosFor } from "./collect.ts";
import { grade, isReached, manifestIn, type Run } from "./grade.ts";
import { planFor } from "./plan.ts";
import { withoutSecrets } from "./without-secrets.ts";

export interface RunOptions {
  /** The vendor's base URL. */
  readonly target: URL;
  readonly apiKey: string;
  /** The key of another tenant of the vendor: what takes one is not judged without. */
  readonly secondApiKey?: string;
  /** What to certify; by default `health` where the manifest declares webhooks, else `inventory`. */
  readonly profiles?: readonly Profile[];
  /** Judge these requirements only; such a run certifies nothing. */
  readonly only?: readonly string[];
  readonly receiver?: ReceiverOptions;
  readonly signal: AbortSignal;
  readonly progress?: (message: string) => void;
  /** The checks to judge with; the mutant matrix leaves one out to show that it is missed. */
  readonly checks?: typeof allChecks;
}

/** How long the clean-up at the vendor may take, all of it. */
const CLEAN_UP_SECONDS = 5;

/** What the manifest claims; and where single requirements are asked for, whatever it takes to judge them. */
function profilesFor(record: EvidenceRecord, only: readonly string[] = []): readonly Profile[] {
  const ofInventory = requirementsOf("inventory", requirements);
  const goesBeyond = only.some((asked) => !ofInventory.some(({ id }) => id === asked));
  return [declares(manifestIn(record), "webhooks") || goesBeyond ? "health" : "inventory"];
}

/**
 * Certifies a vendor's cloud, or finds out what is wrong with it: drive, record, then judge.
 *
 * @returns the run without secrets, also when it was interrupted; a vendor's defects never throw
 */
export async function runSuite(options: RunOptions): Promise<Run> {
  const { target, apiKey, secondApiKey, only, signal, progress = () => {}, checks = allChecks } = options;
  const given: readonly Prerequisite[] = secondApiKey === undefined ? [] : ["second_credential"];
  const startedAt = new Date();
  const undos: Undo[] = [];
  const receiver = await startReceiver(options.receiver ?? {});
  const drive: Drive = {
    target,
    recorder: createRecorder({ apiKey, signal, ...(secondApiKey === undefined ? {} : { secondApiKey }) }),
    secondApiKey: secondApiKey ?? null,
    receiver,
    signal,
    progress,
    afterwards: (undo) => undos.push(undo),
  };
  try {
    const discovered = await collect(scenariosFor(["discovery"], allScenarios), drive);
    const profiles = options.profiles ?? profilesFor(discovered, only);
    const plan = planFor(profiles, only, manifestIn(discovered), given);
    const wanted = checks.filter(({ requirement }) => plan.requirements.some(({ id }) => id === requirement));
    const needed = wanted.flatMap(({ needs }) => needs);
    const record = isReached(discovered)
      ? await collect(scenariosFor(needed, allScenarios), drive, discovered)
      : discovered;
    const credentials = secondApiKey === undefined ? [apiKey] : [apiKey, secondApiKey];
    const recorded = {
      target,
      profiles,
      given,
      only: only ?? null,
      interrupted: signal.aborted,
      baselined: false,
      startedAt,
      finishedAt: new Date(),
      record,
      standIns: [],
    };
    return await withoutSecrets(await grade(recorded, checks), credentials, checks);
  } finally {
    // Also after Ctrl-C: the run's own signal may be aborted, and the vendor should not be left as it is.
    const recorder = createRecorder({ apiKey, signal: AbortSignal.timeout(CLEAN_UP_SECONDS * 1000) });
    await Promise.allSettled(undos.map((undo) => undo(recorder)));
    await receiver.close();
  }
}
