/** A job's turn in one of the slots. */
export interface Turn {
  /**
   * Ends the turn if the job has used its share and others wait, and waits for the next turn. The job calls it between two
   * steps.
   */
  next(): Promise<void>;
  /** Ends the last turn. */
  end(): void;
}

/** Shares a fixed number of slots among any number of jobs. */
export interface Turns {
  /** Waits for a slot. Resolves early, with a turn that holds no slot, when the signal is aborted. */
  take(signal: AbortSignal): Promise<Turn>;
}

/**
 * Creates slots that jobs use in turns. Jobs wait in one queue, and a job that has used its share goes to the back of it,
 * so no number of endless jobs keeps another job waiting for ever.
 *
 * @param shareMs how long a job may use a slot while others wait
 * @param now milliseconds
 */
export function createTurns(slots: number, shareMs: number, now: () => number): Turns {
  let free = slots;
  const queue: (() => void)[] = [];

  function passOn(): void {
    const first = queue.shift();
    if (first) first();
    else free += 1;
  }

  /** @returns whether the job holds a slot; `false` only if the signal is aborted */
  async function acquire(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    if (free > 0) {
      free -= 1;
      return true;
    }
    return new Promise((resolve) => {
      const start = () => {
        signal.removeEventListener("abort", giveUp);
        resolve(true);
      };
      const giveUp = () => {
        queue.splice(queue.indexOf(start), 1);
        resolve(false);
      };
      queue.push(start);
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  return {
    async take(signal) {
      let holds = await acquire(signal);
      let startedAt = now();
      return {
        async next() {
          // Uses the absolute value, because otherwise a clock that is set back would prolong the turn.
          if (!holds || queue.length === 0 || Math.abs(now() - startedAt) < shareMs) return;
          passOn();
          holds = await acquire(signal);
          startedAt = now();
        },
        end() {
          if (holds) passOn();
          holds = false;
        },
      };
    },
  };
}
