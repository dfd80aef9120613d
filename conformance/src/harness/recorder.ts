import { readRetryAfter } from "@convergint/internal/retry-after";
import type { Exchange } from "../evidence/exchange.ts";
import { unseen, type Waiting } from "./activity.ts";
import { type Clock, dateOf, sleep, startTimeout, systemClock } from "./clock.ts";
import { basicLogin, type OauthClient } from "./credentials.ts";

/** One call to make. */
export interface Call {
  /** What it is for, in a few words; shown to people. */
  readonly purpose: string;
  readonly method?: "GET" | "POST" | "DELETE";
  readonly url: string | URL;
  /** Whose credential to send; none where `null`. Default: the one under test. */
  readonly credential?: Bearer | OauthClient | null;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent beside those that every call has. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as a form, where there is no JSON. */
  readonly form?: Readonly<Record<string, string>>;
}

/** A bearer token, or a way to one that is good at the moment of the call. */
export type Bearer = string | ((recorder: Recorder) => Promise<string>);

export interface RecorderOptions {
  /** Sent with every call that names no other. */
  readonly credential: Bearer;
  /** What stands for a credential in what is recorded, such as the variable that it comes by. Default: `redacted`. */
  readonly names?: ReadonlyMap<string, string>;
  readonly signal: AbortSignal;
  /** From 0 to 1, by name: how much longer than asked for a call waits. */
  readonly jitter?: (name: string) => number;
  /** Lets what is waited for be seen. */
  readonly waiting?: Waiting;
  /** How long an answer may take. */
  readonly timeoutSeconds?: number;
  readonly clock?: Clock;
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

/** What is sent, or `null` for nothing. */
function contentOf(json: Call["json"], form: Call["form"]) {
  if (json !== undefined) return { type: "application/json", body: JSON.stringify(json) };
  if (form === undefined) return null;
  return { type: "application/x-www-form-urlencoded", body: new URLSearchParams(form).toString() };
}

/** How long a busy vendor asks to be left alone, or `null` where an answer is no such request. */
function requestedWait({ response }: Exchange, now: number): number | null {
  if (response?.status !== 429 && response?.status !== 503) return null;
  const seconds = readRetryAfter(response.headers["retry-after"], now);
  return seconds !== undefined && seconds <= MOST_WAIT_SECONDS ? seconds : null;
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
  credential: usual,
  names = new Map(),
  signal,
  jitter = Math.random,
  waiting = unseen,
  timeoutSeconds = 30,
  clock = systemClock,
}: RecorderOptions): Recorder {
  let calls = 0;
  // A token is asked for while the call that wants it has its turn.
  const patient: Recorder = { call: (call) => callPatiently(call) };

  const recorded = ([scheme, secret]: readonly [string, string]): string =>
    `${scheme} [${names.get(secret) ?? "redacted"}]`;

  /** The scheme, and what stands behind it. */
  async function authorizationBy(credential: Bearer | OauthClient): Promise<readonly [string, string]> {
    if (typeof credential === "string") return ["Bearer", credential];
    if (typeof credential === "function") return ["Bearer", await credential(patient)];
    return ["Basic", basicLogin(credential)];
  }

  async function callOnce({
    purpose,
    method = "GET",
    url,
    credential = usual,
    json,
    form,
    headers: more,
  }: Call): Promise<Exchange> {
    const authorization = credential === null ? null : await authorizationBy(credential);
    calls += 1;
    const id = `x${calls}`;
    const content = contentOf(json, form);
    const body = content?.body ?? null;
    const headers: Record<string, string> = {
      accept: "application/json, application/problem+json",
      ...more,
    };
    if (authorization !== null) headers[AUTHORIZATION] = authorization.join(" ");
    if (content !== null) headers["content-type"] = content.type;
    const started = dateOf(clock);
    const finish = (response: Exchange["response"], failure: string | null): Exchange => ({
      id,
      purpose,
      request: {
        method,
        url: String(url),
        headers: authorization === null ? headers : { ...headers, [AUTHORIZATION]: recorded(authorization) },
        body,
      },
      response,
      failure,
      startedAt: started.toISOString(),
      durationMs: clock.now() - started.getTime(),
    });
    const timeout = startTimeout(clock, timeoutSeconds * 1000);
    try {
      const asked = AbortSignal.any([signal, timeout.signal]);
      const answer = fetch(url, { method, headers, body, redirect: "manual", signal: asked }).then(
        async (response) => ({
          status: response.status,
          headers: Object.fromEntries(response.headers),
          body: await readBody(response),
        }),
      );
      return finish(await waiting(`the answer to “${purpose}”`, answer), null);
    } catch (error) {
      signal.throwIfAborted();
      return finish(null, failureOf(error, timeoutSeconds));
    } finally {
      timeout.cancel();
    }
  }

  let hasHadEnough = false;
  /** Once a vendor has had enough, one call follows the other: a limit is there to be kept, not to be tried. */
  let turn: Promise<unknown> = Promise.resolve();

  /** @param refused what the vendor has answered already, where it has */
  async function callPatiently(call: Call, refused?: Exchange): Promise<Exchange> {
    let exchange = refused ?? (await callOnce(call));
    for (let retries = 0; retries < MOST_RETRIES; retries += 1) {
      const seconds = requestedWait(exchange, clock.now());
      if (seconds === null) return exchange;
      const ms = seconds * 1000 + jitter(`${call.purpose} ${retries}`) * JITTER_MS;
      const left = sleep(clock, ms, signal);
      await waiting(`the vendor, which asks to be left alone for ${Math.ceil(seconds)} s`, left);
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
      if (requestedWait(exchange, clock.now()) === null) return exchange;
      hasHadEnough = true;
      return inTurn(call, exchange);
    },
  };
}
