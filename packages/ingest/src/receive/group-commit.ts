/** The queue is full: the sender should come again in a moment. */
export class QueueFullError extends Error {
  override readonly name = "QueueFullError";
  readonly code = "overloaded";
  constructor() {
    super(
      "More deliveries are waiting to be stored than the server takes on. Send this one again in a moment.",
    );
  }
}

/** A row on its way into the store. */
interface Waiting<Row> {
  readonly row: Row;
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const MOST_ROWS_A_COMMIT = 1024;
const MOST_BYTES_A_COMMIT = 1024 * 1024;
const MOST_WAITING_ROWS = 20_000;
const MOST_WAITING_BYTES = 64 * 1024 * 1024;

export interface GroupCommit<Row> {
  /**
   * Resolves when the row is durable.
   *
   * @param bytes how much room it takes, about
   * @throws {QueueFullError} `overloaded`, at once; or what the commit failed with
   */
  submit(row: Row, bytes: number): Promise<void>;
  /** Resolves when nothing waits any more. */
  drained(): Promise<void>;
}

/**
 * Makes rows share commits. There is no timer: one commit is under way, and the next takes whatever came meanwhile,
 * so a lone row waits for nothing and a crowd pays for one sync.
 *
 * @param commit makes rows durable, all or none of them
 * @param isHopeless tells a failure that no other batch would escape
 */
export function createGroupCommit<Row>(
  commit: (rows: readonly Row[]) => Promise<void>,
  isHopeless: (error: unknown) => boolean,
): GroupCommit<Row> {
  let waiting: Waiting<Row>[] = [];
  let waitingBytes = 0;
  let running: Promise<void> | null = null;

  function takeBatch(): Waiting<Row>[] {
    let bytes = 0;
    const end = waiting.findIndex((entry, index) => {
      bytes += entry.bytes;
      return index >= MOST_ROWS_A_COMMIT || (index > 0 && bytes > MOST_BYTES_A_COMMIT);
    });
    const batch = end === -1 ? waiting : waiting.slice(0, end);
    waiting = end === -1 ? [] : waiting.slice(end);
    for (const entry of batch) waitingBytes -= entry.bytes;
    return batch;
  }

  /** A row that poisons its batch is found by halving, so that the others do not pay for it. */
  async function settle(batch: readonly Waiting<Row>[]): Promise<void> {
    try {
      await commit(batch.map(({ row }) => row));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      if (batch.length === 1 || isHopeless(error)) {
        for (const { reject } of batch) reject(error);
        return;
      }
      const half = Math.ceil(batch.length / 2);
      await settle(batch.slice(0, half));
      await settle(batch.slice(half));
    }
  }

  async function run(): Promise<void> {
    while (waiting.length > 0) await settle(takeBatch());
    running = null;
  }

  return {
    submit(row, bytes) {
      if (waiting.length >= MOST_WAITING_ROWS || waitingBytes + bytes > MOST_WAITING_BYTES) {
        return Promise.reject(new QueueFullError());
      }
      return new Promise((resolve, reject) => {
        waiting.push({ row, bytes, resolve, reject });
        waitingBytes += bytes;
        running ??= run();
      });
    },
    drained: async () => {
      await running;
    },
  };
}
