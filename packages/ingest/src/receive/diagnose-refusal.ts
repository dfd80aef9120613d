import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { DiagnoseOptions } from "@convergint/diagnose";
import type { Clock } from "../clock.ts";
import type { Delivery } from "./accept.ts";

/**
 * How many deliveries per second are explained, and how many may wait for an explanation. A sample is enough.
 */
const MAX_PER_SECOND = 5;
const SECOND_MS = 1000;
/** The time limit for one explanation. */
const MAX_MS = 2000;
/**
 * After each explanation, the thread rests for this multiple of the explanation's duration, so that a flood
 * of deliveries cannot use a whole processor.
 */
const REST = 4;
const MAX_HEAP_MB = 256;

const GAVE_UP =
  "The explanation was stopped because it took too long. Send the delivery to `convergint-conformance listen` to have it explained.";

// The worker's file is in the same folder as this file, both in the source and in the published package.
const isSource = import.meta.url.endsWith(".ts");
const EXPLAINER = new URL(isSource ? "./explain-main.ts" : "./explain-main.js", import.meta.url);

/** Explains deliveries that did not verify. */
export interface Explainer {
  /**
   * Finds out, for the operator, why a delivery did not verify. The sender learns only that it did not verify.
   *
   * @returns the explanation, without any secret; `null` for a delivery that is skipped
   */
  explain(delivery: Delivery, secrets: readonly string[]): Promise<string | null>;
  /** Stops the explainer. Pending explanations resolve to `null`. */
  close(): Promise<void>;
}

const toPlain = (headers: Delivery["headers"]) =>
  headers instanceof Headers ? Object.fromEntries(headers) : { ...headers };

/**
 * Creates an explainer, which runs in a separate thread. Explains one delivery at a time, and only a few
 * deliveries per second.
 */
export function createExplainer(clock: Clock): Explainer {
  const closing = new AbortController();
  let worker: Worker | null = null;
  let startedAt = Number.NEGATIVE_INFINITY;
  let taken = 0;
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();

  /** Counts a delivery. @returns whether there is time to explain it */
  function take(): boolean {
    const now = clock.now();
    // Uses the absolute value. Otherwise, if the clock were set back, explanations would stop until the clock
    // reached the old time again.
    if (Math.abs(now - startedAt) >= SECOND_MS) [startedAt, taken] = [now, 0];
    taken += 1;
    return taken <= MAX_PER_SECOND && waiting < MAX_PER_SECOND;
  }

  async function stop(): Promise<void> {
    const stopped = worker;
    worker = null;
    await stopped?.terminate();
  }

  async function ask(refused: DiagnoseOptions): Promise<string | null> {
    if (closing.signal.aborted) return null;
    worker ??= new Worker(EXPLAINER, { resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB } });
    worker.unref();
    const [answered, tooLong] = [new AbortController(), new AbortController()];
    const limit = AbortSignal.any([closing.signal, tooLong.signal]);
    void clock.sleep(MAX_MS, answered.signal).then(() => tooLong.abort());
    try {
      // Rejects if the thread dies, for example because it has no memory left.
      const answer = once(worker, "message", { signal: limit });
      worker.postMessage(refused);
      const [explanation] = await answer;
      return String(explanation);
    } catch {
      await stop();
      return closing.signal.aborted ? null : GAVE_UP;
    } finally {
      answered.abort();
    }
  }

  async function rest(since: number): Promise<void> {
    const ms = (performance.now() - since) * REST;
    await sleep(ms, undefined, { ref: false, signal: closing.signal }).catch(() => {});
  }

  /** Requests an explanation when the explanations before it are ready and the thread has rested. */
  async function askInTurn(refused: DiagnoseOptions): Promise<string | null> {
    const asked = last.then(async () => {
      const since = performance.now();
      return { since, explanation: await ask(refused) };
    });
    last = asked.then(({ since }) => rest(since));
    return (await asked).explanation;
  }

  return {
    async explain({ headers, body, receivedAt }, secrets) {
      if (!take()) return null;
      waiting += 1;
      const refused = { headers: toPlain(headers), body, keys: secrets, now: receivedAt };
      return askInTurn(refused).finally(() => {
        waiting -= 1;
      });
    },
    async close() {
      closing.abort();
      await stop();
    },
  };
}
