import type { Clock } from "../clock.ts";

/** A wait that can be ended early. */
export interface Pause {
  /** Ends the current wait; if there is none, the next wait ends at once. */
  wake(): void;
  /** Waits for this time or until `wake` is called. */
  wait(ms: number): Promise<void>;
}

export function createPause(clock: Clock): Pause {
  let woken = false;
  let end: (() => void) | undefined;
  return {
    wake() {
      woken = true;
      end?.();
    },
    async wait(ms) {
      if (!woken) {
        await new Promise<void>((resolve) => {
          const cancel = clock.setTimer(resolve, ms);
          end = () => {
            cancel();
            resolve();
          };
        });
      }
      end = undefined;
      woken = false;
    },
  };
}
