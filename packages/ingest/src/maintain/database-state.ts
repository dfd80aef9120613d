import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { isOutage, type Store, StoreError } from "../store/store.ts";

/** One row that every process writes when it tests whether the database accepts writes. */
const PROBE = "write-probe";
const PROBE_SECONDS = 1;
/** How long the result of a test is used again, so that a flood of `GET /readyz` causes no flood of writes. */
const MAX_AGE_MS = 1000;
const PROBE_LIMIT_MS = 5000;
const PROBE_EVERY_MS = 1000;
/**
 * The database counts as recovered after this time without a failed call. A disk that is almost full
 * accepts a small write between two large ones that fail.
 */
const QUIET_MS = 5000;

/** Reports an error. An outage changes the state of the database; any other error is logged with the message. */
export type Report = (error: unknown, message: string) => void;

/**
 * Whether the database accepts writes. Logs one line when the database stops accepting writes and one when it accepts
 * them again, however many calls fail in between.
 */
export interface DatabaseState {
  readonly report: Report;
  /** Whether no outage is known. */
  isUp(): boolean;
  /**
   * Tests a write, unless an outage is known or a write was tested less than a second ago.
   *
   * @returns whether the database accepts writes
   */
  acceptsWrites(): Promise<boolean>;
  stop(): Promise<void>;
}

/** Starts with the assumption that the database accepts writes. */
export function createDatabaseState(
  { leases }: Pick<Store, "leases">,
  log: Pick<Logger, "error" | "info">,
  clock: Clock,
): DatabaseState {
  const stopping = new AbortController();
  let downSince: number | null = null;
  let lastFailureAt = Number.NEGATIVE_INFINITY;
  let watching = Promise.resolve();
  let probed: { readonly at: number; readonly result: Promise<boolean> } | null = null;

  const report: Report = (error, message) => {
    if (!isOutage(error)) return log.error({ err: error }, message);
    lastFailureAt = clock.now();
    if (downSince !== null || stopping.signal.aborted) return;
    downSince = lastFailureAt;
    log.error(
      { err: error },
      "the database does not accept writes; deliveries are answered with 503 until it recovers",
    );
    watching = watch(downSince);
  };

  async function write(): Promise<boolean> {
    const done = new AbortController();
    const late = clock.sleep(PROBE_LIMIT_MS, done.signal).then(() => {
      throw new StoreError("unavailable", `A write took longer than ${PROBE_LIMIT_MS} ms.`);
    });
    try {
      // All processes take the lease as the same owner, so each call succeeds by writing to the database.
      await Promise.race([leases.take(PROBE, PROBE, PROBE_SECONDS), late]);
      return true;
    } catch (error) {
      report(error, "could not test whether the database accepts writes");
      return false;
    } finally {
      late.catch(() => {});
      done.abort();
    }
  }

  function probe(): Promise<boolean> {
    const age = clock.now() - (probed?.at ?? Number.NEGATIVE_INFINITY);
    if (!probed || age >= MAX_AGE_MS || age < 0) probed = { at: clock.now(), result: write() };
    return probed.result;
  }

  /** Tests writes until the database has recovered. */
  async function watch(since: number): Promise<void> {
    const { signal } = stopping;
    while (downSince !== null) {
      await clock.sleep(PROBE_EVERY_MS, signal);
      if (signal.aborted) return;
      const isWritten = await probe();
      if (isWritten && clock.now() - lastFailureAt >= QUIET_MS) downSince = null;
    }
    log.info({ seconds: Math.round((clock.now() - since) / 1000) }, "the database accepts writes again");
  }

  return {
    report,
    isUp: () => downSince === null,
    async acceptsWrites() {
      // During an outage, the watch tests writes, and this answer need not wait for one.
      return downSince === null && (await probe()) && downSince === null;
    },
    async stop() {
      stopping.abort();
      await watching;
    },
  };
}
