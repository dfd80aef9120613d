import { unlessAborted } from "@convergint/internal/call-limits";
import type { Inventory } from "./mapping.ts";

/** What a reading reads: only orgs and sites, or everything. */
export type Extent = "places" | "everything";

/** One reading of the vendor's inventory. Listings that share a reading show the same moment. */
export interface Reading {
  readonly id: string;
  readonly extent: Extent;
  /** When the reading began, in milliseconds since 1970: it includes every earlier change. */
  readonly startedAt: number;
  /**
   * Waits for the inventory.
   *
   * @returns `null` if it is not there after `seconds`
   * @throws the errors of the reading; the reason of `signal`. If nothing else waits, the abort ends the reading too
   */
  wait(signal: AbortSignal, seconds: number): Promise<Inventory | null>;
}

/** Reads the vendor's inventory. */
export type ReadVendor = (extent: Extent, signal: AbortSignal) => Promise<Inventory>;

interface StartedReading extends Reading {
  /** When it ended successfully; `null` before. */
  endedAt(): number | null;
  hasFailed(): boolean;
}

function startReading(extent: Extent, read: ReadVendor, now: () => number): StartedReading {
  const controller = new AbortController();
  let endedAt: number | null = null;
  let hasFailed = false;
  let waiting = 0;
  const inventory = read(extent, controller.signal);
  inventory.then(
    () => {
      endedAt = now();
    },
    () => {
      hasFailed = true;
    },
  );
  return {
    id: crypto.randomUUID(),
    extent,
    startedAt: now(),
    endedAt: () => endedAt,
    hasFailed: () => hasFailed,
    async wait(signal, seconds) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const time = new Promise<null>((resolve) => {
        timer = setTimeout(() => resolve(null), seconds * 1000);
      });
      waiting += 1;
      try {
        return await unlessAborted(Promise.race([inventory, time]), [signal]);
      } finally {
        clearTimeout(timer);
        waiting -= 1;
        if (signal.aborted && waiting === 0) controller.abort(signal.reason);
      }
    },
  };
}

/** Shares readings among requests, so that a call right after another does not read the vendor again. */
export interface Readings {
  /** Returns a reading that is in progress or has just ended; otherwise starts one. */
  current(extent: Extent): Reading;
}

/**
 * Creates the readings of one vendor. Keeps only the newest reading; each listing keeps the reading that it shows.
 *
 * @param reuseSeconds how long an ended reading is used for further calls
 */
export function createReadings(read: ReadVendor, now: () => number, reuseSeconds: number): Readings {
  let newest: StartedReading | null = null;
  const isUsable = (reading: StartedReading, extent: Extent) => {
    const endedAt = reading.endedAt();
    const covers = reading.extent === "everything" || extent === "places";
    return covers && !reading.hasFailed() && (endedAt === null || now() - endedAt <= reuseSeconds * 1000);
  };
  return {
    current(extent) {
      if (newest !== null && isUsable(newest, extent)) return newest;
      newest = startReading(extent, read, now);
      return newest;
    },
  };
}
