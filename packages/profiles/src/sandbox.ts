import { createContext, Script } from "node:vm";

/** What may run too long, and is then refused for a while. */
export interface Limited {
  /** Refuses further runs for a while. */
  block(): Error;
}

/**
 * How long one attempt may last, in milliseconds, for a group or for one item. An expression that never ends is attempted three
 * times, in its group and twice by itself, and all attempts together end within 50 ms if the machine is not busy.
 */
const ATTEMPT_MS = 14;
/** The items that share a watchdog. */
const GROUP_SIZE = 100;
/** How long one attempt may last while the machine gives this thread too little processor time, in milliseconds. */
const MAX_WAIT_MS = 64 * ATTEMPT_MS;

const context = createContext({ work: null });
const script = new Script("work()");

/** `light`: inside {@link guardEach}, whose watchdog has not started, because nothing has needed it. */
let mode: "none" | "light" | "guarded" = "none";
let running: Limited | null = null;

/** Ends a group, which then starts again under the watchdog. */
class WatchdogNeeded extends Error {}

/**
 * Makes sure that a watchdog covers what runs next. Starting one costs as much as evaluating some hundred paths, so a group
 * gets one only if it evaluates something that may not end by itself.
 *
 * @returns `false` if the caller does not run inside {@link guardEach}
 */
export function requireWatchdog(): boolean {
  if (mode === "light") throw new WatchdogNeeded();
  return mode === "guarded";
}

/** Sets the expression that is running, so that a timeout is attributed to it; `null` when it has ended. */
export function setRunning(limited: Limited | null): void {
  running = limited;
}

/** A piece of work that the watchdog stopped. */
export const TIMED_OUT = Symbol("timed out");

/** Stops a piece of work, and measures the time that it took. Tests inject this, because timings on a busy machine vary. */
export interface Watchdog {
  /** Runs a piece of work for at most `timeout` milliseconds. */
  readonly run: <Result>(work: () => Result, timeout: number) => Result | typeof TIMED_OUT;
  /** The processor time of this thread in milliseconds. */
  readonly processorTime: () => number;
}

const WATCHDOG: Watchdog = {
  run: (work, timeout) => {
    context["work"] = work;
    try {
      return script.runInContext(context, { timeout });
    } catch (error) {
      if ((error as { code?: unknown }).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return TIMED_OUT;
      throw error;
    } finally {
      context["work"] = null;
    }
  },
  processorTime: () => {
    // Older versions of Node know only the time of the whole process.
    const { user, system } = process.threadCpuUsage?.() ?? process.cpuUsage();
    return (user + system) / 1_000;
  },
};

function runOnce<Result>(
  work: () => Result,
  watchdog: Watchdog,
  timeout = ATTEMPT_MS,
): Result | typeof TIMED_OUT {
  mode = "guarded";
  running = null;
  try {
    return watchdog.run(work, timeout);
  } finally {
    mode = "none";
  }
}

/**
 * Runs one piece of work. A timeout counts against the work only if the work had the processor meanwhile; on a busy
 * machine, the work gets more time. A single such timeout is not enough to refuse the work.
 */
function runSingly<Result>(work: () => Result, watchdog: Watchdog): Result {
  let ownFaults = 0;
  for (let timeout = ATTEMPT_MS; ; ) {
    const before = watchdog.processorTime();
    const result = runOnce(work, watchdog, timeout);
    if (result !== TIMED_OUT) return result;
    const hadProcessor = watchdog.processorTime() - before > 0.8 * ATTEMPT_MS;
    if (hadProcessor) ownFaults += 1;
    if (ownFaults < 2 && (hadProcessor || timeout < MAX_WAIT_MS)) {
      if (!hadProcessor) timeout *= 2;
      continue;
    }
    // No expression is running: this package's own code is slow, and it certainly ends.
    if (running === null) return work();
    throw running.block();
  }
}

/** Runs a group without a watchdog. @returns `null` if it needs one */
function runLight<Item, Result>(group: readonly Item[], work: (item: Item) => Result): Result[] | null {
  mode = "light";
  try {
    return group.map(work);
  } catch (error) {
    if (error instanceof WatchdogNeeded) return null;
    throw error;
  } finally {
    mode = "none";
  }
}

/**
 * Runs a function for each item under a watchdog, if an item needs one: an expression that never ends is stopped.
 *
 * @param work evaluates expressions. It must have no effects, because it runs again when its group was stopped or needs the watchdog
 * @throws ExpressionError `expression_timeout` when a single work exceeds the limit
 */
export function guardEach<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Result,
  watchdog: Watchdog = WATCHDOG,
): Result[] {
  if (mode !== "none") return items.map(work);
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += GROUP_SIZE) {
    const group = items.slice(start, start + GROUP_SIZE);
    const light = runLight(group, work);
    if (light !== null) {
      for (const result of light) results.push(result);
      continue;
    }
    const together = group.length === 1 ? TIMED_OUT : runOnce(() => group.map(work), watchdog);
    if (together === TIMED_OUT) for (const item of group) results.push(runSingly(() => work(item), watchdog));
    else for (const result of together) results.push(result);
  }
  return results;
}
