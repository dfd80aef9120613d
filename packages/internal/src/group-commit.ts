/** The queue is full; the sender should retry. */
export class QueueFullError extends Error {
  override readonly name = "QueueFullError";
  readonly code = "overloaded";
  constructor() {
    super("The queue of items waiting to be stored is full. Send this item again in a few seconds.");
  }
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly bytes: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export interface GroupCommitOptions<Item, Result> {
  /** Makes items durable, either all of them or none. Returns one result per item, in the order given. */
  readonly commit: (items: readonly Item[]) => Promise<readonly Result[]>;
  /**
   * Returns true for an error that a smaller batch would cause too. The whole batch is then rejected, not
   * bisected.
   */
  readonly isFatal: (error: unknown) => boolean;
  /** How many commits may run concurrently. Default: 1 */
  readonly maxConcurrent?: number;
  /** How many items must wait before another commit starts while one is running. Default: 64 */
  readonly minForAnother?: number;
  /** Items per commit. */
  readonly maxItems: number;
  /** Bytes per commit; a single larger item is committed on its own. Default: unlimited */
  readonly maxBytes?: number;
  /** How many items may wait. Default: unlimited */
  readonly maxWaitingItems?: number;
  /** How many bytes may wait. Default: unlimited */
  readonly maxWaitingBytes?: number;
}

/** A queue of items that share commits. */
export interface GroupCommit<Item, Result> {
  /**
   * Resolves after the item is durable, with its result.
   *
   * @param bytes approximate size, counted against the limits
   * @throws {QueueFullError} `overloaded`, immediately if the queue is
   *   full; otherwise, the error of a failed commit
   */
  submit(item: Item, bytes?: number): Promise<Result>;
  /** Returns the number of items that wait for a commit to start. */
  depth(): number;
  /** Resolves once nothing waits and nothing is being committed. */
  drained(): Promise<void>;
}

/**
 * Creates a self-clocking group commit: there is no timer. While one commit runs, new items collect for the
 * next. A single item is therefore committed without delay, and many items share one sync. A failed batch is
 * bisected to isolate the bad item; the other items commit.
 */
export function createGroupCommit<Item, Result>({
  commit,
  isFatal,
  maxConcurrent = 1,
  minForAnother = 64,
  maxItems,
  maxBytes = Number.POSITIVE_INFINITY,
  maxWaitingItems = Number.POSITIVE_INFINITY,
  maxWaitingBytes = Number.POSITIVE_INFINITY,
}: GroupCommitOptions<Item, Result>): GroupCommit<Item, Result> {
  let waiting: Waiting<Item, Result>[] = [];
  let waitingBytes = 0;
  let isStartScheduled = false;
  const running = new Set<Promise<void>>();

  function takeBatch(): Waiting<Item, Result>[] {
    let bytes = 0;
    const end = waiting.findIndex((entry, index) => {
      bytes += entry.bytes;
      return index >= maxItems || (index > 0 && bytes > maxBytes);
    });
    const batch = end === -1 ? waiting : waiting.slice(0, end);
    waiting = end === -1 ? [] : waiting.slice(end);
    for (const entry of batch) waitingBytes -= entry.bytes;
    return batch;
  }

  async function settle(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await commit(batch.map(({ item }) => item));
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Result);
    } catch (error) {
      if (batch.length === 1 || isFatal(error)) {
        for (const { reject } of batch) reject(error);
        return;
      }
      const half = Math.ceil(batch.length / 2);
      await settle(batch.slice(0, half));
      await settle(batch.slice(half));
    }
  }

  function start(): void {
    while (running.size < maxConcurrent && waiting.length >= (running.size === 0 ? 1 : minForAnother)) {
      const batch = settle(takeBatch()).then(() => {
        running.delete(batch);
        start();
      });
      running.add(batch);
    }
  }

  /**
   * Starts after the current turn of the event loop, so that items
   * submitted in one turn share the first commit.
   */
  function scheduleStart(): void {
    if (isStartScheduled) return;
    isStartScheduled = true;
    queueMicrotask(() => {
      isStartScheduled = false;
      start();
    });
  }

  return {
    submit(item, bytes = 0) {
      if (waiting.length >= maxWaitingItems || waitingBytes + bytes > maxWaitingBytes) {
        return Promise.reject(new QueueFullError());
      }
      return new Promise((resolve, reject) => {
        waiting.push({ item, bytes, resolve, reject });
        waitingBytes += bytes;
        scheduleStart();
      });
    },
    depth: () => waiting.length,
    drained: async () => {
      while (running.size > 0 || isStartScheduled) await Promise.all(running);
    },
  };
}
