import type { Clock } from "../clock.ts";

/** A wait that can be cut short. */
export interface Pause {
  /** Ends the wait under way, or the next one before it begins. */
  wake(): void;
  /** Waits this long, or until woken. */
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
