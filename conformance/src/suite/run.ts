import { createSeededRandom } from "@convergint/internal/seeded-random";
import { checks as allChecks } from "../checks/index.ts";
import type { JsonObject } from "../evidence/read.ts";
import { createTracker, type Tracker } from "../harness/activity.ts";
import { type Clock, dateOf, startTimeout, systemClock } from "../harness/clock.ts";
import { type Credentials, secretsAmong, variablesOf } from "../harness/credentials.ts";
import { type ReceiverOptions, startReceiver } from "../harness/receiver.ts";
import { createRecorder } from "../harness/recorder.ts";
import { createTriggerCommand } from "../harness/trigger-command.ts";
import { prerequisitesIn } from "../registry/prerequisites.ts";
import type { Profile } from "../registry/profiles.ts";
import { type AccessTokens, accessTokens, tokenUrl } from "../scenarios/access-tokens.ts";
import { scenarios as allScenarios } from "../scenarios/index.ts";
import type { Drive, Undo } from "../scenarios/scenario.ts";
import { profilesClaimed } from "./claimed-profiles.ts";
import { collect, lookOnceMore, scenariosFor } from "./collect.ts";
import { grade, isReached, manifestIn, type Run } from "./grade.ts";
import { planFor } from "./plan.ts";
import { budgetOf, stopOf } from "./time-budget.ts";
import { withoutSecrets } from "./without-secrets.ts";

export interface RunOptions {
  /** The vendor's base URL. */
  readonly target: URL;
  /** What takes one that is not among them is not judged. */
  readonly credentials: Credentials;
  /** What to certify; by default all that the manifest claims. */
  readonly profiles?: readonly Profile[];
  /** Judge these requirements only; such a run certifies nothing. */
  readonly only?: readonly string[];
  /** What every choice by chance follows from: 0 to 4 294 967 295. */
  readonly seed: number;
  readonly receiver?: ReceiverOptions;
  /** A command that changes a device, for a vendor without sandbox control. */
  readonly triggerCommand?: string;
  /** How many devices change at once, where the inventory has so many. Default: 500. */
  readonly burst?: number;
  readonly signal: AbortSignal;
  /** Whether known failures are to be set aside; such a run certifies nothing. */
  readonly baselined?: boolean;
  /** How long it may take. Default: as long as it takes. */
  readonly timeBudgetSeconds?: number;
  /** Who is told what it does. */
  readonly tracker?: Tracker;
  /** The time and timers of the run. Default: the system's. */
  readonly clock?: Clock;
  /** The checks to judge with; the mutant matrix leaves one out to show that it is missed. */
  readonly checks?: typeof allChecks;
}

/** How long the clean-up at the vendor may take, all of it. */
const CLEAN_UP_SECONDS = 5;

/** What the run's calls carry: the API key, or else access tokens. */
function callerOf({ apiKey, client }: Credentials, url: () => URL, clock: Clock): AccessTokens {
  return apiKey === undefined ? accessTokens(client, url, clock) : { bearer: apiKey, issued: [] };
}

/**
 * Certifies a vendor's cloud, or finds out what is wrong with it: drive, record, then judge.
 *
 * @returns the run without secrets, also when it was stopped; a vendor's defects never throw
 */
export async function runSuite(options: RunOptions): Promise<Run> {
  const { target, credentials, only, seed, clock = systemClock } = options;
  const { burst = 500, baselined = false, checks = allChecks } = options;
  const { tracker = createTracker(() => {}, clock.monotonic) } = options;
  const { signal, end } = budgetOf(options, tracker);
  const given = prerequisitesIn(credentials);
  const chance = createSeededRandom(seed);
  const startedAt = dateOf(clock);
  const undos: Undo[] = [];
  let manifest: JsonObject | null = null;
  const { bearer: credential, issued } = callerOf(credentials, () => tokenUrl(manifest), clock);
  const receiver = await startReceiver({ ...options.receiver, waiting: tracker.waiting, clock });
  const commandLine = options.triggerCommand;
  const drive: Drive = {
    target,
    recorder: createRecorder({
      credential,
      names: variablesOf(credentials),
      signal,
      jitter: chance.fraction,
      waiting: tracker.waiting,
      clock,
    }),
    credentials,
    receiver,
    triggerCommand: commandLine === undefined ? null : createTriggerCommand({ commandLine, signal, clock }),
    chance,
    burst,
    signal,
    clock,
    begin: tracker.begin,
    progress: tracker.say,
    afterwards: (undo) => undos.push(undo),
  };
  try {
    const discovered = await collect(scenariosFor(["discovery"], allScenarios), drive);
    manifest = manifestIn(discovered);
    const profiles = options.profiles ?? profilesClaimed(discovered, only);
    const plan = planFor(profiles, only, manifest, given);
    const wanted = checks.filter(({ requirement }) => plan.requirements.some(({ id }) => id === requirement));
    const needed = wanted.flatMap(({ needs }) => needs);
    const collected = isReached(discovered)
      ? await collect(scenariosFor(needed, allScenarios), drive, discovered)
      : discovered;
    // What certifies nothing has no need to be sure of the end.
    const record =
      only === undefined && isReached(collected) ? await lookOnceMore(collected, drive) : collected;
    const recorded = {
      target,
      profiles,
      given,
      only: only ?? null,
      stopped: stopOf(signal),
      seed,
      baselined,
      startedAt,
      finishedAt: dateOf(clock),
      record,
      placeholders: [],
    };
    const secrets = [...secretsAmong(credentials), ...issued];
    return await withoutSecrets(await grade(recorded, checks), secrets, checks);
  } finally {
    end();
    // Also after Ctrl-C: the run's own signal may be aborted, and the vendor should not be left as it is.
    const timeout = startTimeout(clock, CLEAN_UP_SECONDS * 1000);
    const recorder = createRecorder({ credential, signal: timeout.signal, clock });
    await Promise.allSettled(undos.map((undo) => undo(recorder)));
    timeout.cancel();
    await receiver.close();
  }
}
