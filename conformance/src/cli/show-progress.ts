import { toPrintable } from "@convergint/internal/printable";
import { createTracker, describeActivity, type Tracker } from "../harness/activity.ts";
import type { Clock } from "../harness/clock.ts";
import type { Screen } from "./context.ts";

/** How often to redraw the line, so that the seconds in it stay current. */
const REDRAW_MS = 250;
const MIN_COLUMNS = 20;
/** Moves to the start of the line and clears it. */
const CLEAR = "\r\u001b[2K";

/** A tracker whose activity is shown on a screen. */
export interface Progress {
  readonly tracker: Tracker;
  /** Clears the line until the returned function is called, so that other text can be shown. */
  readonly pause: () => () => void;
  /** Clears the line. */
  readonly end: () => void;
}

/**
 * Shows the progress of a run. On a terminal, redraws one line that shows what the run waits for, and for how
 * long; elsewhere, writes one line per step.
 *
 * @param isDumb whether the terminal cannot redraw a line
 */
export function showProgress(screen: Screen, clock: Clock, { isDumb = false } = {}): Progress {
  if (!screen.isTTY || isDumb) {
    const tracker = createTracker((step) => screen.write(`· ${toPrintable(step)}\n`), clock.monotonic);
    return { tracker, pause: () => () => {}, end: () => {} };
  }
  const tracker = createTracker(() => show(), clock.monotonic);
  let pauses = 0;
  const show = () => {
    if (pauses > 0) return;
    const text = `· ${toPrintable(describeActivity(tracker.now(), clock.monotonic()))}`;
    // Some terminals report 0 columns. The line must fit, because a wrapped line could not be redrawn.
    const max = Math.max(MIN_COLUMNS, screen.columns || 80) - 1;
    screen.write(CLEAR + (text.length > max ? `${text.slice(0, max - 1)}…` : text));
  };
  const timer = setInterval(show, REDRAW_MS);
  return {
    tracker,
    pause() {
      if (pauses === 0) screen.write(CLEAR);
      pauses += 1;
      return () => {
        pauses -= 1;
      };
    },
    end() {
      clearInterval(timer);
      screen.write(CLEAR);
    },
  };
}
