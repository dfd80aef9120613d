import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";

/** How many questions per second are answered, and how many may wait for an answer. */
const MAX_PER_SECOND = 5;
const SECOND_MS = 1000;
/** The time limit for one answer. */
const MAX_MS = 2000;
/**
 * After each answer, the thread rests for this multiple of the answer's duration, so that a flood of questions cannot use
 * a whole processor.
 */
const REST = 4;
const MAX_HEAP_MB = 256;

/** The result of a question. */
export type Asked<Answer> =
  | { readonly kind: "answered"; readonly answer: Answer }
  /** There were too many questions, or the thread was closed. */
  | { readonly kind: "skipped" }
  /** The answer took too long or needed too much memory. */
  | { readonly kind: "gave_up" };

/** A thread that answers a sample of the questions that it gets. */
export interface LimitedWorker<Question, Answer> {
  ask(question: Question): Promise<Asked<Answer>>;
  /** Stops the thread. Pending questions are skipped. */
  close(): Promise<void>;
}

/** Tells the time and waits. Tests pass a clock that they advance themselves. */
interface WorkerClock {
  /** @returns Unix milliseconds */
  now(): number;
  /** Waits. Ends early, without an error, when the signal is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/**
 * Creates a thread for work that any outside sender can trigger, such as finding out why a forged delivery was
 * rejected. The thread does one task at a time, with limits on its time, its memory and the number of tasks.
 *
 * @param file the thread's program. It posts one message for each message that it gets
 */
export function createLimitedWorker<Question, Answer>(
  file: URL,
  clock: WorkerClock,
): LimitedWorker<Question, Answer> {
  const closing = new AbortController();
  let worker: Worker | null = null;
  let startedAt = Number.NEGATIVE_INFINITY;
  let taken = 0;
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();

  /** Counts a question. @returns whether there is time to answer it */
  function take(): boolean {
    const now = clock.now();
    // Uses the absolute value. Otherwise, if the clock were set back, answers would stop until the clock
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

  async function ask(question: Question): Promise<Asked<Answer>> {
    if (closing.signal.aborted) return { kind: "skipped" };
    worker ??= new Worker(file, { resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB } });
    worker.unref();
    const [answered, tooLong] = [new AbortController(), new AbortController()];
    const limit = AbortSignal.any([closing.signal, tooLong.signal]);
    void clock.sleep(MAX_MS, answered.signal).then(() => tooLong.abort());
    try {
      // Rejects if the thread dies, for example because it has no memory left.
      const answer = once(worker, "message", { signal: limit });
      worker.postMessage(question);
      const [message] = await answer;
      return { kind: "answered", answer: message as Answer };
    } catch {
      await stop();
      return { kind: closing.signal.aborted ? "skipped" : "gave_up" };
    } finally {
      answered.abort();
    }
  }

  async function rest(since: number): Promise<void> {
    const ms = (performance.now() - since) * REST;
    await sleep(ms, undefined, { ref: false, signal: closing.signal }).catch(() => {});
  }

  /** Waits until the earlier questions are answered and the thread has rested, then asks. */
  async function askInTurn(question: Question): Promise<Asked<Answer>> {
    const asked = last.then(async () => {
      const since = performance.now();
      return { since, outcome: await ask(question) };
    });
    last = asked.then(({ since }) => rest(since));
    return (await asked).outcome;
  }

  return {
    async ask(question) {
      if (!take()) return { kind: "skipped" };
      waiting += 1;
      return askInTurn(question).finally(() => {
        waiting -= 1;
      });
    },
    async close() {
      closing.abort();
      await stop();
    },
  };
}
