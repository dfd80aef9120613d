import type { Exchange } from "../evidence/exchange.ts";
import { type Call, type CallerOptions, createCaller, type Recorder, retryDelaySeconds } from "./caller.ts";
import { sleep } from "./clock.ts";

export type { Bearer, Call, Recorder } from "./caller.ts";

export interface RecorderOptions extends CallerOptions {
  /** Returns the fraction of the jitter, from 0 to 1, to add to the wait with this name. */
  readonly jitter?: (name: string) => number;
}

/** The maximum number of retries of a rate-limited call. */
const MAX_RETRIES = 20;
/** The maximum jitter of a wait, so that calls refused at the same time are not retried at the same time. */
const JITTER_MS = 200;

/**
 * Creates a recorder. It records redirects without following them, so no credential is sent to a redirect's
 * target. It repeats a rate-limited call after the delay that the vendor requests, and returns the last
 * response. It records a missing response as a failure; only an abort throws.
 */
export function createRecorder({ jitter = Math.random, ...options }: RecorderOptions): Recorder {
  // Requests for access tokens do not wait for a turn, because the call that has its turn may need a token.
  const caller = createCaller(options, { call: (call) => callPatiently(call) });
  const { clock, signal, waiting } = caller;
  const turns = createTurns();

  /** @param refused the rate-limited response to the first attempt, if that was already made */
  async function callPatiently(call: Call, refused?: Exchange): Promise<Exchange> {
    let exchange = refused ?? (await caller.call(call));
    for (let retry = 0; retry < MAX_RETRIES; retry += 1) {
      const seconds = retryDelaySeconds(exchange, clock.now());
      if (seconds === null) return exchange;
      const ms = seconds * 1000 + jitter(`${call.purpose} ${retry}`) * JITTER_MS;
      const wait = sleep(clock, ms, signal);
      await waiting(`the rate limit of the vendor, retrying in ${Math.ceil(seconds)} s`, wait);
      exchange = await caller.call(call);
    }
    return exchange;
  }

  let isRateLimited = false;
  return {
    async call(call) {
      if (isRateLimited) return turns.take(() => callPatiently(call));
      const exchange = await caller.call(call);
      if (retryDelaySeconds(exchange, clock.now()) === null) return exchange;
      isRateLimited = true;
      return turns.take(() => callPatiently(call, exchange));
    },
  };
}

/**
 * Runs calls one at a time: once the vendor has rate-limited a call, concurrent calls would be refused again.
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
