import { checks as allChecks } from "../checks/index.ts";
import type { EvidenceRecord } from "../evidence/evidence.ts";
import { createPoster } from "../harness/poster.ts";
import { createRecorder } from "../harness/recorder.ts";
import { createStatusProbe, type StatusSource } from "../harness/status-probe.ts";
import { receiverScenarios } from "../scenarios/receiver/index.ts";
import type { ReceiverDrive } from "../scenarios/receiver/receiver-drive.ts";
import { collect, scenariosFor } from "./collect.ts";
import { judge } from "./judge.ts";
import { planFor } from "./plan.ts";
import type { Run } from "./run.ts";
import { type Conclusion, concludeFrom, type Result } from "./verdict.ts";

export interface ReceiverRunOptions {
  /** The consumer's webhook endpoint. */
  readonly url: URL;
  /** Every `whsec_` secret that is current. */
  readonly secrets: readonly [string, ...string[]];
  /** A secret of another integration of the same consumer. */
  readonly otherSecret: string | null;
  /** An org and site that the consumer has bound. */
  readonly place: ReceiverDrive["place"];
  /** `null` where the consumer cannot be asked for a device's status. */
  readonly status: StatusSource | null;
  /** Judge these requirements only; such a run certifies nothing. */
  readonly only?: readonly string[];
  readonly signal: AbortSignal;
  readonly progress?: (message: string) => void;
  /** The checks to judge with; the mutant matrix leaves one out to show that it is missed. */
  readonly checks?: typeof allChecks;
}

const PROFILES = ["receiver"] as const;

/** Whether the consumer answered at all. */
const isReached = ({ parts }: EvidenceRecord): boolean => parts.signatures?.good.response !== null;

function conclude(
  record: EvidenceRecord,
  results: readonly Result[],
  partial: boolean,
  { aborted }: AbortSignal,
): Conclusion {
  if (aborted) return "interrupted";
  return isReached(record) ? concludeFrom(results, partial) : "unreachable";
}

/**
 * Certifies a consumer, or finds out what is wrong with it, by posting webhooks to it as a vendor would.
 *
 * @returns the run, also when it was interrupted; a consumer's defects never throw
 */
export async function runReceiverSuite(options: ReceiverRunOptions): Promise<Run> {
  const { url, secrets, otherSecret, place, status, only, signal } = options;
  const { progress = () => {}, checks = allChecks } = options;
  const startedAt = new Date();
  const recorder = createRecorder({ apiKey: status?.token ?? "", signal });
  const drive: ReceiverDrive = {
    poster: createPoster(url, secrets[0], signal),
    secrets,
    otherSecret,
    place,
    probe: status && createStatusProbe(status, recorder, signal),
    signal,
    progress,
  };
  const plan = planFor(PROFILES, only, null);
  const wanted = checks.filter(({ requirement }) => plan.requirements.some(({ id }) => id === requirement));
  const needed = wanted.flatMap(({ needs }) => needs);
  const first = await collect(scenariosFor(["signatures"], receiverScenarios), drive);
  const record = isReached(first)
    ? await collect(scenariosFor(needed, receiverScenarios), drive, first)
    : first;
  const results = await judge(plan.requirements, checks, record);
  return {
    target: url,
    profiles: PROFILES,
    partial: only !== undefined || signal.aborted,
    conclusion: conclude(record, results, only !== undefined, signal),
    results,
    notJudged: plan.notJudged,
    record,
    startedAt,
    finishedAt: new Date(),
  };
}
