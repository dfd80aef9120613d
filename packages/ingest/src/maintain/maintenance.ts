import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { Store } from "../store/store.ts";

/** How long things are kept, in milliseconds. */
export interface Keep {
  readonly events: number;
  readonly changes: number;
  /** The ids that repetitions are known by: longer than any sender retries. */
  readonly ledger: number;
}

const DAY_MS = 86_400_000;
export const DEFAULT_KEEP: Keep = { events: 90 * DAY_MS, changes: 90 * DAY_MS, ledger: 30 * DAY_MS };

const EVERY_MS = 60_000;
const LEASE = "maintenance";
const LEASE_SECONDS = 120;
/** Small steps: whoever stores events waits for no more than one. */
const ROWS_A_STEP = 2000;
const LEDGER_ROWS_A_STEP = 10_000;
const MOST_STEPS = 500;

/** What keeps the store from growing without end. */
export interface Maintenance {
  stop(): Promise<void>;
}

/** Starts to forget what is old, once a minute, in one process at a time. */
export function startMaintenance({ maintenance, leases }: Store, keep: Keep, log: Logger): Maintenance {
  const owner = randomUUID();
  let stopping = false;
  let under: Promise<void> = Promise.resolve();

  async function steps(step: () => Promise<boolean>): Promise<void> {
    for (let done = 0; done < MOST_STEPS && !stopping; done += 1) if (!(await step())) return;
  }

  async function forget(): Promise<void> {
    const before = (age: number) => new Date(Date.now() - age).toISOString();
    await steps(async () => (await maintenance.dropEvents(before(keep.events), ROWS_A_STEP)) === ROWS_A_STEP);
    await steps(
      async () => (await maintenance.dropChanges(before(keep.changes), ROWS_A_STEP)) === ROWS_A_STEP,
    );
    await steps(async () => !(await maintenance.dropLedger(before(keep.ledger), LEDGER_ROWS_A_STEP)).isLast);
  }

  async function turn(): Promise<void> {
    if (!(await leases.take(LEASE, owner, LEASE_SECONDS))) return;
    await forget().finally(() => leases.release(LEASE, owner));
  }

  const timer = setInterval(() => {
    under = under
      .then(turn)
      .catch((error: unknown) => log.error({ err: error }, "what is old could not be forgotten"));
  }, EVERY_MS);
  return {
    async stop() {
      stopping = true;
      clearInterval(timer);
      await under;
    },
  };
}
