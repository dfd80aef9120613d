import { createSeededRandom } from "@convergint/internal/seeded-random";
import { manifestSchema } from "@convergint/schemas";
import { verify } from "@convergint/webhooks";
import type { Delivery } from "../evidence/exchange.ts";
import { isObject, type JsonObject, listOf, memberOf, parseJson, textOf } from "../evidence/read.ts";
import { cleanUpMs, describeUndo, whyLeftOver } from "../harness/clean-up.ts";
import { dateOf, sleep, startTimeout } from "../harness/clock.ts";
import { type Credentials, KEY_VARIABLES, secretsAmong } from "../harness/credentials.ts";
import { type Receiver, type ReceiverOptions, startReceiver } from "../harness/receiver.ts";
import { createRecorder } from "../harness/recorder.ts";
import { createScrubber } from "../redaction/redact.ts";
import { bearersOf } from "../scenarios/access-tokens.ts";
import { faultOfBase } from "../scenarios/api.ts";
import { createTokenMint } from "../scenarios/token-mint.ts";
import { type AllowedDestinations, guardDestinations, useProxy } from "../suite/vendor-watch.ts";
import {
  type Answer,
  type Bases,
  buildRequest,
  type Call,
  type Case,
  plain,
  type Request,
  toCommands,
} from "./call.ts";
import { expectationOf } from "./expectation.ts";
import { createGenerator } from "./generate.ts";
import { type Hunted, type HuntOptions, hunt, simplerCases, type Violation } from "./hunt.ts";
import { judge } from "./judge.ts";
import { operationOf } from "./operations.ts";
import { createLine, createSender, type Line, type Sender } from "./send.ts";
import {
  type Ask,
  CannotFuzzError,
  createLedger,
  findAddable,
  isOffered,
  type Ledger,
  learn,
  readCatalogue,
  readView,
  type World,
} from "./world.ts";

export interface FuzzOptions extends HuntOptions, AllowedDestinations {
  /** The vendor's base URL. */
  readonly target: URL;
  readonly credentials: Credentials;
  readonly seed: number;
  readonly receiver?: ReceiverOptions;
  /** Receives the changes that could not be undone at the vendor, each as `METHOD URL (reason)`. */
  readonly onLeftOver?: (calls: readonly string[]) => void;
}

/** What a fuzz run did and found. */
export interface FuzzRun extends Hunted {
  readonly calls: number;
  /** What was not fuzzed, and why. */
  readonly notes: readonly string[];
}

/** The waits between readings of a listing that may lag behind a change. */
const LAGS_MS = [200, 1000, 5000, 25_000];
const DELIVERY_SECONDS = 30;

const baseOf = (text: string | null): URL | null =>
  text !== null && URL.canParse(text) ? new URL(text) : null;

/** Reads the manifest. @throws {CannotFuzzError} */
async function readManifest(sender: Sender, target: URL): Promise<JsonObject> {
  const bases = { target, api: target, control: null };
  const request = buildRequest(plain("getManifest"), new Map(), bases, "");
  const outcome = request && (await sender.send(request));
  if (!outcome?.answer)
    throw new CannotFuzzError(`No response from ${target.href} (${outcome?.failure ?? "no request"}).`, {
      isUnreachable: true,
    });
  const { status, json } = outcome.answer;
  if (status !== 200 || !isObject(json) || !manifestSchema.safeParse(json).success)
    throw new CannotFuzzError(
      `There is no valid manifest at ${target.href} (${status}). Make \`run --only MAN-001\` pass first.`,
    );
  return json;
}

