import { Worker } from "node:worker_threads";
import { StoreError } from "../store-error.ts";
import type { WriterAnswer, WriterRequest } from "./writer-main.ts";
import type { Writes } from "./writes/writes.ts";

// Beside this file, in the source as in what is published.
const isSource = import.meta.url.endsWith(".ts");
const WRITER = new URL(isSource ? "./writer-main.ts" : "./writer-main.js", import.meta.url);

/** The thread that writes. */
export interface Writer {
  /**
   * Has it write. Resolves when that is durable.
   *
   * @throws {StoreError} `write_failed`, `store_gone`
   */
  write<Name extends keyof Writes>(
    name: Name,
    ...args: Parameters<Writes[Name]>
  ): Promise<ReturnType<Writes[Name]>>;
  /** Lets it finish. */
  close(): Promise<void>;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Starts the thread that writes.
 *
 * @param file path of the database
 * @param onGone told when the thread has died; the server should stop
 * @throws {StoreError} `store_gone` where the database cannot be opened or is newer than this server
 */
export async function startWriter(file: string, onGone: (why: Error) => void): Promise<Writer> {
  const worker = new Worker(WRITER, {
    workerData: file,
    // What comes in a message is garbage when it is written: in a small nursery, much of it would be carried on.
    resourceLimits: { maxYoungGenerationSizeMb: 64 },
    ...(isSource ? { execArgv: ["--conditions=@convergint/source"] } : {}),
  });
  const waiting = new Map<number, Waiting>();
  let requests = 0;
  let gone: StoreError | null = null;
  let started = false;
  let closing = false;

  const ready = new Promise<unknown>((resolve, reject) => waiting.set(0, { resolve, reject }));
  const lose = (why: string) => {
    gone ??= new StoreError("store_gone", `The database cannot be written: ${why}`);
    for (const { reject } of waiting.values()) reject(gone);
    waiting.clear();
    if (started && !closing) onGone(gone);
  };
  worker.on("message", (answer: WriterAnswer) => {
    const { resolve, reject } = waiting.get(answer.id) ?? {};
    waiting.delete(answer.id);
    if ("error" in answer) reject?.(new StoreError("write_failed", answer.error));
    else resolve?.(answer.result);
  });
  worker.on("error", (error) => lose(error.message));
  worker.on("exit", (code) => lose(`its thread ended with ${code}.`));

  function ask(request: (id: number) => WriterRequest): Promise<unknown> {
    if (gone) return Promise.reject(gone);
    requests += 1;
    const id = requests;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      worker.postMessage(request(id));
    });
  }

  await ready;
  started = true;
  return {
    async write(name, ...args) {
      return (await ask((id) => ({ id, write: name, args }))) as ReturnType<Writes[typeof name]>;
    },
    async close() {
      closing = true;
      await ask((id) => ({ id, write: "close" }));
      await worker.terminate();
    },
  };
}
