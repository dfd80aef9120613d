import { Worker } from "node:worker_threads";
import type { StoreWriter } from "../store.ts";
import { StoreWriteError } from "../store-write-error.ts";
import type { WriterAnswer, WriterRequest } from "./sqlite-writer.ts";

// Beside this file, in the source as in what is published.
const isSource = import.meta.url.endsWith(".ts");
const WRITER = new URL(isSource ? "./sqlite-writer.ts" : "./sqlite-writer.js", import.meta.url);

/**
 * Starts the thread that writes.
 *
 * @param file path of the database
 * @param onGone told when the thread has died; the server should stop
 * @throws {StoreWriteError} `writer_gone` where the database cannot be opened or is newer than this server
 */
export async function startWriter(file: string, onGone: (why: Error) => void): Promise<StoreWriter> {
  const worker = new Worker(WRITER, {
    workerData: file,
    ...(isSource ? { execArgv: ["--conditions=@convergint/source"] } : {}),
  });
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let requests = 0;
  let gone: StoreWriteError | null = null;
  let closing = false;

  const ready = new Promise<unknown>((resolve, reject) => waiting.set(0, { resolve, reject }));
  const lose = (why: string) => {
    gone ??= new StoreWriteError("writer_gone", `The database cannot be written: ${why}`);
    const started = !waiting.has(0);
    for (const { reject } of waiting.values()) reject(gone);
    waiting.clear();
    if (started && !closing) onGone(gone);
  };
  worker.on("message", (answer: WriterAnswer) => {
    const { resolve, reject } = waiting.get(answer.id) ?? {};
    waiting.delete(answer.id);
    if ("error" in answer) reject?.(new StoreWriteError("write_failed", answer.error));
    else resolve?.(answer.result);
  });
  worker.on("error", (error) => lose(error.message));
  worker.on("exit", (code) => lose(`its thread ended with ${code}.`));

  const ask =
    <Result>(operation: WriterRequest["operation"]) =>
    (...args: readonly unknown[]): Promise<Result> => {
      if (gone) return Promise.reject(gone);
      requests += 1;
      const id = requests;
      return new Promise<Result>((resolve, reject) => {
        waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
        worker.postMessage({ id, operation, args } satisfies WriterRequest);
      });
    };
  const close = ask<void>("close");

  await ready;
  return {
    saveIntegration: ask("saveIntegration"),
    commitEvents: ask("commitEvents"),
    keepRefused: ask("keepRefused"),
    stageDevices: ask("stageDevices"),
    applySnapshot: ask("applySnapshot"),
    discardSnapshot: ask("discardSnapshot"),
    recordSync: ask("recordSync"),
    async close() {
      closing = true;
      await close();
      await worker.terminate();
    },
  };
}