/** Executes cases against one vendor. */
function createExecutor(
  line: Line,
  ledger: Ledger,
  receiver: Receiver,
  secrets: () => readonly string[],
  renew: () => Promise<void>,
  { clock, signal }: Pick<FuzzOptions, "clock" | "signal">,
) {
  /** The objects that were created and not yet removed, keyed by the call that removes them. */
  const toUndo = new Map<string, Call>();
  /** The calls that did not remove their object. They are repeated at the end of the run. */
  const failed: Call[] = [];
  const gone = { devices: [] as string[], endpoints: [] as string[] };

  function noteUndo(call: Call, request: Request, { status, json }: Answer): void {
    if (call.method !== undefined || status < 200 || status >= 300) return;
    const { endpoint_id: endpoint, device_id: device } = request.ids;
    const created = { createWebhookEndpoint: "endpoint_id", addSandboxDevice: "device_id" }[
      call.operation as string
    ];
    const id = created && isObject(json) ? textOf(json, created) : null;
    if (created !== undefined && id !== null)
      toUndo.set(
        `${created} ${id}`,
        plain(created === "endpoint_id" ? "deleteWebhookEndpoint" : "removeSandboxDevice", {
          as: call.as,
          path: { [created]: { text: id } },
        }),
      );
    if (call.operation === "deleteWebhookEndpoint") {
      toUndo.delete(`endpoint_id ${endpoint}`);
      gone.endpoints.push(String(endpoint));
    }
    if (call.operation === "removeSandboxDevice") {
      toUndo.delete(`device_id ${device}`);
      gone.devices.push(String(device));
    }
  }

  /** Judges a 304, or a 200 to a call with the current ETag. */
  async function judgeEtag(call: Call, request: Request, answer: Answer): Promise<Violation | null> {
    const held = request.headers["if-none-match"];
    if (held === undefined || !operationOf(call.operation).listing === (call.operation !== "getDevice"))
      return null;
    if (
      answer.status === 200 &&
      held === answer.headers["etag"] &&
      !request.parameters.some(({ name }) => name === "cursor")
    )
      return {
        requirement: "INV-019",
        kind: "200 with the same ETag",
        expected: "304, because the caller holds the current ETag",
        actual: `200 with ETag ${held}`,
      };
    if (answer.status !== 304 || held.trim() === "*") return null;
    const current = await line.send(
      { ...call, headers: call.headers.filter(({ name }) => name !== "if-none-match") },
      new Map(),
    );
    const etag = current?.outcome.answer?.headers["etag"];
    const strip = (text: string) => text.replaceAll("W/", "");
    return current?.outcome.answer?.status === 200 &&
      (etag === undefined || !strip(held).includes(strip(etag)))
      ? {
          requirement: "INV-019",
          kind: "304 for another ETag",
          expected: `200, because the ETag is ${etag ?? "missing"}`,
          actual: `304 to If-None-Match: ${held}`,
        }
      : null;
  }

  /** Waits for a ping and verifies it with the endpoint's secrets. */
  async function judgePing(request: Request, { json }: Answer): Promise<Violation | null> {
    const endpoint = ledger.endpoints.get(String(request.ids["endpoint_id"]));
    const eventId = isObject(json) ? textOf(json, "event_id") : null;
    const destination = ledger.world.destination;
    if (!endpoint || eventId === null || destination === null || endpoint.registered["url"] !== destination)
      return null;
    const idsIn = ({ bodyBase64 }: Delivery): unknown[] => {
      const body = parseJson(Buffer.from(bodyBase64, "base64").toString("utf8"));
      return [body].flat().map((event) => (isObject(event) ? event["id"] : undefined));
    };
    const pings = () =>
      receiver.deliveriesTo(destination).filter((delivery) => idsIn(delivery).includes(eventId));
    const arrived = await receiver.waitUntil(destination, () => pings().length > 0, {
      seconds: DELIVERY_SECONDS,
      signal,
    });
    const [delivery] = pings();
    if (!arrived || !delivery)
      return {
        requirement: "DLV-017",
        kind: "no ping",
        expected: `the ping ${eventId} within ${DELIVERY_SECONDS} s`,
        actual: "nothing arrived",
      };
    // The newest secret must verify. After a rotation, the previous secret must verify too.
    for (const [index, secret] of endpoint.secrets.slice(0, 2).entries()) {
      const isSigned = await verify({
        headers: delivery.headers,
        body: Buffer.from(delivery.bodyBase64, "base64"),
        keys: [secret],
        now: dateOf(clock),
      }).then(
        () => true,
        () => false,
      );
      if (!isSigned)
        return index === 0
          ? {
              requirement: endpoint.secrets.length > 1 ? "SEC-009" : "SIG-001",
              kind: "unsigned ping",
              expected: "a signature with the current secret",
              actual: "no signature verifies with it",
            }
          : {
              requirement: "SEC-009",
              kind: "ping without the previous signature",
              expected: "a signature with the previous secret too",
              actual: "no signature verifies with it",
            };
    }
    return null;
  }

  /** Tells whether the device of a call does not exist any more. Others may have removed it. */
  async function isGone({ as }: Call, { ids: { device_id: id } }: Request): Promise<boolean> {
    if (id === undefined || id === null) return false;
    const found = await line.send(plain("getDevice", { as, path: { device_id: { text: id } } }), new Map());
    return found?.outcome.answer?.status === 404;
  }

  async function executeCall(call: Call, answers: Map<number, Answer>): Promise<Violation | null> {
    const sent = await line.send(call, answers);
    if (!sent) return null;
    const { request, outcome } = sent;
    if (outcome.answer === null) {
      const alive = await line.send(plain("getManifest"), new Map());
      if (!alive?.outcome.answer)
        throw new CannotFuzzError(`The vendor stopped responding during the run (${outcome.failure}).`, {
          isUnreachable: true,
        });
      const { requirement, expected } = expectationOf({ call, request }, ledger);
      return { requirement, kind: "no answer", expected, actual: outcome.failure ?? "no answer" };
    }
    const grounds = { ledger, credentials: secrets(), now: clock.now() };
    let { answer } = outcome;
    let violation = judge(call, request, answer, grounds);
    for (const lag of LAGS_MS) {
      if (!violation?.mayLag || request.method !== "GET") break;
      await sleep(clock, lag, signal);
      const again = await line.send(call, answers);
      if (again?.outcome.answer) answer = again.outcome.answer;
      violation = judge(call, request, answer, grounds);
    }
    if (violation && request.method !== "GET" && answer.status === 404 && (await isGone(call, request)))
      violation = null;
    if (violation?.mayHaveChanged) {
      // Others may have changed the inventory after it was read. Only what contradicts the inventory both
      // before and after the answer is wrong.
      const earlier = ledger.world;
      await renew();
      violation = judge(call, request, answer, { ...grounds, earlier });
    }
    answers.set(call.id, answer);
    learn(call, request, answer, ledger);
    noteUndo(call, request, answer);
    if (violation || call.method !== undefined) return violation;
    if (call.operation === "pingWebhookEndpoint" && answer.status === 202) return judgePing(request, answer);
    return judgeEtag(call, request, answer);
  }

  async function undo(): Promise<void> {
    for (const [key, call] of toUndo) {
      toUndo.delete(key);
      const sent = await line.send(call, new Map());
      if (sent && whyLeftOver(sent.outcome.answer?.status ?? null, sent.outcome.failure) !== null)
        failed.push(call);
      if (sent?.outcome.answer) learn(call, sent.request, sent.outcome.answer, ledger);
      if (call.operation === "deleteWebhookEndpoint") gone.endpoints.push(key.slice("endpoint_id ".length));
      else gone.devices.push(key.slice("device_id ".length));
    }
  }

  return {
    gone,
    pending: (): readonly Call[] => [...toUndo.values(), ...failed],
    async execute(calls: Case): Promise<{ readonly violation: Violation | null; readonly executed: Case }> {
      ledger.events.length = 0;
      const answers = new Map<number, Answer>();
      for (const [index, call] of calls.entries()) {
        const violation = await executeCall(call, answers);
        if (!violation) continue;
        await undo();
        return { violation, executed: calls.slice(0, index + 1) };
      }
      await undo();
      return { violation: null, executed: calls };
    },
  };
}

