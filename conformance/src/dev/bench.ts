import { createSeededRandom } from "@convergint/internal/seeded-random";
import { writeBundle } from "../bundle/bundle.ts";
import { checks } from "../checks/index.ts";
import type { EvidenceRecord } from "../evidence/evidence.ts";
import type { Delivery, Exchange } from "../evidence/exchange.ts";
import type { Observation } from "../evidence/observation-evidence.ts";
import { isSuccess, objectOf, textOf } from "../evidence/read.ts";
import { createChangeCount } from "../harness/change-count.ts";
import { undoAll } from "../harness/clean-up.ts";
import { type Clock, dateOf, sleep, startTimeout } from "../harness/clock.ts";
import { type Credentials, secretsAmong } from "../harness/credentials.ts";
import { COPY_MS, requestOf } from "../harness/destinations.ts";
import { type ProgrammedAnswer, statusOf } from "../harness/programmed-answer.ts";
import { createRecorder, type Recorder } from "../harness/recorder.ts";
import { createTriggerCommand } from "../harness/trigger-command.ts";
import { describeAnswer, parseAnswerScript } from "../listen/answer-script.ts";
import type { ReceivedDelivery } from "../listen/inspection.ts";
import { createScrubber } from "../redaction/redact.ts";
import { prerequisitesIn } from "../registry/prerequisites.ts";
import { bearersOf } from "../scenarios/access-tokens.ts";
import { apiUrl } from "../scenarios/api.ts";
import { managesEndpoints } from "../scenarios/events/acquire-endpoint.ts";
import { endpointUrl } from "../scenarios/events/endpoints.ts";
import { createLister, startTicks } from "../scenarios/events/observation.ts";
import { devicesApart, type SandboxDevice } from "../scenarios/events/sandbox-device.ts";
import { latencyOf } from "../scenarios/events/status-change.ts";
import { createWindowRecorder, type WindowRecorder } from "../scenarios/events/window-recorder.ts";
import { CannotDriveError } from "../scenarios/scenario.ts";
import { createTokenMint, readVendorTerms } from "../scenarios/token-mint.ts";
import { canTrigger, statusTrigger } from "../scenarios/trigger.ts";
import { grade, isReached, type Run } from "../suite/grade.ts";
import { profilesClaimed } from "../suite/plan.ts";
import { type RunOptions, runSuite } from "../suite/run.ts";
import { type AllowedDestinations, guardDestinations } from "../suite/vendor-watch.ts";
import { withoutSecrets } from "../suite/without-secrets.ts";
import { judgedIn, judgeRows, type Recording, type Row } from "./rows.ts";

/** One change is enough to see whether it is reported; a certificate needs many. */
const GOAL = { changes: 1, types: 0 };
/** How many devices a burst changes. */
const BURST = 20;
/**
 * The time between two full listings. In between, the bench lists only changes. A small inventory is listed in full
 * at every second poll.
 */
const FULL_MS = 5 * 60_000;
const SMALL_PAGES = 2;
/** A `Date` header has whole seconds, so two listings that are closer show no change for certain. */
const MIN_POLL_SECONDS = 6;
/** How long to wait after a 429. */
const RATE_LIMITED_MS = 60_000;
/** Webhooks that arrive together are judged together. */
const TOGETHER_MS = 250;
const UNDO_MS = 10_000;

/** An action cannot be done; the message tells the person at the page why. */
export class BenchError extends Error {
  override readonly name = "BenchError";
  readonly code = "cannot_act";
}

/** What the page shows above the matrix. */
interface BenchStatus {
  readonly target: string;
  /** The URL to post to. */
  readonly endpoint: string;
  /** How the vendor knows the URL: by its API, or because a person entered it. */
  readonly registered: boolean;
  /** What the bench does, or what went wrong. */
  readonly doing: string;
  readonly polls: number;
  /** The answer to the next deliveries; `null` for a consumer's answers. */
  readonly fault: string | null;
  /** Devices that the bench took offline. */
  readonly offline: readonly string[];
  readonly canTrigger: boolean;
  readonly canRotate: boolean;
}

