export interface TimeLimitOptions {
  /**
   * The time limit of a run, as a multiple of the slowest run so far. Default: 30, because a machine's load
   * changes.
   */
  readonly factor?: number;
  /** The shortest time limit of a run. Default: a minute. */
  readonly minMs?: number;
  /** The time limit of the first run, when there is no earlier run to compare with. Default: ten minutes. */
  readonly firstMs?: number;
}

/** A run took far longer than those before it. */
class RunTimeoutError extends Error {
  override readonly name = "RunTimeoutError";
  readonly code = "run_timeout";
  constructor(name: string, limitMs: number, slowestMs: number) {
    const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
    super(
      `${name} took more than ${seconds(limitMs)}; the slowest run before it took ${seconds(slowestMs)}.`,
    );
  }
}

/** Runs work with a limit. @throws {RunTimeoutError} */
export type WithinLimit = <Result>(
  name: string,
  work: (signal: AbortSignal) => Promise<Result>,
) => Promise<Result>;

/**
 * Creates a time limit from the durations of earlier runs on this machine, so that a busy machine slows the
 * matrix down but does not fail it. Virtual time already limits runs that wait; this limit stops runs that
 * hang.
 */
export function createTimeLimit({
  factor = 30,
  minMs = 60_000,
  firstMs = 600_000,
}: TimeLimitOptions = {}): WithinLimit {
  let slowestMs = 0;
  return async (name, work) => {
    const limitMs = slowestMs === 0 ? firstMs : Math.max(minMs, slowestMs * factor);
    const over = new AbortController();
    const startedAt = performance.now();
    const { promise: isOver, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const error = new RunTimeoutError(name, limitMs, slowestMs);
      over.abort(error);
      reject(error);
    }, limitMs);
    try {
      return await Promise.race([work(over.signal), isOver]);
    } finally {
      clearTimeout(timer);
      slowestMs = Math.max(slowestMs, performance.now() - startedAt);
    }
  };
}
