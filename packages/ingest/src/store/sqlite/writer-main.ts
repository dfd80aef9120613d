import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { commitTogether } from "./commit-together.ts";
import { migrate } from "./migrate.ts";
import { openForWriting } from "./open.ts";
import type { PackedEvent } from "./packed-events.ts";
import { type Writes, writesOf } from "./writes/writes.ts";

/**
 * The worker thread that owns the only connection that writes, so that the event loop of the server never waits for
 * the disk. It does what it is told, one thing after the other, and answers when that is durable.
 */
if (!parentPort) throw new Error("This runs as a worker thread.");
const port = parentPort;
const database = openForWriting(String(workerData));
migrate(database);
const writes = writesOf(database);

const MOST_ROWS_A_TRANSACTION = 4096;

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

function answer(id: number, result: () => unknown): void {
  let message: WriterAnswer;
  try {
    message = { id, result: result() };
  } catch (error) {
    message = { id, error: error instanceof Error ? error.message : String(error) };
  }
  port.postMessage(message);
}

/** What has been asked meanwhile: taken without going to sleep. */
const nextRequest = (): WriterRequest | undefined =>
  receiveMessageOnPort(port)?.message as WriterRequest | undefined;

/** The events that a request has for the ledger; `null` where it is about something else. */
const eventsIn = (request: WriterRequest): readonly PackedEvent[] | null =>
  request.write === "commitEvents" ? (request.args[0] as readonly PackedEvent[]) : null;

/**
 * Commits the events of this request, and those that wait behind it, as one: they pay for one sync of the disk.
 *
 * @returns the first request that is not among them
 */
function commitFrom(request: WriterRequest): WriterRequest | undefined {
  const ids: number[] = [];
  const batches: (readonly PackedEvent[])[] = [];
  let rows = 0;
  let next: WriterRequest | undefined = request;
  while (next && rows < MOST_ROWS_A_TRANSACTION) {
    const events = eventsIn(next);
    if (!events) break;
    ids.push(next.id);
    batches.push(events);
    rows += events.length;
    next = nextRequest();
  }
  for (const [index, result] of commitTogether(writes.commitEvents, batches).entries()) {
    answer(ids[index] as number, result);
  }
  return next;
}

port.on("message", (request: WriterRequest) => {
  let next: WriterRequest | undefined = request;
  while (next) {
    const current: WriterRequest = next;
    if (eventsIn(current)) {
      next = commitFrom(current);
    } else {
      answer(current.id, () => run(current));
      next = nextRequest();
    }
  }
});
answer(0, () => "ready");
