import { createTracker, describeActivity, type Tracker } from "../harness/activity.ts";
import { toPrintable } from "../report/printable.ts";

/** Where a person may be looking: standard error, for one. */
export interface Screen {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly write: (text: string) => unknown;
}

/** How often the line is written anew, so that its seconds go on. */
const EVERY_MS = 250;
const NARROWEST = 20;
/** To the beginning of the line, and nothing on it. */
const CLEAR = "\r\u001b[2K";

/** A tracker that is looked at. */
export interface Progress {
  readonly tracker: Tracker;
  /** Leaves the screen as if nothing had been there. */
  readonly end: () => void;
}

/**
 * Shows what a run does: on a terminal as one line in place, with what it waits for and for how long; elsewhere as a line a step.
 *
 * @param isDumb whether the terminal can write no line anew
 */
export function showProgress(screen: Screen, { isDumb = false } = {}): Progress {
  if (!screen.isTTY || isDumb) {
    const tracker = createTracker((step) => screen.write(`· ${toPrintable(step)}\n`));
    return { tracker, end: () => {} };
  }
  const tracker = createTracker(() => show());
  const show = () => {
    const text = `· ${toPrintable(describeActivity(tracker.now(), performance.now()))}`;
    // A terminal may say 0 where it does not know. A line that wraps could not be written anew.
    const most = Math.max(NARROWEST, screen.columns || 80) - 1;
    screen.write(CLEAR + (text.length > most ? `${text.slice(0, most - 1)}…` : text));
  };
  const timer = setInterval(show, EVERY_MS);
  return {
    tracker,
    end() {
      clearInterval(timer);
      screen.write(CLEAR);
    },
  };
}
