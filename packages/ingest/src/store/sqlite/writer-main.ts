import { parentPort, workerData } from "node:worker_threads";
import { migrate } from "./migrate.ts";
import { openForWriting } from "./open.ts";
import { type Writes, writesOf } from "./writes/writes.ts";

/**
 * The worker thread that owns the only connection that writes, so that the event loop of the server never waits for
 * the disk. It does what it is told, one thing after the other, and answers when that is durable.
 */
const database = openForWriting(String(workerData));
migrate(database);
const writes = writesOf(database);

/** What the server asks for. */
export type WriterRequest =
  | { readonly id: number; readonly write: keyof Writes; readonly args: readonly unknown[] }
  | { readonly id: number; readonly write: "close" };

/** What it is answered. */
export type WriterAnswer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string };

function run(request: WriterRequest): unknown {
  if (request.write === "close") return database.close() && undefined;
  const write = writes[request.write] as (...args: readonly unknown[]) => unknown;
  return write(...request.args);
}

const answer = (message: WriterAnswer): void => parentPort?.postMessage(message);

parentPort?.on("message", (request: WriterRequest) => {
  const { id } = request;
  try {
    answer({ id, result: run(request) });
  } catch (error) {
    answer({ id, error: error instanceof Error ? error.message : String(error) });
  }
});
answer({ id: 0, result: "ready" });
