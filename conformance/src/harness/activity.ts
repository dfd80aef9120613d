/** A condition or response that a run waits for. */
interface Wait {
  readonly what: string;
  /** When the wait began, on the tracker's clock. */
  readonly sinceMs: number;
}

/** What a run is doing at one moment. */
export interface Activity {
  /** The title of the current scenario; `null` before the first. */
  readonly scenario: string | null;
  /** The scenario's last progress message. */
  readonly doing: string | null;
  /** What the run waits for, longest wait first. */
  readonly waits: readonly Wait[];
}

/** Awaits a promise and shows it as a wait until it settles. */
export type Waiting = <T>(what: string, promise: Promise<T>) => Promise<T>;

/** Tracks what a run is doing, for progress output. */
export interface Tracker {
  /** Records that a scenario begins. */
  readonly begin: (title: string) => void;
  /** Records a progress message of the scenario. */
  readonly say: (doing: string) => void;
  readonly waiting: Waiting;
  readonly now: () => Activity;
}

/** Awaits a promise without showing the wait. */
export const untracked: Waiting = (_, promise) => promise;

/**
 * Creates a tracker.
 *
 * @param onStep receives the title of each scenario as it begins, and each progress message
 * @param clock returns monotonic milliseconds
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

/** Describes an activity in one line. @param atMs the current time on the tracker's clock */
export function describeActivity({ scenario, doing, waits }: Activity, atMs: number): string {
  const [longest, ...others] = waits;
  const place = [scenario, doing].filter((text) => text !== null).join(": ");
  if (!longest) return place;
  const seconds = Math.floor((atMs - longest.sinceMs) / 1000);
  const more = others.length > 0 ? ` and ${others.length} more` : "";
  return `${place}; waiting for ${longest.what}${more}, ${seconds} s so far`;
}
