import { mediaTypeOf } from "@convergint/internal/media-type";
import type { ProxySettings } from "@convergint/internal/proxy";
import { readRetryAfter } from "@convergint/internal/retry-after";
import { createSeededRandom } from "@convergint/internal/seeded-random";
import {
  BATCH_MEDIA_TYPE,
  batchAnswerSchema,
  EVENT_MEDIA_TYPE,
  eventSchema,
  eventSchemaOf,
  isDeviceEventType,
} from "@convergint/schemas";
import { generateSecret, sign } from "@convergint/webhooks";
import { isObject, parseJson, textOf } from "../evidence/read.ts";
import { dateOf, sleep } from "../harness/clock.ts";
import { createScrubber } from "../redaction/redact.ts";
import { useProxy } from "../suite/vendor-watch.ts";
import { type Answer, bodyText } from "./call.ts";
import { createDraw } from "./faults.ts";
import type { FuzzRun } from "./fuzz.ts";
import { type HuntOptions, hunt, type Violation } from "./hunt.ts";
import { TRACES } from "./judge.ts";
import {
  KIB,
  makeEvent,
  makePosting,
  type Place,
  type Posting,
  RIGHT,
  simplerPostings,
  toCommands,
} from "./posting.ts";
import { createSender } from "./send.ts";
import { CannotFuzzError } from "./world.ts";

export interface ReceiverFuzzOptions extends HuntOptions {
  /** The consumer's webhook endpoint. */
  readonly url: URL;
  /** All current `whsec_` secrets; deliveries are signed with the first. */
  readonly secrets: readonly [string, ...string[]];
  readonly place: Place;
  /** The proxy for calls to public addresses. Default: none; the proxy settings of the environment are ignored. */
  readonly proxy?: ProxySettings | undefined;
  readonly seed: number;
}

const ACCEPTED = [200, 201, 202, 203, 204, 205, 206];
const MAX_WAITS = 10;
const MAX_WAIT_SECONDS = 60;

/** Whether the consumer must accept the delivery's signature as genuine. */
const isGenuine = ({ headers, skewSeconds, isSignedByStranger, appended }: Posting): boolean =>
  headers.id === RIGHT.id &&
  headers.timestamp === RIGHT.timestamp &&
  (headers.signature ?? "").split(" ").includes("v1,$S") &&
  Math.abs(skewSeconds) <= 300 &&
  !isSignedByStranger &&
  appended === "";

/** The answers that a delivery allows. */
interface Expectation {
  readonly statuses: readonly number[];
  readonly requirement: string;
  readonly because: string;
  /** The verdict on each event of a batch. */
  readonly events?: readonly Validity[];
}

/** Whether an event must be accepted (`valid`) or refused (`invalid`), or may be either. */
type Validity = "valid" | "invalid" | "open";

/** NUL and unpaired surrogates, which no database of texts can store. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: this is a character to recognize
const UNSTORABLE = /\u0000|\p{Surrogate}/u;

/** The maximum depth. A consumer may refuse a body that is nested deeper. */
const MAX_DEPTH = 50;

const isUnstorable = (value: unknown, depth = 0): boolean => {
  if (typeof value === "string") return UNSTORABLE.test(value);
  if (typeof value !== "object" || value === null) return false;
  return (
    depth > MAX_DEPTH ||
    Object.entries(value)
      .flat()
      .some((each) => isUnstorable(each, depth + 1))
  );
};

/** A consumer may map an unknown status, because it maps other vendor terms too (RCV-024). */
function withKnownStatus(event: unknown): unknown {
  const data = isObject(event) ? event["data"] : null;
  if (!isObject(event) || !isObject(data) || typeof data["status"] !== "string") return event;
  return { ...event, data: { ...data, status: "online" } };
}

/**
 * Decides whether a consumer must accept an event. If an event is not about a status, the consumer need not
 * understand its data.
 */
function validityOf(event: unknown): Validity {
  if (!eventSchema.safeParse(event).success) return "invalid";
  const type = isObject(event) ? (textOf(event, "type") ?? "") : "";
  if (!eventSchemaOf(type).safeParse(event).success)
    return isDeviceEventType(type) && !eventSchemaOf(type).safeParse(withKnownStatus(event)).success
      ? "invalid"
      : "open";
  return isUnstorable(event) ? "open" : "valid";
}

