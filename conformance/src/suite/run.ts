import { createSeededRandom } from "@convergint/internal/seeded-random";
import { checks as allChecks } from "../checks/index.ts";
import type { EvidenceRecord } from "../evidence/evidence.ts";
import { createTracker, type Tracker } from "../harness/activity.ts";
import { createChangeCount } from "../harness/change-count.ts";
import { cleanUpMs, type Undo, undoAll } from "../harness/clean-up.ts";
import { type Clock, dateOf, startTimeout, systemClock } from "../harness/clock.ts";
import { type Credentials, secretsAmong } from "../harness/credentials.ts";
import { type LatenessMonitor, startMonitor, withLateness } from "../harness/lateness.ts";
import { createPerson, type Person, type PersonTerminal } from "../harness/person.ts";
import { type ReceiverOptions, startReceiver } from "../harness/receiver.ts";
import { createRecorder } from "../harness/recorder.ts";
import { createTriggerCommand } from "../harness/trigger-command.ts";
import type { EarlierRun } from "../history/earlier-run.ts";
import { explainLimit, type Prerequisite, prerequisitesIn } from "../registry/prerequisites.ts";
import type { Profile } from "../registry/profiles.ts";
import { bearersOf } from "../scenarios/access-tokens.ts";
import { describeDevices } from "../scenarios/by-hand.ts";
import { controlUrl } from "../scenarios/events/sandbox-device.ts";
import type { Observe } from "../scenarios/events/window-recorder.ts";
import { scenarios as allScenarios } from "../scenarios/index.ts";
import { createReportLedger } from "../scenarios/report-ledger.ts";
import {
  type Drive,
  type Extent,
  permits,
  type RegisteredEndpoint,
  type Scenario,
} from "../scenarios/scenario.ts";
import { createTokenMint, readVendorTerms } from "../scenarios/token-mint.ts";
import { checksWithin, collect, lookOnceMore, repeatFirstCalls, scenariosFor } from "./collect.ts";
import { grade, isReached, type Recorded, type Run, selectShown } from "./grade.ts";
import { checksOf, type Plan, planFor, profilesClaimed } from "./plan.ts";
import type { Through } from "./through.ts";
import { budgetOf, describeStop, type Untimed } from "./time-budget.ts";
import {
  type AllowedDestinations,
  guardDestinations,
  guardVendor,
  useProxy,
  watchVendor,
} from "./vendor-watch.ts";
import { withoutSecrets } from "./without-secrets.ts";

export interface RunOptions extends AllowedDestinations {
  /** The vendor's base URL. */
  readonly target: URL;
  /** The profile through which the vendor is tested; the run calls its shim instead of `target`. */
  readonly through?: Through;
  /** Requirements that need a missing credential are not judged. */
  readonly credentials: Credentials;
  /** The profiles to certify. Default: all that the manifest claims. */
  readonly profiles?: readonly Profile[];
  /** The only requirements to judge, if given; the run then certifies nothing. */
  readonly only?: readonly string[];
  /** The seed of all random choices: 0 to 4 294 967 295. */
  readonly seed: number;
  /** An earlier run, whose tokens and cursors are used again. */
  readonly earlier?: EarlierRun;
  readonly receiver?: ReceiverOptions;
  /** Endpoints that a person registered at the vendor, for a vendor without an API for endpoints: one or two. */
  readonly registeredByHand?: readonly RegisteredEndpoint[];
  /** How to watch a vendor that changes by itself. The run then changes nothing, and sends only GET calls. */
  readonly observe?: Observe;
  /** A command that changes a device, for a vendor without sandbox control. */
  readonly triggerCommand?: string;
  /** The terminal of a person who changes devices, for a vendor without sandbox control. */
  readonly person?: PersonTerminal;
  /** How many devices change at the same time, if the inventory has that many. Default: 500. */
  readonly burst?: number;
  /**
   * What the run may change at the vendor. With less than full permission, the run judges only what it can,
   * and certifies nothing.
   */
  readonly mayChange?: Extent;
  readonly signal: AbortSignal;
  /** Whether to set known failures aside; if so, the run certifies nothing. */
  readonly baselined?: boolean;
  /** Time limit of the run. Default: none. */
  readonly timeBudgetSeconds?: number;
  /** Receives progress. */
  readonly tracker?: Tracker;
  /** Receives the changes that could not be undone at the vendor, each as `METHOD URL (reason)`. */
  readonly onLeftOver?: (calls: readonly string[]) => void;
  /** The time and timers of the run. Default: the system's. */
  readonly clock?: Clock;
  /** Measures how late the suite itself is. Default: measures on the system's clock only. */
  readonly lateness?: LatenessMonitor;
  /** The checks to judge with. The mutant matrix leaves one check out to show that the check is needed. */
  readonly checks?: typeof allChecks;
}