/** Options of a bench. */
export interface BenchOptions extends AllowedDestinations {
  readonly target: URL;
  readonly credentials: Credentials;
  readonly seed: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly pollSeconds: number;
  readonly triggerCommand?: string | undefined;
  /** The URL to post to, as the vendor reaches it. */
  readonly endpoint: string;
  /** The secret of an endpoint that a person registered; without the vendor's API for endpoints, vendors sign with it. */
  readonly secret: string;
  /** Whether to register the endpoint by the vendor's API, if it has one. */
  readonly registers: boolean;
  readonly onRows: (rows: readonly Row[]) => void;
  readonly onStatus: (status: BenchStatus) => void;
  /** Reads the whole inventory once. Default: a run of the suite that changes nothing. */
  readonly readInventory?: (options: RunOptions) => Promise<Run>;
}

/** Watches a vendor while its engineer works on it. */
export interface Bench {
  /** Adds a delivery to the evidence. */
  readonly receive: (delivery: ReceivedDelivery, number: number, answer: ProgrammedAnswer) => void;
  /** Returns the secrets to verify with. */
  readonly keys: () => readonly string[];
  /** Returns the answer to an attempt; `null` to answer as a consumer would. */
  readonly answerTo: (attempt: number) => ProgrammedAnswer | null;
  readonly status: () => BenchStatus;
  readonly rows: () => readonly Row[];
  /** Does what a button asks for. @returns what was done @throws {BenchError} */
  readonly act: (action: string, body: unknown) => Promise<string>;
  /** Serializes what was recorded, for `regrade`. @throws {BenchError} */
  readonly writeBundle: () => Promise<string>;
  /** Removes every secret of the bench from a text. */
  readonly clean: (text: string) => string;
  /** Watches until the signal aborts, then undoes what the bench changed. @returns the calls that failed */
  readonly watch: () => Promise<readonly string[]>;
}

/** A window that is being recorded. */
interface Watched {
  readonly window: WindowRecorder;
  readonly lister: ReturnType<typeof createLister>;
  readonly stopTicks: () => void;
  fullAt: number;
}

const describeExchange = ({ request, response, failure }: Exchange): string =>
  `${request.method} ${new URL(request.url).pathname}: ${response?.status ?? failure}`;