/** Returns the answers that a delivery with this body allows. */
function expectationOf(posting: Posting, text: string): Expectation {
  if (!isGenuine(posting))
    // A consumer refuses a body for its size before it reads the signature.
    return {
      statuses: [401, ...(text.length > 256 * KIB ? [413] : [])],
      requirement: "RCV-002",
      because: "the signature, its timestamp or its id is wrong",
    };
  const type = mediaTypeOf(posting.body.type);
  if (type !== EVENT_MEDIA_TYPE && type !== BATCH_MEDIA_TYPE)
    return { statuses: [415], requirement: "RCV-006", because: `the media type is ${type}` };
  const size = Buffer.byteLength(text);
  if (size > 1024 * KIB)
    return { statuses: [413], requirement: "RCV-006", because: "the body has more than 1 MiB" };
  const more = size > 256 * KIB ? [413] : [];
  const json = parseJson(text);
  if (json === undefined)
    return { statuses: [400, ...more], requirement: "RCV-006", because: "the body is not JSON" };
  if (type === BATCH_MEDIA_TYPE) {
    // A consumer without support for batches refuses the media type.
    if (!Array.isArray(json) || json.length === 0 || json.length > 100)
      return { statuses: [400, 415, ...more], requirement: "RCV-006", because: "the body is not a batch" };
    const events = json.map(validityOf);
    const isHopeless = !events.includes("valid");
    return {
      statuses: [...ACCEPTED, 415, ...(isHopeless ? [400] : []), ...more],
      requirement: "RCV-010",
      because: "the batch is valid",
      events,
    };
  }
  // JSON parsers differ on duplicate members and on deep nesting.
  const lenient = "parts" in posting.body && !/"filler":/.test(text) ? [400] : [];
  const validity = validityOf(json);
  if (validity === "invalid")
    return {
      statuses: [400, ...(lenient.length > 0 ? ACCEPTED : [])],
      requirement: "RCV-006",
      because: "the body is not a valid event",
    };
  const isOtherId = isObject(json) && json["id"] !== idOf(text);
  return {
    statuses: [...ACCEPTED, ...lenient, ...more, ...(isOtherId || validity === "open" ? [400] : [])],
    requirement: size > 64 * KIB ? "RCV-013" : "RCV-014",
    because: "the event is valid",
  };
}

/**
 * Returns the `webhook-id` for a body. This is the event's id, or another id if the body has no id that a
 * header can contain.
 */
function idOf(text: string): string {
  const json = parseJson(text);
  const id = isObject(json) ? textOf(json, "id") : null;
  return id !== null && /^[\x21-\x7e]{1,256}$/.test(id) && !id.includes(".") ? id : "delivery-of-the-fuzzer";
}

const fill = (template: string | null, values: Readonly<Record<string, string>>): string | undefined =>
  template?.replaceAll(/\$(ID|T|S)\b/g, (_, name: string) => values[name] ?? "");

const excerpt = ({ status, body }: Answer): string =>
  `${status} ${body.length > 300 ? `${body.slice(0, 300)}…` : body}`;

/** Finds what is wrong with an answer. */
function judge(posting: Posting, text: string, answer: Answer, secrets: readonly string[]): Violation | null {
  const { statuses, requirement, because, events } = expectationOf(posting, text);
  const expected = `${statuses.includes(200) ? "2xx" : ""}${statuses
    .filter((status) => status >= 300)
    .map((status) => ` ${status}`)
    .join("")}, because ${because}`.trim();
  const { status, body, json } = answer;
  if (secrets.some((secret) => body.includes(secret.replace(/^whsec_/, ""))))
    return {
      requirement: "RCV-023",
      kind: "secret in the answer",
      expected: "no secret",
      actual: excerpt(answer),
    };
  if (TRACES.test(body))
    return {
      requirement,
      kind: "stack trace",
      expected: "an answer without a stack trace",
      actual: excerpt(answer),
    };
  if (!statuses.includes(status))
    return {
      requirement,
      kind: status >= 500 ? "server error" : `status ${status}`,
      expected,
      actual: excerpt(answer),
    };
  if (!events || status >= 400) return null;
  const parsed = batchAnswerSchema.safeParse(json);
  const listed = new Set(parsed.success ? parsed.data.refused.map(({ index }) => index) : []);
  const wrong = events.findIndex((validity, index) => validity === (listed.has(index) ? "valid" : "invalid"));
  if (wrong === -1) return null;
  const isRefused = listed.has(wrong);
  return {
    requirement: "RCV-010",
    kind: isRefused ? "valid event refused" : "invalid event not refused",
    expected: `the event at ${wrong} ${isRefused ? "accepted" : "refused"}`,
    actual: excerpt(answer),
  };
}

