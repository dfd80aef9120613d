import type { ProxySettings } from "@convergint/internal/proxy";
import { checks as allChecks } from "../checks/index.ts";
import type { EvidenceRecord } from "../evidence/evidence.ts";
import { createTracker, type Tracker } from "../harness/activity.ts";
import { type Clock, dateOf, systemClock } from "../harness/clock.ts";
import { startMonitor, withLateness } from "../harness/lateness.ts";
import { createPoster } from "../harness/poster.ts";
import { createRecorder } from "../harness/recorder.ts";
import { createStatusProbe, type StatusSource } from "../harness/status-probe.ts";
import { type PollCredential, startPolledVendor } from "../polled-vendor/polled-vendor.ts";
import type { Prerequisite } from "../registry/prerequisites.ts";
import { receiverScenarios } from "../scenarios/receiver/index.ts";
import { devicesFor } from "../scenarios/receiver/polled-inventory.ts";
import type { PolledInventory, ReceiverDrive } from "../scenarios/receiver/receiver-drive.ts";
import { collect, scenariosFor } from "./collect.ts";
import { grade, isReached, type Run } from "./grade.ts";
import { planFor } from "./plan.ts";
import { budgetOf, describeStop } from "./time-budget.ts";
import { useProxy } from "./vendor-watch.ts";
import { withoutSecrets } from "./without-secrets.ts";

/** How to serve the inventory that the consumer polls during a run. */
export interface ServedInventory {
  /** Port to listen on; 0 picks a free one. */
  readonly port: number;
  /** The URL at which the consumer reaches the inventory. Default: a loopback URL. */
  readonly publicUrl?: string;
  /** The credential configured in the consumer's integration. */
  readonly credential: PollCredential;
  /** The poll interval configured in the consumer's integration. */
  readonly pollSeconds: number;
  /** Called with the base URL as soon as the inventory is served. */
  readonly onServing?: (baseUrl: string) => void;
}

/**
 * The age of the inventory that is served while no scenario shows another one. It is older than every event of a run,
 * so it overrides no event.
 */
const RESTING_AGE_MS = 3_600_000;

/** Starts the polled vendor with its resting inventory. @param place the org and site of every device */
export async function serveInventory(
  { port, publicUrl, credential, pollSeconds, onServing }: ServedInventory,
  place: ReceiverDrive["place"],
  clock: Clock = systemClock,
): Promise<PolledInventory> {
  const devices = devicesFor(place);
  const resting = { devices, asOf: new Date(clock.now() - RESTING_AGE_MS), fault: null };
  const reached = publicUrl === undefined ? {} : { publicUrl };
  const server = await startPolledVendor({ port, ...reached, credential, place, resting, clock });
  onServing?.(server.baseUrl);
  return { server, pollSeconds, devices };
}

export interface ReceiverRunOptions {
  /** The consumer's webhook endpoint. */
  readonly url: URL;
  /** All current `whsec_` secrets. */
  readonly secrets: readonly [string, ...string[]];
  /** A secret of another integration of the same consumer, if given. */
  readonly otherSecret: string | null;
  /** An org and a site that the consumer has bound. */
  readonly place: ReceiverDrive["place"];
  /** Where to read the status of a device; `null` if the consumer does not offer it. */
  readonly status: StatusSource | null;
  /** How to serve the inventory; `null` if the consumer does not poll the suite's vendor. */
  readonly inventory: ServedInventory | null;
  /** The proxy for calls to public addresses. Default: none; the proxy settings of the environment are ignored. */
  readonly proxy?: ProxySettings | undefined;
  /** The only requirements to judge, if given; the run then certifies nothing. */
  readonly only?: readonly string[];
  readonly signal: AbortSignal;
  /** Whether to set known failures aside; if so, the run certifies nothing. */
  readonly baselined?: boolean;
  /** Time limit of the run. Default: none. */
  readonly timeBudgetSeconds?: number;
  /** Receives progress. */
  readonly tracker?: Tracker;
  /** The time and timers of the run. Default: the system's. */
  readonly clock?: Clock;
  /** The checks to judge with. The mutant matrix leaves one check out to show that the check is needed. */
  readonly checks?: typeof allChecks;
}

const PROFILES = ["receiver"] as const;
/** Runs the scenarios that the checks need, if the consumer is reachable. */
async function record(wanted: typeof allChecks, drive: ReceiverDrive): Promise<EvidenceRecord> {
  const needed = wanted.flatMap(({ needs }) => needs);
  const first = await collect(scenariosFor(["signatures"], receiverScenarios), drive);
  return isReached(first) ? collect(scenariosFor(needed, receiverScenarios), drive, first) : first;
}

/**
 * Certifies a consumer: posts webhooks to it and lets it poll, as a vendor would, and judges the evidence.
 *
 * @returns the run without secrets, even if it was stopped; a consumer's defects never throw
 */
export async function runReceiverSuite(options: ReceiverRunOptions): Promise<Run> {
  const { url, secrets, otherSecret, place, status, inventory, only } = options;
  const { baselined = false, checks = allChecks, clock = systemClock } = options;
  const { tracker = createTracker(() => {}, clock.monotonic) } = options;
  const { signal, end } = budgetOf(options, tracker);
  const startedAt = dateOf(clock);
  const lateness = startMonitor(clock);
  const token = status?.token ?? "";
  const names = new Map([[token, "CONFORMANCE_STATUS_TOKEN"]]);
  const guard = options.proxy && useProxy(options.proxy);
  const recorder = createRecorder({ credential: token, names, signal, guard, clock });
  const given: readonly Prerequisite[] = inventory ? ["polled_inventory"] : [];
  const plan = planFor(PROFILES, only, null, given);
  const wanted = checks.filter(({ requirement }) => plan.requirements.some(({ id }) => id === requirement));
  const polled = inventory && (await serveInventory(inventory, place, clock));
  const drive: ReceiverDrive = {
    poster: createPoster(url, secrets[0], signal, { waiting: tracker.waiting, fetch: guard?.fetch, clock }),
    secrets,
    otherSecret,
    place,
    probe: status && createStatusProbe(status, recorder, signal, clock),
    inventory: polled,
    signal,
    clock,
    begin: tracker.begin,
    progress: tracker.say,
  };
  const recorded = await record(wanted, drive).finally(() => {
    end();
    lateness.stop();
    void guard?.close();
    return polled?.server.close();
  });
  const seen = {
    target: url,
    profiles: PROFILES,
    given,
    only: only ?? null,
    ...describeStop(signal),
    // Ids are random, because a consumer remembers the ids of earlier runs.
    seed: null,
    baselined,
    startedAt,
    finishedAt: dateOf(clock),
    record: withLateness(recorded, lateness),
    placeholders: [],
  };
  const polling = inventory && "apiKey" in inventory.credential ? inventory.credential.apiKey : null;
  const credentials = [...secrets, otherSecret, status?.token, polling].filter(
    (each) => typeof each === "string",
  );
  return withoutSecrets(await grade(seen, checks), credentials, checks);
}
