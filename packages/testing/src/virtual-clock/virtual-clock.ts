import { watchSockets } from "./socket-ledger.ts";
import { watchThreadPool } from "./thread-pool.ts";

/**
 * Kinds of resources that only keep a process alive and do nothing by themselves.
 * Every other kind means that work is under way.
 */
const IDLE =
  /^(?:Timeout|TCPServerWrap|TCPSocketWrap|PipeWrap|PipeServerWrap|TTYWrap|UDPWrap|SignalWrap|MessagePort|Worker|StatWatcher|FSEventWrap)$/;

/** Unfinished work of this process that is neither a computation nor a wait for a timer. */
interface Pending {
  /** Names some work that is under way; `null` if there is none. */
  reason(): string | null;
  /** Counts the sockets opened and closed so far. */
  connections(): number;
}

/** Watches everything that can give this process work to do without a timer. */
function watchPendingWork(): Pending {
  const sockets = watchSockets();
  const threadPool = watchThreadPool();
  return {
    reason: () =>
      process.getActiveResourcesInfo().find((kind) => !IDLE.test(kind)) ??
      threadPool.reason() ??
      sockets.reason(),
    connections: sockets.changes,
  };
}

/** A timer that is due on a virtual clock. */
interface Timer {
  readonly dueAt: number;
  readonly callback: () => void;
}

/** The part of the clock that production code uses, and the part that only tests use. */
export interface VirtualClock {
  /**
   * Unix milliseconds. Between two timers, time advances only when the
   * clock is read, by {@link READ_MS} each time.
   */
  now(): number;
  /** Returns the same time as `now`, because virtual time never goes backwards. */
  monotonic(): number;
  /**
   * Calls `callback` once when virtual time has advanced by `ms`.
   *
   * @returns a function that cancels the timer
   */
  setTimer(callback: () => void, ms: number): () => void;
  /**
   * Starts `work` and advances time until the promise of `work` settles.
   *
   * @returns what `work` resolves to
   * @throws {VirtualTimeLimitError} if `work` is still pending after `maxSeconds` of virtual time
   */
  run<Result>(work: () => Promise<Result>, options?: RunOptions): Promise<Result>;
  /** Advances time by `ms`, running every timer that becomes due. */
  advance(ms: number): Promise<void>;
}

export interface VirtualClockOptions {
  /** Unix milliseconds. Default: the system's time at creation. */
  readonly startAt?: number;
}

export interface RunOptions {
  /**
   * Virtual time after which `run` rejects, because a polling loop would
   * otherwise advance the clock forever. Default: a day.
   */
  readonly maxSeconds?: number;
}

/** The awaited work did not settle within the limit of virtual time. */
export class VirtualTimeLimitError extends Error {
  override readonly name = "VirtualTimeLimitError";
  readonly code = "virtual_time_limit";
}

/** How many consecutive turns of the event loop must have no pending work before time advances. */
const QUIET_TURNS = 2;
/**
 * The number of turns of waiting for the system after which the clock pauses between two checks, so that it does not
 * keep the processor busy.
 */
const EAGER_TURNS = 100;
/** How much each reading advances time, so that two consecutive actions do not happen at the same time. */
const READ_MS = 0.05;
const STUCK_AFTER_MS = 30_000;
const DAY_SECONDS = 86_400;

/**
 * Creates a clock that never waits: whenever this process has nothing left to do but wait for the clock,
 * time jumps to the next timer. Pass the clock wherever production code takes a `clock` (`runSuite`,
 * `createCampus`, `createOutbox`, the receiver), and wrap the part of the test in which time may pass:
 *
 * ```ts
 * const clock = createVirtualClock();
 * const campus = createCampus({ seed: 1, apiKeys, clock });
 * const target = new URL(await campus.listen());
 * const run = await clock.run(() => runSuite({ target, credentials, seed: 1, signal, clock }));
 * await clock.advance(60_000); // a minute passes; every timer in it runs
 * ```
 *
 * Outside `run` and `advance` time stands still, so a test never races the clock. Time advances only when no
 * bytes are on their way between sockets of this process, no connection is opening or closing, and no file,
 * DNS, compression or WebCrypto operation, child process or `setImmediate` is pending. So a busy machine
 * makes a test slower, but does not change its results. The clock does not know about `setTimeout`,
 * `AbortSignal.timeout`, other threads or servers in other processes: code that waits for those must take its
 * time from the clock, or finish outside `run`.
 */