/**
 * Fuzzes a consumer. Posts random deliveries, most of them wrong in one place. Compares every answer with the
 * contract.
 *
 * @throws {CannotFuzzError} if the consumer does not respond
 */
export async function fuzzReceiver(options: ReceiverFuzzOptions): Promise<FuzzRun> {
  const { url, secrets, place, seed, clock, signal, tracker } = options;
  const guard = options.proxy && useProxy(options.proxy);
  const sender = createSender(signal, clock, guard);
  const random = createSeededRandom(seed);
  const strangersSecret = generateSecret();
  // Ids must be new, because a consumer remembers the ids of earlier runs.
  const prefix = `evt-${generateSecret()
    .replaceAll(/\W|whsec_/g, "")
    .slice(0, 16)}`;
  let calls = 0;
  let made = 0;

  async function post(posting: Posting, text: string): Promise<Answer> {
    const id = idOf(text);
    const timestamp = new Date(clock.now() + posting.skewSeconds * 1000);
    const signed = await sign({
      id,
      body: text,
      keys: posting.isSignedByStranger ? strangersSecret : secrets[0],
      timestamp,
    });
    const values = {
      ID: id,
      T: signed["webhook-timestamp"] ?? "",
      S: (signed["webhook-signature"] ?? "").replace("v1,", ""),
    };
    const headers = Object.fromEntries(
      [
        ["content-type", posting.body.type ?? undefined],
        ["webhook-id", fill(posting.headers.id, values)],
        ["webhook-timestamp", fill(posting.headers.timestamp, values)],
        ["webhook-signature", fill(posting.headers.signature, values)],
      ].filter((each): each is [string, string] => each[1] !== undefined),
    );
    const request = {
      method: "POST",
      url,
      rawPath: url.pathname + url.search,
      headers,
      body: text + posting.appended,
      parameters: [],
      ids: {},
    };
    for (let wait = 0; ; wait += 1) {
      calls += 1;
      let outcome = await sender.send(request);
      // The server may close an idle connection, so the failure proves nothing about this delivery.
      if (outcome.answer === null) outcome = await sender.send(request);
      if (outcome.answer === null)
        // A consumer may close the connection without an answer if a body is too large.
        return {
          status: text.length > 1024 * KIB ? 413 : 0,
          headers: {},
          body: outcome.failure,
          json: undefined,
        };
      const { status, headers: answered } = outcome.answer;
      const seconds =
        status === 429 || status === 503 ? readRetryAfter(answered["retry-after"], clock.now()) : undefined;
      if (seconds === undefined || seconds > MAX_WAIT_SECONDS || wait === MAX_WAITS) return outcome.answer;
      await sleep(clock, seconds * 1000, signal);
    }
  }

  async function execute(posting: Posting) {
    made += 1;
    const written = (bodyText(posting.body) ?? "")
      .replaceAll("@id@", `${prefix}-${made}`)
      .replaceAll("@now@", dateOf(clock).toISOString());
    for (let time = 1; time <= posting.times; time += 1) {
      const answer = await post(posting, written);
      const violation = judge(posting, written, answer, secrets);
      if (violation)
        return {
          violation: time === 1 ? violation : { ...violation, requirement: "RCV-004" },
          executed: { ...posting, times: time },
        };
    }
    return { violation: null, executed: posting };
  }

  try {
    tracker.begin("Post a valid event");
    const valid: Posting = {
      body: { type: EVENT_MEDIA_TYPE, json: makeEvent(createDraw(random, "first"), place) },
      headers: RIGHT,
      skewSeconds: 0,
      isSignedByStranger: false,
      appended: "",
      times: 1,
    };
    const { violation } = await execute(valid);
    if (violation)
      throw new CannotFuzzError(
        violation.actual.startsWith("0 ")
          ? `No response from ${url.origin} (${violation.actual.slice(2)}).`
          : `The consumer refused a valid event (${violation.actual}). Make \`run receiver\` pass first.`,
        { isUnreachable: violation.actual.startsWith("0 ") },
      );
    tracker.begin("Post random webhooks");
    const clean = createScrubber(secrets);
    const hunted = await hunt<Posting>(
      {
        generate: (index) => makePosting(createDraw(random, `posting ${index}`), place),
        execute,
        renew: async () => {},
        simpler: simplerPostings,
        place: ({ body, headers }) => `${body.type} ${headers === RIGHT}`,
        describe: (posting) => ({ commands: toCommands(posting, url).map(clean), calls: posting }),
        calls: () => calls,
      },
      options,
    );
    return { ...hunted, calls, notes: [] };
  } finally {
    sender.close();
    await guard?.close();
  }
}
