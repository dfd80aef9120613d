import { checks as allChecks } from "../checks/index.ts";
import type { EvidenceRecord } from "../evidence/evidence.ts";
import { declares } from "../evidence/manifest.ts";
import { objectOf } from "../evidence/read.ts";
import { type ReceiverOptions, startReceiver } from "../harness/receiver.ts";
import { createRecorder } from "../harness/recorder.ts";
import { type Profile, requirementsOf } from "../registry/profiles.ts";
import { requirements } from "../registry/requirements.ts";
import { scenarios as allScenarios } from "../scenarios/index.ts";
import type { Drive, Undo } from "../scenarios/scenario.ts";
import { collect, scenariosFor } from "./collect.ts";
import { judge } from "./judge.ts";
import { type NotJudged, planFor } from "./plan.ts";
import { type Conclusion, concludeFrom, type Result } from "./verdict.ts";

export interface RunOptions {
  /** The vendor's base URL. */
  readonly target: URL;
  readonly apiKey: string;
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

/** One run: what was asked for, what was seen, and what it amounts to. */
export interface Run {
  readonly target: URL;
  readonly profiles: readonly Profile[];
  readonly partial: boolean;
  readonly conclusion: Conclusion;
  readonly results: readonly Result[];
  /** What the profiles ask for and this version does not judge. */
  readonly notJudged: readonly NotJudged[];
  readonly record: EvidenceRecord;
  readonly startedAt: Date;
  readonly finishedAt: Date;
}

/** How long the clean-up at the vendor may take, all of it. */
const CLEAN_UP_SECONDS = 5;

const manifestIn = ({ parts }: EvidenceRecord) =>
  parts.discovery ? objectOf(parts.discovery.manifest) : null;

/** What the manifest claims; and where single requirements are asked for, whatever it takes to judge them. */
function profilesFor(record: EvidenceRecord, only: readonly string[] = []): readonly Profile[] {
  const ofInventory = requirementsOf("inventory", requirements);
  const goesBeyond = only.some((asked) => !ofInventory.some(({ id }) => id === asked));
  return [declares(manifestIn(record), "webhooks") || goesBeyond ? "health" : "inventory"];
}

/** Whether the vendor answered at all. */
const isReached = ({ parts }: EvidenceRecord): boolean => parts.discovery?.manifest.response !== null;

function conclude(
  record: EvidenceRecord,
  results: readonly Result[],
  partial: boolean,
  signal: AbortSignal,
): Conclusion {
  if (signal.aborted) return "interrupted";
  if (!isReached(record)) return "unreachable";
  return concludeFrom(results, partial);
}

/**
 * Certifies a vendor's cloud, or finds out what is wrong with it: drive, record, then judge.
 *
 * @returns the run, also when it was interrupted; a vendor's defects never throw
 */
export async function runSuite(options: RunOptions): Promise<Run> {
  const { target, apiKey, only, signal, progress = () => {}, checks = allChecks } = options;
  const startedAt = new Date();
  const undos: Undo[] = [];
  const receiver = await startReceiver(options.receiver ?? {});
  const drive: Drive = {
    target,
    recorder: createRecorder({ apiKey, signal }),
    receiver,
    signal,
    progress,
    afterwards: (undo) => undos.push(undo),
  };
  try {
    const discovered = await collect(scenariosFor(["discovery"], allScenarios), drive);
    const profiles = options.profiles ?? profilesFor(discovered, only);
    const plan = planFor(profiles, only, manifestIn(discovered));
    const wanted = checks.filter(({ requirement }) => plan.requirements.some(({ id }) => id === requirement));
    const needed = wanted.flatMap(({ needs }) => needs);
    const record = isReached(discovered)
      ? await collect(scenariosFor(needed, allScenarios), drive, discovered)
      : discovered;
    const results = await judge(plan.requirements, checks, record);
    return {
      target,
      profiles,
      partial: only !== undefined || signal.aborted,
      conclusion: conclude(record, results, only !== undefined, signal),
      results,
      notJudged: plan.notJudged,
      record,
      startedAt,
      finishedAt: new Date(),
    };
  } finally {
    // Also after Ctrl-C: the run's own signal may be aborted, and the vendor should not be left as it is.
    const recorder = createRecorder({ apiKey, signal: AbortSignal.timeout(CLEAN_UP_SECONDS * 1000) });
    await Promise.allSettled(undos.map((undo) => undo(recorder)));
    await receiver.close();
  }
}