/** Stops the time budget while the person makes a change. */
const withoutBudget = ({ show, ask }: PersonTerminal, untimed: Untimed): PersonTerminal => ({
  show,
  ask: (prompt, signal) => untimed(ask(prompt, signal)),
});

const hasSandbox = ({ parts }: EvidenceRecord): boolean =>
  parts.discovery !== undefined && controlUrl(parts.discovery, "") !== null;

/** Lists the devices, and announces to the person what the run will ask for. */
async function introduce(
  person: Person,
  discovered: EvidenceRecord,
  planned: readonly Scenario[],
  { notJudged }: Plan,
  drive: Drive,
): Promise<EvidenceRecord> {
  const listed = planned.some(({ part }) => part === "devices")
    ? await collect(scenariosFor(["devices", "sites"], allScenarios), drive, discovered)
    : discovered;
  person.know(describeDevices(listed.parts));
  const count = planned.reduce((sum, { byHand }) => sum + byHand(listed.parts), 0);
  // The second look at the end of the run takes one more device offline and back.
  const again = planned.some(({ part }) => part === "lifecycle") ? 2 : 0;
  const untested = Map.groupBy(
    notJudged.filter(({ requirement: { id } }) => explainLimit(id, person.kind) !== null),
    ({ reason }) => reason,
  );
  person.expect(
    count + again,
    [...untested].map(
      ([reason, alike]) => `${alike.map(({ requirement: { id } }) => id).join(", ")}. ${reason}`,
    ),
  );
  return listed;
}

/**
 * Certifies a vendor's cloud: drives it, records evidence, and judges the evidence.
 *
 * @returns the run without secrets, even if it was stopped; a vendor's defects never throw
 */