/** Finds out whether endpoints can be registered here. @returns the URL, or the reason why they cannot */
async function findDestination(
  ask: Ask,
  manifest: JsonObject,
  receiver: Receiver,
  target: URL,
): Promise<{ readonly url: string | null; readonly note?: string }> {
  if (!isOffered(manifest, operationOf("createWebhookEndpoint")) || manifest["sandbox"] == null)
    return { url: null };
  const obstacle = await receiver.findObstacle(target);
  if (obstacle !== null)
    return {
      url: null,
      note: `The fuzzer registers no webhook endpoint, so it sends only invalid calls to /v1/webhook-endpoints. ${obstacle}`,
    };
  const url = receiver.destination();
  const { status, json } = await ask(
    plain("createWebhookEndpoint", { body: { type: "application/json", json: { url } } }),
  );
  const id = status === 201 && isObject(json) ? textOf(json, "endpoint_id") : null;
  if (id === null)
    return {
      url: null,
      note: `The fuzzer registers no webhook endpoint, so it sends only invalid calls to /v1/webhook-endpoints: the vendor answered ${status} to the registration of ${url}.`,
    };
  await ask(plain("deleteWebhookEndpoint", { path: { endpoint_id: { text: id } } }));
  return { url };
}

/**
 * Fuzzes a vendor's cloud. Makes random calls, most of them wrong in one place. Compares every answer with
 * the contract and with the vendor's earlier answers.
 *
 * @throws {CannotFuzzError} if the vendor does not respond, or its answers are too wrong to generate calls
 * from
 */
