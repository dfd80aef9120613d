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
interface Waiting<Row, Result> {
  readonly row: Row;
  readonly bytes: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

const MOST_ROWS_A_COMMIT = 1024;
const MOST_BYTES_A_COMMIT = 1024 * 1024;
/** Beside a commit that is under way, another is begun for no fewer. */
const ROWS_WORTH_ANOTHER = 64;
const MOST_WAITING_ROWS = 20_000;
const MOST_WAITING_BYTES = 64 * 1024 * 1024;

export interface GroupCommit<Row, Result> {
  /**
   * Resolves when the row is durable.
   *
   * @param bytes how much room it takes, about
   * @returns what the commit said of this row
   * @throws {QueueFullError} `overloaded`, at once; or what the commit failed with
   */
  submit(row: Row, bytes: number): Promise<Result>;
  /** How many rows wait for a commit to begin. */
  depth(): number;
  /** Resolves when nothing waits any more. */
  drained(): Promise<void>;
}

/** What makes rows durable. */
export interface Commits<Row, Result> {
  /** Makes rows durable, all or none of them. @returns what became of each, in the order given */
  readonly commit: (rows: readonly Row[]) => Promise<readonly Result[]>;
  /** Tells a failure that no other batch would escape. */
  readonly isHopeless: (error: unknown) => boolean;
  /** How many commits may be under way. */
  readonly atOnce: number;
}

/**
 * Makes rows share commits. There is no timer: a commit is under way, and the next takes whatever came meanwhile,
 * so a lone row waits for nothing and a crowd pays for one sync. Where several may be under way, a crowd is handed on
 * while it arrives, for a store that is idle until the last of it has come is a store of half the speed.
 */
export function createGroupCommit<Row, Result>({
  commit,
  isHopeless,
  atOnce,
}: Commits<Row, Result>): GroupCommit<Row, Result> {
  let waiting: Waiting<Row, Result>[] = [];
  let waitingBytes = 0;
  const running = new Set<Promise<void>>();

  function takeBatch(): Waiting<Row, Result>[] {
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
  async function settle(batch: readonly Waiting<Row, Result>[]): Promise<void> {
    try {
      const results = await commit(batch.map(({ row }) => row));
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Result);
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

  function start(): void {
    while (running.size < atOnce && waiting.length >= (running.size === 0 ? 1 : ROWS_WORTH_ANOTHER)) {
      const batch = settle(takeBatch()).then(() => {
        running.delete(batch);
        start();
      });
      running.add(batch);
    }
  }

  return {
    submit(row, bytes) {
      if (waiting.length >= MOST_WAITING_ROWS || waitingBytes + bytes > MOST_WAITING_BYTES) {
        return Promise.reject(new QueueFullError());
      }
      return new Promise((resolve, reject) => {
        waiting.push({ row, bytes, resolve, reject });
        waitingBytes += bytes;
        start();
      });
    },
    depth: () => waiting.length,
    drained: async () => {
      while (running.size > 0) await Promise.all(running);
    },
  };
}
