import { randomUUID } from "node:crypto";
import type { Store } from "../store/store.ts";
import type { Report } from "./database-state.ts";

/** How long to keep data, in milliseconds. */
export interface Keep {
  readonly events: number;
  readonly changes: number;
  /**
   * How long to keep event keys, which identify duplicates. Must be longer than the longest time over which a sender retries.
   */
  readonly ledger: number;
}

const DAY_MS = 86_400_000;
export const DEFAULT_KEEP: Keep = { events: 90 * DAY_MS, changes: 90 * DAY_MS, ledger: 30 * DAY_MS };

const INTERVAL_MS = 60_000;
const LEASE = "maintenance";
const LEASE_SECONDS = 120;
/**
 * How many rows one deletion may have. The number is small, because a commit of events may have to wait for
 * the deletion.
 */
const ROWS_PER_STEP = 2000;
const LEDGER_ROWS_PER_STEP = 10_000;
const MAX_STEPS = 500;

/** A running maintenance. */
export interface Maintenance {
  stop(): Promise<void>;
}

/** Deletes old data once a minute. Only one process does so at a time. */
export function startMaintenance({ maintenance, leases }: Store, keep: Keep, report: Report): Maintenance {
  const owner = randomUUID();
  let stopping = false;
  let running: Promise<void> = Promise.resolve();

  async function repeat(step: () => Promise<boolean>): Promise<void> {
    for (let done = 0; done < MAX_STEPS && !stopping; done += 1) if (!(await step())) return;
  }

  async function deleteOld(): Promise<void> {
    const before = (age: number) => new Date(Date.now() - age).toISOString();
    await repeat(
      async () => (await maintenance.dropEvents(before(keep.events), ROWS_PER_STEP)) === ROWS_PER_STEP,
    );
    await repeat(
      async () => (await maintenance.dropChanges(before(keep.changes), ROWS_PER_STEP)) === ROWS_PER_STEP,
    );
    await repeat(
      async () => !(await maintenance.dropLedger(before(keep.ledger), LEDGER_ROWS_PER_STEP)).isLast,
    );
  }

  async function run(): Promise<void> {
    if (!(await leases.take(LEASE, owner, LEASE_SECONDS))) return;
    await deleteOld().finally(() => leases.release(LEASE, owner));
  }

  const timer = setInterval(() => {
    running = running.then(run).catch((error: unknown) => report(error, "could not delete old data"));
  }, INTERVAL_MS);
  return {
    async stop() {
      stopping = true;
      clearInterval(timer);
      await running;
    },
  };
}
