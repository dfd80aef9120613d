import { Worker } from "node:worker_threads";
import { StoreError } from "../store.ts";
import type { Transactions } from "./transactions.ts";
import type { WriterAnswer, WriterRequest } from "./writer-main.ts";

// The worker's file is in the same folder as this file, both in the source and in the published package.
const isSource = import.meta.url.endsWith(".ts");
const WRITER = new URL(isSource ? "./writer-main.ts" : "./writer-main.js", import.meta.url);

/** The thread that writes. */
export interface Writer {
  /**
   * Runs a transaction. Resolves after it is durable.
   *
   * @throws {StoreError} `write_failed`, `unavailable`, `store_gone`
   */
  write<Name extends keyof Transactions>(
    name: Name,
    ...args: Parameters<Transactions[Name]>
  ): Promise<ReturnType<Transactions[Name]>>;
  /** Completes pending transactions, then stops. */
  close(): Promise<void>;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The requests that the worker has not answered yet. */
interface Requests {
  /** Resolves when the worker has opened the database. */
  readonly ready: Promise<unknown>;
  send(request: (id: number) => WriterRequest): Promise<unknown>;
}

/** @param onGone called when the worker is gone, after all pending requests were rejected */
function createRequests(worker: Worker, onGone: (error: StoreError) => void): Requests {
  const pending = new Map<number, Pending>();
  let lastId = 0;
  let gone: StoreError | null = null;

  const fail = (reason: string) => {
    gone ??= new StoreError("store_gone", `Cannot write to the database: ${reason}`);
    for (const { reject } of pending.values()) reject(gone);
    pending.clear();
    onGone(gone);
  };
  worker.on("message", (answer: WriterAnswer) => {
    const { resolve, reject } = pending.get(answer.id) ?? {};
    pending.delete(answer.id);
    if (!("error" in answer)) return resolve?.(answer.result);
    const code = answer.isDiskFailure ? "unavailable" : "write_failed";
    reject?.(new StoreError(code, `SQLite: ${answer.error}`));
  });
  worker.on("error", (error) => fail(error.message));
  worker.on("exit", (code) => fail(`the writer thread exited with code ${code}.`));

  return {
    // When the worker has started, it answers id 0 once, although no request has that id.
    ready: new Promise((resolve, reject) => pending.set(0, { resolve, reject })),
    send(request) {
      if (gone) return Promise.reject(gone);
      lastId += 1;
      const id = lastId;
      return new Promise((resolve, reject) => {
        pending.set(id, { resolve, reject });
        worker.postMessage(request(id));
      });
    },
  };
}

/**
 * Starts the thread that writes.
 *
 * @param file path of the database
 * @param onGone called if the thread dies after it has started; the server should stop
 * @throws {StoreError} `store_gone` if the database cannot be opened, or this server cannot use its schema
 */
export async function startWriter(file: string, onGone: (why: Error) => void): Promise<Writer> {
  const worker = new Worker(WRITER, {
    workerData: file,
    // A message becomes garbage as soon as it is written. With a small young generation, V8 would promote many
    // messages before they are written.
    resourceLimits: { maxYoungGenerationSizeMb: 64 },
    ...(isSource ? { execArgv: ["--conditions=@convergint/source"] } : {}),
  });
  let phase: "starting" | "running" | "closing" = "starting";
  const requests = createRequests(worker, (error) => {
    if (phase === "running") onGone(error);
  });
  await requests.ready;
  phase = "running";
  return {
    async write(name, ...args) {
      return (await requests.send((id) => ({ id, write: name, args }))) as ReturnType<
        Transactions[typeof name]
      >;
    },
    async close() {
      phase = "closing";
      await requests.send((id) => ({ id, write: "close" }));
      await worker.terminate();
    },
  };
}
