/** Something that a run waits for. */
interface Wait {
  readonly what: string;
  /** By the clock of the tracker. */
  readonly sinceMs: number;
}

/** What a run does at one moment. */
export interface Activity {
  /** The scenario it is at; `null` before the first. */
  readonly scenario: string | null;
  /** What the scenario said last that it does. */
  readonly doing: string | null;
  /** What it waits for, that which it has waited for longest first. */
  readonly waits: readonly Wait[];
}

/** Waits for something, and lets it be seen meanwhile. */
export type Waiting = <T>(what: string, promise: Promise<T>) => Promise<T>;

/** Knows what a run does, for whoever waits for it. */
export interface Tracker {
  /** A scenario begins. */
  readonly begin: (title: string) => void;
  /** The scenario says what it does. */
  readonly say: (doing: string) => void;
  readonly waiting: Waiting;
  readonly now: () => Activity;
}

/** Nobody looks. */
export const unseen: Waiting = (_, promise) => promise;

/**
 * Makes a tracker.
 *
 * @param onStep told when a scenario begins, and when it says what it does
 * @param clock milliseconds that never go back
 */
export function createTracker(
  onStep: (step: string) => void = () => {},
  clock: () => number = () => performance.now(),
): Tracker {
  let scenario: string | null = null;
  let doing: string | null = null;
  const waits = new Set<Wait>();
  return {
    begin(title) {
      [scenario, doing] = [title, null];
      onStep(title);
    },
    say(text) {
      doing = text;
      onStep(text);
    },
    async waiting(what, promise) {
      const wait = { what, sinceMs: clock() };
      waits.add(wait);
      try {
        return await promise;
      } finally {
        waits.delete(wait);
      }
    },
    now: () => ({ scenario, doing, waits: [...waits] }),
  };
}

/** What a run does, in words: where it is, what it waits for, and for how long by now. @param atMs by the clock of the tracker */
export function describeActivity({ scenario, doing, waits }: Activity, atMs: number): string {
  const [longest, ...others] = waits;
  const place = [scenario, doing].filter((text) => text !== null).join(": ");
  if (!longest) return place;
  const seconds = Math.floor((atMs - longest.sinceMs) / 1000);
  const beside = others.length > 0 ? ` and ${others.length} more` : "";
  return `${place}; waiting for ${longest.what}${beside}, for ${seconds} s by now`;
}
