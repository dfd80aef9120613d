import { readRetryAfter } from "@convergint/internal/retry-after";
import type { Exchange } from "../evidence/exchange.ts";
import { type Call, type CallerOptions, createCaller, type Recorder, retryDelaySeconds } from "./caller.ts";
import { sleep } from "./clock.ts";

export type { Bearer, Call, OtherBearers, Recorder } from "./caller.ts";

export interface RecorderOptions extends CallerOptions {
  /** Returns the fraction of the jitter, from 0 to 1, to add to the wait with this name. */
  readonly jitter?: (name: string) => number;
}

/** The maximum number of retries of a rate-limited call. */
const MAX_RETRIES = 20;
/** The maximum jitter of a wait, so that calls refused at the same time are not retried at the same time. */
const JITTER_MS = 200;

/** How long to wait before each retry of a call that failed in a way that may be temporary. */
const RETRY_AFTER_MS = [0, 1000, 5000] as const;
/** A connection that was closed before the response was complete, such as an idle one. @see RFC 9112, 9.5 */
const CLOSED = /^(?:ECONNRESET|EPIPE|UND_ERR_SOCKET)\b/;
/** No connection was made, so the call was not processed. */
const NOT_CONNECTED =
  /^(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT|proxy_failed)\b/;
/** The number of calls that failed in spite of retries after which later calls do not wait for retries. */
const MAX_LOST_CALLS = 5;

/** Tells whether the same call may succeed a moment later, even if the vendor sends no `Retry-After`. */
function isTemporary(
  { response, failure }: Exchange,
  { method = "GET", repeatable = method === "GET" }: Call,
) {
  if (response === null) {
    const reason = failure ?? "";
    return NOT_CONNECTED.test(reason) || (repeatable && CLOSED.test(reason));
  }
  // A refused call was not processed, so any method can be repeated.
  if ([429, 503].includes(response.status)) {
    return readRetryAfter(response.headers["retry-after"], 0) === undefined;
  }
  return repeatable && [500, 502, 504].includes(response.status);
}

/** Adds earlier attempts at the same call to the evidence. */
const addEarlier = (earlier: readonly Exchange[], last: Exchange): Exchange =>
  earlier.length === 0 ? last : { ...last, earlier: [...earlier, ...(last.earlier ?? [])] };

/** Lists all attempts at a call. No attempt in the list contains its earlier attempts. */
const listAttempts = ({ earlier = [], ...last }: Exchange): readonly Exchange[] => [...earlier, last];

/**
 * Creates a recorder. The recorder records redirects without following them, so no credential is sent to a
 * redirect's target. It repeats a rate-limited call after the delay that the vendor requests. After a closed
 * connection or a temporary failure, it repeats a call that is safe to make twice. It returns the last
 * attempt, together with the earlier attempts. It records a missing response as a failure; only an abort
 * throws.
 */
export function createRecorder({ jitter = Math.random, ...options }: RecorderOptions): Recorder {
  // Requests for access tokens do not wait for a turn, because the call that currently has its turn may need
  // a token.
  const caller = createCaller(options, { call: (call) => callPatiently(call) });
  const { clock, signal, waiting } = caller;
  const turns = createTurns();
  let lostCalls = 0;
  let hasAnswered = false;

  /** Repeats a call after a temporary failure, but not after a delay that the vendor requests. */
  async function callRepeatedly(call: Call): Promise<Exchange> {
    let exchange = await caller.call(call);
    hasAnswered ||= exchange.response !== null;
    // A target that never answered has a wrong address, rather than a short failure.
    if (!hasAnswered && NOT_CONNECTED.test(exchange.failure ?? "")) return exchange;
    for (const ms of RETRY_AFTER_MS) {
      if (!isTemporary(exchange, call) || (ms > 0 && lostCalls >= MAX_LOST_CALLS)) return exchange;
      if (ms > 0) await waiting(`a retry of “${call.purpose}”`, sleep(clock, ms, signal));
      exchange = addEarlier(listAttempts(exchange), await caller.call(call));
    }
    if (isTemporary(exchange, call)) lostCalls += 1;
    return exchange;
  }

  /** @param refused the rate-limited response to the first attempt, if that was already made */
  async function callPatiently(call: Call, refused?: Exchange): Promise<Exchange> {
    let exchange = refused ?? (await callRepeatedly(call));
    for (let retry = 0; retry < MAX_RETRIES; retry += 1) {
      const seconds = retryDelaySeconds(exchange, clock.now());
      if (seconds === null) return exchange;
      const ms = seconds * 1000 + jitter(`${call.purpose} ${retry}`) * JITTER_MS;
      const wait = sleep(clock, ms, signal);
      await waiting(`the rate limit of the vendor, retrying in ${Math.ceil(seconds)} s`, wait);
      exchange = addEarlier(listAttempts(exchange), await callRepeatedly(call));
    }
    return exchange;
  }

  let isRateLimited = false;
  return {
    async call(call) {
      if (isRateLimited) return turns.take(() => callPatiently(call));
      const exchange = await callRepeatedly(call);
      if (retryDelaySeconds(exchange, clock.now()) === null) return exchange;
      isRateLimited = true;
      return turns.take(() => callPatiently(call, exchange));
    },
  };
}

/**
 * Runs calls one at a time, because after the vendor has rate-limited a call, it would refuse concurrent calls too.
 */
function createTurns(): { take<Result>(act: () => Promise<Result>): Promise<Result> } {
  let last: Promise<unknown> = Promise.resolve();
  return {
    take(act) {
      const next = last.then(act, act);
      last = next;
      return next;
    },
  };
}