export function createVirtualClock({ startAt = Date.now() }: VirtualClockOptions = {}): VirtualClock {
  const pending = watchPendingWork();
  const timers = new Set<Timer>();
  const limits = new Set<() => void>();
  let now = startAt;
  /** Counts every use of the clock, so that a turn in which the clock was used does not count as quiet. */
  let uses = 0;
  let isPumping = false;

  function setTimer(callback: () => void, ms: number): () => void {
    const timer = { dueAt: now + Math.max(1, Math.ceil(ms)), callback };
    timers.add(timer);
    uses += 1;
    return () => {
      if (timers.delete(timer)) uses += 1;
    };
  }

  function fireNext(): void {
    const dueAt = Math.min(...[...timers].map((timer) => timer.dueAt));
    now = Math.max(now, dueAt);
    uses += 1;
    for (const timer of timers) {
      if (timer.dueAt > now || !timers.delete(timer)) continue;
      // Runs in a separate turn: as with a real timer, an error of the callback is
      // then uncaught and does not stop the clock.
      setImmediate(timer.callback);
    }
    for (const check of limits) check();
  }

  function pump(): void {
    if (isPumping) return;
    isPumping = true;
    const isQuiet = createQuietness(pending, () => uses);
    const warnIfStuck = createStuckWarning();
    let turns = 0;
    const turn = (): void => {
      if (limits.size === 0) {
        isPumping = false;
        return;
      }
      const reason = timers.size === 0 ? "no timer is set" : isQuiet();
      if (reason === null) {
        turns = 0;
        fireNext();
      }
      turns += 1;
      if (turns < EAGER_TURNS) return void setImmediate(turn);
      warnIfStuck(reason);
      setTimeout(() => setImmediate(turn), 1);
    };
    setImmediate(turn);
  }

  function read(): number {
    now += READ_MS;
    return Math.floor(now);
  }

  async function run<Result>(
    work: () => Promise<Result>,
    { maxSeconds = DAY_SECONDS }: RunOptions = {},
  ): Promise<Result> {
    const until = now + maxSeconds * 1000;
    const limit = Promise.withResolvers<never>();
    const check = () => {
      if (now > until)
        limit.reject(
          new VirtualTimeLimitError(
            `The work did not settle within ${maxSeconds} s of virtual time. Check what the work is waiting for.`,
          ),
        );
    };
    limits.add(check);
    pump();
    try {
      return await Promise.race([work(), limit.promise]);
    } finally {
      limits.delete(check);
    }
  }

  return {
    now: read,
    monotonic: read,
    setTimer,
    run,
    advance: (ms) => run(() => new Promise<void>((resolve) => setTimer(resolve, ms)), { maxSeconds: ms }),
  };
}

/** Reports why the process is not quiescent; `null` after enough consecutive quiet turns. */
function createQuietness(pending: Pending, uses: () => number): () => string | null {
  let quietTurns = 0;
  let lastActivity = 0;
  return () => {
    const activity = uses() + pending.connections();
    const reason = activity === lastActivity ? pending.reason() : "the process was active a moment ago";
    lastActivity = activity;
    quietTurns = reason === null ? quietTurns + 1 : 0;
    return quietTurns < QUIET_TURNS ? (reason ?? "the process has just become quiet") : null;
  };
}

/** Warns once about what keeps time from advancing, because a hanging test does not show the reason. */
function createStuckWarning() {
  let last: string | null = null;
  let since = 0;
  return (reason: string | null) => {
    if (reason !== last) [last, since] = [reason, performance.now()];
    if (reason === null || performance.now() - since < STUCK_AFTER_MS) return;
    since = Number.POSITIVE_INFINITY;
    process.emitWarning(`The virtual clock has not advanced for ${STUCK_AFTER_MS / 1000} s: ${reason}.`);
  };
}
