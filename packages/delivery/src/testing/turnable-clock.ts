import { type Clock, systemClock } from "../clock.ts";

/** A clock that runs like the system's and that a test can turn forward. */
export interface TurnableClock extends Clock {
  /** Advances the time by `ms` and runs the timers that become due, so that no test waits for real hours. */
  turn(ms: number): void;
}

export function createTurnableClock(aheadMs = 0): TurnableClock {
  let ahead = aheadMs;
  const timers = new Set<{ readonly dueAt: number; readonly fire: () => void }>();
  const now = () => systemClock.now() + ahead;
  return {
    now,
    setTimer(callback, ms) {
      const timer = {
        dueAt: now() + ms,
        fire() {
          stop();
          callback();
        },
      };
      const cancel = systemClock.setTimer(timer.fire, ms);
      const stop = () => {
        timers.delete(timer);
        cancel();
      };
      timers.add(timer);
      return stop;
    },
    turn(ms) {
      ahead += ms;
      for (const { dueAt, fire } of [...timers]) if (dueAt <= now()) fire();
    },
  };
}