export async function runSuite(options: RunOptions): Promise<Run> {
  const { credentials, seed, through, clock = systemClock, observe = null } = options;
  const target = through ? new URL(through.shim) : options.target;
  const { mayChange = observe ? "nothing" : "devices" } = options;
  const { burst = 500, baselined = false, checks = allChecks, registeredByHand = [] } = options;
  const only =
    mayChange === "devices" || observe
      ? options.only
      : checksWithin(mayChange, checks, allScenarios)
          .map(({ requirement }) => requirement)
          .filter((id) => options.only?.includes(id) !== false);
  const { tracker = createTracker(() => {}, clock.monotonic) } = options;
  // The receiver starts first: if its port is in use, no timer of the run keeps the process alive.
  const receiver = await startReceiver({
    ...options.receiver,
    endpointUrls: registeredByHand.map(({ url }) => url),
    fetch: options.proxy && useProxy(options.proxy).fetch,
    waiting: tracker.waiting,
    clock,
  });
  const { signal, endRun, untimed, end } = budgetOf(options, tracker);
  const given: readonly Prerequisite[] = [
    ...prerequisitesIn(credentials, registeredByHand.length),
    ...(observe ? (["passive_window"] as const) : []),
  ];
  const chance = createSeededRandom(seed);
  const startedAt = dateOf(clock);
  const undos: Undo[] = [];
  const { lateness = startMonitor(clock) } = options;
  let terms = readVendorTerms(null);
  const mint = createTokenMint(() => terms, credentials.parties ?? {}, clock);
  const bearers = bearersOf(credentials, () => terms.manifest, mint, clock);
  const { bearer: credential, issued, others, names } = bearers;
  const guard = await guardDestinations(target, options);
  const commandLine = options.triggerCommand;
  let person: Person | null = null;
  const patientRecorder = guardVendor(
    createRecorder({
      credential,
      names,
      signal,
      guard,
      jitter: chance.fraction,
      waiting: tracker.waiting,
      clock,
    }),
    mayChange,
  );
  const beforehand: Drive = {
    target,
    mayChange,
    recorder: watchVendor(patientRecorder, endRun),
    patientRecorder,
    earlier: options.earlier,
    credentials,
    bearers: others,
    mint,
    receiver,
    handRegistered: registeredByHand.map((each, index) => ({
      ...each,
      destination: receiver.served[index] ?? "",
    })),
    observe,
    reports: createReportLedger({ receiver, signal }),
    triggerCommand: commandLine === undefined ? null : createTriggerCommand({ commandLine, signal, clock }),
    person: null,
    changeCount: createChangeCount(),
    chance,
    burst,
    signal,
    clock,
    endRun,
    untimed,
    begin: tracker.begin,
    progress: tracker.say,
    afterwards: (undo) => undos.push(undo),
  };
  /** Records everything, then undoes the changes at the vendor: before anything is judged, because judging takes a while. */
  const record = async (): Promise<Recorded> => {
    try {
      const discovered = await collect(scenariosFor(["discovery"], allScenarios), beforehand);
      terms = readVendorTerms(discovered.parts.discovery?.manifest ?? null);
      const claimed = profilesClaimed(discovered, options.only);
      // A passive window shows little of `resilience`, so the run certifies `resilience` only if the caller asks for it by name.
      const ofWindow = ["health" as const, ...claimed.filter((name) => name.startsWith("events:"))];
      const profiles = options.profiles ?? (observe ? ofWindow : claimed);
      // A person is asked only if the vendor offers no sandbox control.
      if (options.person && permits(mayChange, "devices") && !hasSandbox(discovered))
        person = createPerson({ terminal: withoutBudget(options.person, untimed), signal, clock });
      const drive: Drive = person
        ? { ...beforehand, person, triggerCommand: person, changeCount: createChangeCount("person") }
        : beforehand;
      const plan = planFor(profiles, only, terms.manifest, given, {}, person?.kind);
      const wanted = checksOf(given, checks).filter(({ requirement }) =>
        plan.requirements.some(({ id }) => id === requirement),
      );
      const needed = [
        ...wanted.flatMap(({ needs }) => needs),
        ...(options.earlier ? (["earlier"] as const) : []),
      ];
      const scenarios = scenariosFor(needed, allScenarios);
      const listed =
        person && isReached(discovered)
          ? await introduce(person, discovered, scenarios, plan, drive)
          : discovered;
      let repeated: EvidenceRecord | null = null;
      const repeat = async (soFar: EvidenceRecord) => {
        // A run of only some requirements certifies nothing, so it does not need the second look.
        if (only === undefined) repeated = await repeatFirstCalls(soFar, drive);
      };
      const collected = isReached(discovered) ? await collect(scenarios, drive, listed, repeat) : discovered;
      const complete = await lookOnceMore(collected, repeated, drive);
      return {
        target: options.target,
        ...(through && { through }),
        profiles,
        given,
        only: only ?? null,
        ...describeStop(signal),
        seed,
        baselined,
        startedAt,
        finishedAt: dateOf(clock),
        record: withLateness(complete, lateness),
        trigger: drive.changeCount.read(),
        placeholders: [],
      };
    } finally {
      lateness.stop();
      // Uses a new signal to clean up, because Ctrl-C aborts the run's own signal.
      const timeout = startTimeout(clock, cleanUpMs(signal));
      const recorder = createRecorder({ credential, signal: timeout.signal, guard, clock });
      const leftOver = await undoAll(undos, recorder);
      if (leftOver.length > 0) options.onLeftOver?.(leftOver);
      await person?.finish();
      end();
      timeout.cancel();
      await guard.close();
      await receiver.close();
    }
  };
  const all = await record();
  const { shown, unshown } =
    observe && options.profiles === undefined
      ? await selectShown(all, checks)
      : { shown: all.profiles, unshown: [] };
  for (const { profile, reason } of unshown) tracker.say(`${profile} is not certified: ${reason}`);
  const recorded = { ...all, profiles: shown };
  const secrets = [
    ...secretsAmong(credentials),
    ...issued,
    ...mint.signatures,
    ...registeredByHand.map(({ secret }) => secret),
  ];
  return withoutSecrets(await grade(recorded, checks), secrets, checks);
}
