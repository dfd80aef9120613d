import type { Exchange } from "../evidence/exchange.ts";
import { type Call, type CallerOptions, createCaller, type Recorder, retryDelaySeconds } from "./caller.ts";
import { sleep } from "./clock.ts";

export type { Bearer, Call, Recorder } from "./caller.ts";

export interface RecorderOptions extends CallerOptions {
  /** By name, a number from 0 to 1: how much of the jitter to add to a wait. */
  readonly jitter?: (name: string) => number;
}

/** How often to repeat a call that the vendor rate-limits. */
const MAX_RETRIES = 20;
/** Added to waits, so that calls refused together do not return together. */
const JITTER_MS = 200;

/**
 * Creates a recorder. It records redirects and does not follow them, so no credential goes where a vendor points. It repeats a
 * rate-limited call when the vendor says so, and returns the response to that. A missing response is recorded as a failure;
 * only an abort throws.
 */
export function createRecorder({ jitter = Math.random, ...options }: RecorderOptions): Recorder {
  // A call that has its turn may need an access token first, so that request does not wait for a turn.
  const caller = createCaller(options, { call: (call) => callPatiently(call) });
  const { clock, signal, waiting } = caller;
  const turns = createTurns();

  /** @param refused the vendor's first response, if the call was made already */
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

/** Runs one call after the other: once a vendor has rate-limited the run, more at once would only be refused again. */
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