export async function fuzzVendor(options: FuzzOptions): Promise<FuzzRun> {
  const { target, credentials, seed, clock, signal, tracker } = options;
  const guard = await guardDestinations(target, options);
  const sender = createSender(signal, clock, guard);
  const receiver = await startReceiver({
    ...options.receiver,
    fetch: options.proxy && useProxy(options.proxy).fetch,
    clock,
  });
  let pending: () => readonly Call[] = () => [];
  let cleanUp: (call: Call) => Promise<string | null> = async () => null;
  try {
    tracker.begin("Read what the vendor offers");
    const manifest = await readManifest(sender, target);
    const api = baseOf(textOf(manifest, "api_base")) ?? target;
    const bases: Bases = {
      target,
      api,
      control: baseOf(textOf(memberOf(manifest, "sandbox"), "control_url")),
    };
    for (const base of [api, bases.control]) {
      const fault = base && faultOfBase(base.href);
      if (fault) throw new CannotFuzzError(`The URL ${base.origin} of the manifest ${fault}.`);
      const refusal = base && guard.refuse(base);
      if (refusal) throw new CannotFuzzError(refusal.message);
    }
    const terms = { manifest, ahead: [0, 0] } as const;
    const mint = createTokenMint(() => terms, credentials.parties ?? {}, clock);
    const { bearer, issued, others, names } = bearersOf(credentials, () => manifest, mint, clock);
    const secrets = () =>
      [...secretsAmong(credentials), ...issued, ...mint.signatures].filter(({ length }) => length >= 8);
    const recorder = createRecorder({
      credential: bearer,
      names,
      signal,
      guard,
      clock,
    });
    const bearerOf = async (as: Call["as"]): Promise<string> => {
      const sent = as === "other" ? (others.second ?? "") : bearer;
      return typeof sent === "string" ? sent : sent(recorder);
    };
    const line = createLine(sender, bases, bearerOf, options);
    const ask: Ask = async (call) => {
      const sent = await line.send({ ...call, id: 1 }, new Map());
      if (sent?.outcome.answer) return sent.outcome.answer;
      throw new CannotFuzzError(
        `No response from the vendor (${sent?.outcome.failure ?? "no control_url"}).`,
        { isUnreachable: true },
      );
    };
    const readViews = async () => ({
      caller: await readView(ask, "caller", manifest),
      other: others.second === undefined ? null : await readView(ask, "other", manifest),
    });
    const views = await readViews();
    const [site] = views.caller.sites.keys();
    if (site === undefined || views.caller.devices.size === 0)
      throw new CannotFuzzError(
        "The vendor lists no site or no device. Use a tenant that has sites and devices.",
      );
    const destination = await findDestination(ask, manifest, receiver, target);
    const eventTypesOf = await readCatalogue(ask);
    const world: World = {
      manifest,
      ...views,
      eventTypes: listOf(manifest, "event_types").flatMap(({ type }) =>
        typeof type === "string" ? [type] : [],
      ),
      eventTypesOf,
      addable: await findAddable(ask, manifest, site),
      destination: destination.url,
    };
    const ledger = createLedger(world, () => clock.now());
    const renew = async () => {
      ledger.world = { ...ledger.world, ...(await readViews()) };
    };
    const {
      execute,
      gone,
      pending: undone,
    } = createExecutor(line, ledger, receiver, secrets, renew, options);
    pending = undone;
    cleanUp = async (call) => {
      const request = buildRequest(call, new Map(), bases, await bearerOf(call.as));
      if (!request) return null;
      const timeout = startTimeout(clock, cleanUpMs(signal));
      const last = createSender(timeout.signal, clock, guard);
      const { answer, failure } = await last
        .send(request)
        .catch(() => ({ answer: null, failure: "no response in time" }));
      timeout.cancel();
      last.close();
      const reason = whyLeftOver(answer?.status ?? null, failure);
      return reason === null
        ? null
        : describeUndo(request.method, `${request.url.origin}${request.rawPath}`, reason);
    };
    const variables = {
      caller: credentials.apiKey === undefined ? "ACCESS_TOKEN" : KEY_VARIABLES.apiKey,
      other: credentials.secondApiKey === undefined ? "SECOND_ACCESS_TOKEN" : KEY_VARIABLES.secondApiKey,
    };
    // Access tokens are issued and signed during the run, so each text is cleaned of those that exist by then.
    const clean = (text: string) => createScrubber(secrets())(text);
    const recent = (map: ReadonlyMap<string, unknown>) => [...map.keys()].slice(-40);
    const random = createSeededRandom(seed);
    const generate = createGenerator(() => ({
      world: ledger.world,
      random,
      goneDevices: gone.devices.slice(-20),
      goneEndpoints: gone.endpoints.slice(-20),
      oldCursors: recent(ledger.cursors),
      oldTokens: recent(ledger.tokens),
      now: clock.now(),
    }));
    tracker.begin("Make random calls");
    const hunted = await hunt<Case>(
      {
        generate,
        execute,
        renew,
        simpler: simplerCases,
        place: (calls) => `${calls.at(-1)?.operation} ${calls.at(-1)?.method ?? ""}`,
        describe: (calls) => ({
          commands: toCommands(calls, bases, variables).map(clean),
          calls: JSON.parse(clean(JSON.stringify(calls))),
        }),
        calls: line.calls,
      },
      options,
    );
    const scrub = (finding: Hunted["findings"][number]) => ({
      ...finding,
      expected: clean(finding.expected),
      actual: clean(finding.actual),
    });
    return {
      ...hunted,
      findings: hunted.findings.map(scrub),
      unconfirmed: hunted.unconfirmed.map(scrub),
      calls: line.calls(),
      notes: [
        ...(destination.note === undefined ? [] : [destination.note]),
        ...(manifest["sandbox"] == null
          ? ["The manifest declares no sandbox, so the fuzzer only reads."]
          : []),
        ...(others.second === undefined
          ? ["Isolation of tenants was not fuzzed: give the key of another tenant with --second-api-key."]
          : []),
      ],
    };
  } finally {
    // Uses new connections, because Ctrl-C aborts the connections of the run.
    const left = await Promise.allSettled(pending().map((call) => cleanUp(call)));
    const leftOver = left.flatMap((each) =>
      each.status === "fulfilled" ? (each.value ?? []) : [String(each.reason)],
    );
    if (leftOver.length > 0) options.onLeftOver?.(leftOver);
    sender.close();
    await guard.close();
    await receiver.close();
  }
}
