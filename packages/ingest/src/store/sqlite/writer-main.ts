import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { isDiskFailure, openForWriting } from "./connection.ts";
import { migrate } from "./migrate.ts";
import type { PackedEvent } from "./packed-events.ts";
import { commitTogether, createTransactions, type Transactions } from "./transactions.ts";

/**
 * The worker thread that owns the only connection that writes, so that the server's event loop never waits
 * for the disk. The thread handles one request at a time, and answers after the result is durable.
 */
if (!parentPort) throw new Error("Start this file as a worker thread, not as a program.");
const port = parentPort;
const database = openForWriting(String(workerData));
migrate(database);
const transactions = createTransactions(database);

/**
 * Two group commits run in sequence. The receiver batches up to 1,024 events per commit and keeps up to
 * `commitsAtOnce` (16) pending. This thread merges commits until a transaction has 4,096 events or more, so
 * at least 4 full commits share a disk sync, and 16 take at most 4 transactions.
 */
const MAX_ROWS_PER_TRANSACTION = 4096;

export type WriterRequest =
  | { readonly id: number; readonly write: keyof Transactions; readonly args: readonly unknown[] }
  | { readonly id: number; readonly write: "close" };

export type WriterAnswer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string; readonly isDiskFailure: boolean };

function run(request: WriterRequest): unknown {
  if (request.write === "close") return database.close() && undefined;
  const write = transactions[request.write] as (...args: readonly unknown[]) => unknown;
  return write(...request.args);
}

function answer(id: number, result: () => unknown): void {
  let message: WriterAnswer;
  try {
    message = { id, result: result() };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    message = { id, error: text, isDiskFailure: isDiskFailure(error) };
  }
  port.postMessage(message);
}

/** Takes the next waiting request without returning to the event loop. */
const takeRequest = (): WriterRequest | undefined =>
  receiveMessageOnPort(port)?.message as WriterRequest | undefined;

/** @returns `null` for a request that commits no events */
const getEvents = (request: WriterRequest): readonly PackedEvent[] | null =>
  request.write === "commitEvents" ? (request.args[0] as readonly PackedEvent[]) : null;

/**
 * Commits the events of this request and of the requests waiting behind it, in one transaction.
 *
 * @returns the first request that was taken but not included
 */
function commitFrom(request: WriterRequest): WriterRequest | undefined {
  const ids: number[] = [];
  const batches: (readonly PackedEvent[])[] = [];
  let rows = 0;
  let next: WriterRequest | undefined = request;
  while (next && rows < MAX_ROWS_PER_TRANSACTION) {
    const events = getEvents(next);
    if (!events) break;
    ids.push(next.id);
    batches.push(events);
    rows += events.length;
    next = takeRequest();
  }
  for (const [index, result] of commitTogether(transactions.commitEvents, batches).entries()) {
    answer(ids[index] as number, result);
  }
  return next;
}

port.on("message", (request: WriterRequest) => {
  let next: WriterRequest | undefined = request;
  while (next) {
    const current: WriterRequest = next;
    if (getEvents(current)) {
      next = commitFrom(current);
    } else {
      answer(current.id, () => run(current));
      next = takeRequest();
    }
  }
});
answer(0, () => "ready");
