interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

const MOST_A_COMMIT = 512;

/** Items that share commits. */
export interface GroupCommit<Item, Result> {
  /** Resolves when the item is durable, with what became of it. */
  submit(item: Item): Promise<Result>;
  /** Resolves when nothing waits any more. */
  drained(): Promise<void>;
}

/**
 * Makes items share commits. There is no timer: one commit is under way, and the next takes whatever came meanwhile, so a
 * lone item waits for nothing and a crowd pays for one sync.
 *
 * @param commit makes items durable, all or none of them, and answers one result for each
 */
export function createGroupCommit<Item, Result>(
  commit: (items: readonly Item[]) => Promise<readonly Result[]>,
): GroupCommit<Item, Result> {
  let waiting: Waiting<Item, Result>[] = [];
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    // Whoever submits in this same turn shares the first commit.
    await Promise.resolve();
    while (waiting.length > 0) {
      const group = waiting.slice(0, MOST_A_COMMIT);
      waiting = waiting.slice(MOST_A_COMMIT);
      try {
        const results = await commit(group.map(({ item }) => item));
        // A commit answers one result for each item.
        for (const [index, { resolve }] of group.entries()) resolve(results[index] as Result);
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    running = undefined;
  }

  return {
    submit: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        running ??= run();
      }),
    drained: async () => {
      await running;
    },
  };
}
