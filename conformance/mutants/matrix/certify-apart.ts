import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Run } from "../../src/suite/grade.ts";

/** What to certify, and without which checks. */
export interface Task {
  /** Of a mutant or of a control. */
  readonly name: string;
  readonly leftOut: readonly string[];
}

/** What a run came to. Not what it recorded: of hundreds of runs that would not fit into memory. */
export interface Outcome {
  readonly results: Run["results"];
  /** The same evidence, judged without the check of the requirement that the mutant breaks. */
  readonly withoutOwn: Run["results"];
}

/**
 * Certifies one after the other in a thread of its own: what judges one run must not keep the webhooks of another waiting,
 * or clocks be late by which its retries are measured.
 */
export interface Thread {
  certify(task: Task): Promise<Outcome>;
  end(): Promise<unknown>;
}

/** Starts a thread. It ends when the signal aborts, whatever it is at. */
export function startThread(signal: AbortSignal): Thread {
  const worker = new Worker(new URL("./certify-thread.ts", import.meta.url), {
    execArgv: ["--conditions=@convergint/source"],
  });
  const ended = once(worker, "exit");
  // Heard of where there is something to certify.
  ended.catch(() => {});
  const end = () => worker.terminate();
  signal.addEventListener("abort", end, { once: true });
  return {
    async certify(task) {
      const answered = once(worker, "message", { signal });
      const endedAt = ended.then(() => {
        throw new Error(`The thread ended at ${task.name}.`);
      });
      worker.postMessage(task);
      const [outcome] = await Promise.race([answered, endedAt]);
      return outcome as Outcome;
    },
    end() {
      signal.removeEventListener("abort", end);
      return end();
    },
  };
}
