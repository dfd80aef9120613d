import { setTimeout as wait } from "node:timers/promises";
import { CREDENTIAL_MARKS } from "../evidence/credential-marks.ts";
import type { Exchange } from "../evidence/exchange.ts";

/** One call to make. */
export interface Call {
  /** What it is for, in a few words; shown to people. */
  readonly purpose: string;
  readonly method?: "GET" | "POST" | "DELETE";
  readonly url: string | URL;
  /** Whose credential to send; none where `null`. Default: the one under test. */
  readonly credential?: string | null;
  /** Sent as JSON. */
  readonly json?: unknown;
}

export interface RecorderOptions {
  readonly apiKey: string;
  /** The key of another tenant, where calls are made with one. */
  readonly secondApiKey?: string;
  readonly signal: AbortSignal;
  /** How long an answer may take. */
  readonly timeoutSeconds?: number;
}

/** Makes HTTP calls and keeps each one as evidence. */
export interface Recorder {
  call(call: Call): Promise<Exchange>;
}

const AUTHORIZATION = "authorization";
/** No answer of the contract comes near it; one that does is not read to its end. */
const MOST_BYTES = 256 * 1024 * 1024;
/** How often a busy vendor is asked again, and how long it may make the run wait each time. */
const MOST_RETRIES = 20;
const MOST_WAIT_SECONDS = 300;
/** What was refused together must not come back together. */
const JITTER_MS = 200;

/** Reads a body, as far as it may go. */
async function readBody(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new Error(`the answer is larger than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** How long a busy vendor asks to be left alone, or `null` where an answer is no such request. */
function requestedWait({ response }: Exchange): number | null {
  if (response?.status !== 429 && response?.status !== 503) return null;
  const asked = response.headers["retry-after"] ?? "";
  // Seconds, or the date at which to come again (RFC 9110, section 10.2.3).
  const seconds = /^\d+$/.test(asked) ? Number(asked) : Math.max(0, (Date.parse(asked) - Date.now()) / 1000);
  return seconds <= MOST_WAIT_SECONDS ? seconds : null;
}

function failureOf(error: unknown, timeoutSeconds: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${timeoutSeconds} s`;
  const cause = error.cause instanceof Error ? error.cause : error;
  const code = "code" in cause ? String(cause.code) : "";
  return [code, cause.message].filter(Boolean).join(": ") || error.message;
}

/**
 * Makes a recorder. Redirects are recorded, not followed: a credential must not travel to where a vendor points.
 * A vendor that asks for patience gets it, and its answer after that counts. An answer that does not come is
 * recorded as such; only an abort throws.
 */
export function createRecorder({
  apiKey,
  secondApiKey,
  signal,
  timeoutSeconds = 30,
}: RecorderOptions): Recorder {
  let calls = 0;
  const markOf = (credential: string): string => {
    if (credential === apiKey) return CREDENTIAL_MARKS.own;
    return credential === secondApiKey ? CREDENTIAL_MARKS.second : CREDENTIAL_MARKS.madeUp;
  };

  async function callOnce({
    purpose,
    method = "GET",
    url,
    credential = apiKey,
    json,
  }: Call): Promise<Exchange> {
    calls += 1;
    const id = `x${calls}`;
    const body = json === undefined ? null : JSON.stringify(json);
    const headers: Record<string, string> = { accept: "application/json, application/problem+json" };
    if (credential !== null) headers[AUTHORIZATION] = `Bearer ${credential}`;
    if (body !== null) headers["content-type"] = "application/json";
    const started = new Date();
    const finish = (response: Exchange["response"], failure: string | null): Exchange => ({
      id,
      purpose,
      request: {
        method,
        url: String(url),
        headers:
          credential === null ? headers : { ...headers, [AUTHORIZATION]: `Bearer ${markOf(credential)}` },
        body,
      },
      response,
      failure,
      startedAt: started.toISOString(),
      durationMs: Date.now() - started.getTime(),
    });
    try {
      const response = await fetch(url, {
        method,
        headers,
        body,
        redirect: "manual",
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutSeconds * 1000)]),
      });
      const { status, headers: answered } = response;
      return finish({ status, headers: Object.fromEntries(answered), body: await readBody(response) }, null);
    } catch (error) {
      signal.throwIfAborted();
      return finish(null, failureOf(error, timeoutSeconds));
    }
  }

  let hasHadEnough = false;
  /** Once a vendor has had enough, one call follows the other: a limit is there to be kept, not to be tried. */
  let turn: Promise<unknown> = Promise.resolve();

  /** @param refused what the vendor has answered already, where it has */
  async function callPatiently(call: Call, refused?: Exchange): Promise<Exchange> {
    let exchange = refused ?? (await callOnce(call));
    for (let retries = 0; retries < MOST_RETRIES; retries += 1) {
      const seconds = requestedWait(exchange);
      if (seconds === null) return exchange;
      await wait(seconds * 1000 + Math.random() * JITTER_MS, undefined, { signal });
      exchange = await callOnce(call);
    }
    return exchange;
  }

  function inTurn(call: Call, refused?: Exchange): Promise<Exchange> {
    const take = () => callPatiently(call, refused);
    const next = turn.then(take, take);
    turn = next;
    return next;
  }

  return {
    async call(call) {
      if (hasHadEnough) return inTurn(call);
      const exchange = await callOnce(call);
      if (requestedWait(exchange) === null) return exchange;
      hasHadEnough = true;
      return inTurn(call, exchange);
    },
  };
}