/** Creates a bench. Nothing is called before {@link Bench.watch}. */
export async function createBench(options: BenchOptions): Promise<Bench> {
  const { target, credentials, clock, signal, readInventory = runSuite } = options;
  const pollMs = Math.max(options.pollSeconds, MIN_POLL_SECONDS) * 1000;
  const chance = createSeededRandom(options.seed);
  const guard = await guardDestinations(target, options);
  let terms = readVendorTerms(null);
  const mint = createTokenMint(() => terms, credentials.parties ?? {}, clock);
  const { bearer, names, issued } = bearersOf(credentials, () => terms.manifest, mint, clock);
  const recorder = createRecorder({ credential: bearer, names, signal, guard, clock });
  const { triggerCommand: commandLine } = options;
  const drive = {
    recorder,
    patientRecorder: recorder,
    clock,
    mayChange: "devices",
    changeCount: createChangeCount(),
    triggerCommand: commandLine === undefined ? null : createTriggerCommand({ commandLine, signal, clock }),
  } as const;

  let inventory: Run | null = null;
  let watched: Watched | null = null;
  let created: Exchange | null = null;
  /** The secret of the deliveries of this window, and every secret so far. */
  let secret = options.secret;
  const secrets = new Set([secret]);
  let fault: { readonly answer: ProgrammedAnswer; readonly always: boolean } | null = null;
  const offline = new Map<string, SandboxDevice>();
  const used = new Set<string>();
  let rows: readonly Row[] = [];
  let doing = "Reading the inventory…";
  let polls = 0;
  let polledAt = 0;
  let wake = Promise.withResolvers<void>();
  const earlier = new Map<string, Delivery>();

  const discovered = () => inventory?.record.parts.discovery;
  const clean = (text: string) =>
    createScrubber([...secretsAmong(credentials), ...issued, ...mint.signatures, ...secrets])(text);

  function status(): BenchStatus {
    const discovery = discovered();
    return {
      target: target.href,
      endpoint: options.endpoint,
      registered: created !== null,
      doing,
      polls,
      fault: fault && describeAnswer(fault.answer),
      offline: [...offline.keys()],
      canTrigger: discovery !== undefined && canTrigger(discovery, drive),
      canRotate: created !== null,
    };
  }
  const say = (text: string) => {
    doing = clean(text);
    options.onStatus(status());
  };

  /** Reads the inventory with every check that changes nothing. */
  async function read(): Promise<void> {
    say("Reading the inventory…");
    const { seed, allowHosts, allowPrivateNetworks, proxy } = options;
    inventory = await readInventory({
      ...{ target, credentials, seed, clock, signal, allowHosts, allowPrivateNetworks, proxy },
      mayChange: "nothing",
    });
    terms = readVendorTerms(discovered()?.manifest ?? null);
  }

  /** Returns the time of the next full listing, in Unix milliseconds. */
  function nextFull(): number {
    const { pages = [] } = inventory?.record.parts.devices?.listing ?? {};
    return clock.now() + (pages.length <= SMALL_PAGES ? 1.5 * pollMs : FULL_MS);
  }

  /** Begins to record a new window; what was recorded before is forgotten. Changes show only after a first listing. */
  async function begin(): Promise<void> {
    const discovery = discovered();
    watched?.stopTicks();
    watched = null;
    if (!discovery) return;
    const window = createWindowRecorder(1, null);
    const lister = createLister(discovery, drive, window);
    watched = { window, lister, stopTicks: startTicks(drive, window), fullAt: nextFull() };
    await lister.all();
    polls += 1;
    polledAt = clock.now();
  }

  /** Returns what the window has recorded, or why it cannot be judged: the manifest of a vendor cloud that is being built has gaps. */
  function readWindow(): Observation | string {
    const discovery = discovered();
    if (!discovery || !watched) return `no device can be listed yet. ${doing}`;
    const { deliveries, periods, oneIn, polls: read } = watched.window.read();
    try {
      return {
        latencySeconds: latencyOf(discovery),
        goal: GOAL,
        ...{ periods, oneIn, polls: read },
        endpoints: [{ destination: options.endpoint, secret, deliveries: deliveries[0] ?? [] }],
      };
    } catch (error) {
      if (error instanceof CannotDriveError) return error.message;
      throw error;
    }
  }

  function readRecording(): Recording | null {
    if (!inventory) return null;
    const { parts, missing } = inventory.record;
    const observation = readWindow();
    const record: EvidenceRecord =
      typeof observation === "string"
        ? { parts, missing: { ...missing, observation } }
        : { missing, parts: { ...parts, observation } };
    return {
      record,
      profiles: profilesClaimed(record),
      given: [...prerequisitesIn(credentials, 1), "passive_window"],
      inventory: inventory.results,
    };
  }

  async function judgeNow(): Promise<void> {
    const recording = readRecording();
    if (!recording) return;
    rows = JSON.parse(clean(JSON.stringify(await judgeRows(recording)))) as readonly Row[];
    options.onRows(rows);
  }

  /** Registers the endpoint, if the vendor has an API for that. */
  async function register(): Promise<void> {
    const discovery = discovered();
    if (!discovery || !options.registers || !managesEndpoints(discovery)) return;
    const url = apiUrl(discovery, "/v1/webhook-endpoints");
    const json = { url: options.endpoint };
    const answer = await recorder.call({ purpose: "register a webhook endpoint", method: "POST", url, json });
    const given = textOf(objectOf(answer), "secret");
    if (!isSuccess(answer) || given === null)
      throw new BenchError(`The endpoint could not be registered (${describeExchange(answer)}).`);
    created = answer;
    secret = given;
    secrets.add(given);
  }

  async function remove(by: Recorder = recorder): Promise<void> {
    const discovery = discovered();
    const url = discovery && created && endpointUrl(discovery, created);
    created = null;
    if (url) await by.call({ purpose: "remove the webhook endpoint", method: "DELETE", url });
  }

  async function poll({ window, lister, ...each }: Watched): Promise<number> {
    const isFull = clock.now() >= each.fullAt;
    if (isFull && watched?.window === window) watched.fullAt = nextFull();
    await (isFull ? lister.all() : lister.changes());
    polls += 1;
    return lister.takeRateLimit() ? RATE_LIMITED_MS : pollMs;
  }

  /** Waits until a moment, or until a webhook arrives. @returns whether one arrived */
  async function waitUntil(at: number): Promise<boolean> {
    const ended = new AbortController();
    const arrived = wake.promise.then(() => true);
    const waited = sleep(clock, Math.max(0, at - clock.now()), AbortSignal.any([signal, ended.signal]));
    const isArrival = await Promise.race([arrived, waited.then(() => false)]);
    waited.catch(() => {});
    ended.abort();
    if (!isArrival) return false;
    await sleep(clock, TOGETHER_MS, signal);
    wake = Promise.withResolvers();
    return true;
  }

  /** Reads the inventory until the vendor answers, then registers the endpoint. */
  async function open(): Promise<void> {
    for (;;) {
      await read();
      const discovery = discovered();
      if (inventory && isReached(inventory.record) && discovery) break;
      say(`The vendor at ${target.href} does not answer. Asking again in ${pollMs / 1000} s.`);
      await sleep(clock, pollMs, signal);
    }
    try {
      if (!created) await register();
      await begin();
      say("Watching.");
    } catch (error) {
      if (!(error instanceof BenchError || error instanceof CannotDriveError)) throw error;
      watched?.stopTicks();
      watched = null;
      say(error.message);
    }
  }

  async function watchVendor(): Promise<void> {
    await open();
    let [pollAt, limitedUntil] = [clock.now() + pollMs, 0];
    for (;;) {
      const current = watched;
      if (!current && clock.now() >= pollAt) {
        await open();
        pollAt = clock.now() + pollMs;
      }
      // A new window has just begun with a listing.
      pollAt = Math.max(pollAt, polledAt + MIN_POLL_SECONDS * 1000, limitedUntil);
      if (current && clock.now() >= pollAt) {
        const pause = await poll(current);
        [polledAt, pollAt] = [clock.now(), clock.now() + pause];
        if (pause === RATE_LIMITED_MS) limitedUntil = pollAt;
        say(limitedUntil === pollAt ? "The vendor answered 429; polling again in 60 s." : "Watching.");
      }
      await judgeNow();
      if (await waitUntil(pollAt)) pollAt = polledAt + MIN_POLL_SECONDS * 1000;
    }
  }

  async function change(device: SandboxDevice, to: 0 | 1, by: Recorder = recorder): Promise<Exchange> {
    const discovery = discovered();
    if (!discovery) throw new BenchError("The vendor's manifest was not read yet.");
    const purpose = to === 0 ? "change a device" : "restore a device";
    const exchange = await statusTrigger(discovery, drive)(purpose, device.deviceId, device.course[to], by);
    if (!isSuccess(exchange))
      throw new BenchError(
        `The vendor refused the change of ${device.deviceId} (${describeExchange(exchange)}).`,
      );
    if (to === 0) offline.set(device.deviceId, device);
    else offline.delete(device.deviceId);
    return exchange;
  }

  function choose(count: number): readonly SandboxDevice[] {
    const { discovery, devices } = inventory?.record.parts ?? {};
    if (!discovery || !devices || !canTrigger(discovery, drive))
      throw new BenchError("Devices cannot be changed: offer sandbox control, or give --trigger-cmd.");
    const free = devicesApart(discovery, devices, Number.POSITIVE_INFINITY, { chance, person: null }).filter(
      ({ deviceId }) => !offline.has(deviceId),
    );
    if (free.length === 0) throw new BenchError("No device is online that has status events.");
    // A device that just changed may still have events on their way.
    const chosen = [...free.filter(({ deviceId }) => !used.has(deviceId)), ...free].slice(0, count);
    for (const { deviceId } of chosen) used.add(deviceId);
    return [...new Set(chosen)];
  }

  async function takeOffline(count: number): Promise<string> {
    const chosen = choose(count);
    await Promise.all(chosen.map((device) => change(device, 0)));
    return chosen.length === 1
      ? `${chosen[0]?.deviceId} is offline.`
      : `${chosen.length} devices are offline.`;
  }

  async function restore(): Promise<string> {
    const taken = [...offline.values()];
    await Promise.all(taken.map((device) => change(device, 1)));
    return taken.length === 0 ? "No device was offline." : `Restored ${taken.length}.`;
  }

  async function rotate(): Promise<string> {
    const discovery = discovered();
    const url = discovery && created && endpointUrl(discovery, created, "/rotate-secret");
    if (!url) throw new BenchError("Only an endpoint that the bench registered can be rotated.");
    const answer = await recorder.call({ purpose: "rotate the secret", method: "POST", url });
    const given = textOf(objectOf(answer), "secret");
    if (!isSuccess(answer) || given === null)
      throw new BenchError(`The secret was not rotated (${describeExchange(answer)}).`);
    secret = given;
    secrets.add(given);
    await begin();
    return "Rotated. From now on, deliveries are judged with the new secret.";
  }

  async function registerAgain(): Promise<string> {
    await remove();
    await register();
    if (!created) throw new BenchError("The vendor has no API for endpoints, or --endpoint-url was given.");
    await begin();
    return "Registered again, with a new secret.";
  }

  function setFault(body: unknown): string {
    const { answer, always } = Object(body) as { readonly answer?: unknown; readonly always?: unknown };
    if (typeof answer !== "string" || answer === "") fault = null;
    else fault = { answer: parseAnswerScript(answer)(1), always: always === true };
    const which = fault?.always ? "Every attempt" : "The first attempt at each delivery";
    return fault
      ? `${which} gets ${describeAnswer(fault.answer)}.`
      : "Deliveries are answered as a consumer would.";
  }

  async function doAction(action: string, body: unknown): Promise<string> {
    switch (action) {
      case "offline":
        return takeOffline(1);
      case "burst":
        return takeOffline(BURST);
      case "restore":
        return restore();
      case "rotate":
        return rotate();
      case "register":
        return registerAgain();
      case "fault":
        return setFault(body);
      case "clear":
        await begin();
        return "A new window begins.";
      case "inventory":
        await read();
        return "The inventory was read again.";
      default:
        throw new BenchError("There is no such action.");
    }
  }

  return {
    receive(delivery, number, answer) {
      const { headers, receivedAt } = delivery;
      const bodyBase64 = Buffer.from(delivery.body).toString("base64");
      const request = requestOf(headers, bodyBase64);
      const before = earlier.get(request);
      const isCopy = before !== undefined && receivedAt.getTime() - Date.parse(before.receivedAt) < COPY_MS;
      const recorded: Delivery = {
        ...{ id: `d${number}`, receivedAt: receivedAt.toISOString(), headers, bodyBase64 },
        answeredStatus: statusOf(answer),
        ...(isCopy && { copyOf: before.id }),
      };
      for (const [key, { receivedAt: at }] of earlier)
        if (receivedAt.getTime() - Date.parse(at) >= COPY_MS) earlier.delete(key);
      if (!isCopy) earlier.set(request, recorded);
      watched?.window.receive(0, [recorded]);
      wake.resolve();
    },
    keys: () => [secret],
    answerTo: (attempt) => (fault && (fault.always || attempt === 1) ? fault.answer : null),
    status,
    rows: () => rows,
    async act(action, body) {
      try {
        const done = await doAction(action, body);
        // Polls soon, so that the page shows what the action changed.
        wake.resolve();
        options.onStatus(status());
        return done;
      } catch (error) {
        if (!(error instanceof Error && "code" in error) || signal.aborted) throw error;
        throw error instanceof BenchError ? error : new BenchError(error.message);
      }
    },
    async writeBundle() {
      const recording = readRecording();
      if (!recording || !inventory) throw new BenchError("Nothing was recorded yet.");
      const { record, profiles, given } = recording;
      const recorded = {
        ...{ target, profiles, given, record, only: judgedIn(recording), seed: options.seed },
        ...{ stopped: null, baselined: false, placeholders: [] },
        ...{ startedAt: inventory.startedAt, finishedAt: dateOf(clock) },
      };
      const all = [...secretsAmong(credentials), ...issued, ...mint.signatures, ...secrets];
      const run = await withoutSecrets(await grade(recorded), all, checks);
      const placeholders = [...new Set([...inventory.placeholders, ...run.placeholders])];
      return writeBundle({ ...run, placeholders });
    },
    clean,
    async watch() {
      try {
        await watchVendor();
      } catch (error) {
        if (!signal.aborted) throw error;
      }
      watched?.stopTicks();
      const timeout = startTimeout(clock, UNDO_MS);
      const undoing = createRecorder({ credential: bearer, signal: timeout.signal, guard, clock });
      const taken = [...offline.values()];
      const leftOver = await undoAll(
        [...taken.map((device) => (by: Recorder) => change(device, 1, by)), remove],
        undoing,
      );
      timeout.cancel();
      await guard.close();
      return leftOver;
    },
  };
}
