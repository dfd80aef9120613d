import { randomBytes, randomUUID } from "node:crypto";
import { verify } from "@convergint/webhooks";
import { vi } from "vitest";
import { type Clock, systemClock } from "../clock.ts";
import type { OutgoingEvent } from "../event.ts";
import type { OutboxOptions } from "../options.ts";
import { createOutbox, type Outbox } from "../outbox.ts";
import type { PostgresClient } from "../store/postgres/index.ts";
import type { AttemptReport } from "../work/settings.ts";
import { MAX_WAIT_MS, type Received } from "./receiver.ts";
import type { TestDatabase } from "./stores.ts";

export const encryptionKey = randomBytes(32).toString("base64");

/**
 * Options with short waits for tests. Their time limits are so long that even a busy machine does not reach
 * them.
 */
const QUICK = {
  encryptionKey,
  allowLoopback: true,
  retryScheduleSeconds: [0.05, 0.1, 0.2],
  probeScheduleSeconds: [0.1, 0.2, 0.4],
  timeoutSeconds: 60,
  pollSeconds: 0.02,
  leaseSeconds: 60,
} as const;

/** An outbox with its reports and errors. */
export interface World {
  readonly outbox: Outbox<PostgresClient>;
  readonly reports: AttemptReport[];
  readonly errors: unknown[];
}

type Options = Partial<OutboxOptions<PostgresClient>>;

/** Opens an outbox on a database; a database may have several. */
export async function openWorld(database: Pick<TestDatabase, "open">, options: Options = {}): Promise<World> {
  const reports: AttemptReport[] = [];
  const errors: unknown[] = [];
  const outbox = await createOutbox({
    ...QUICK,
    store: await database.open(),
    onAttempt: (report) => reports.push(report),
    onError: (error) => errors.push(error),
    ...options,
  });
  return { outbox, reports, errors };
}

let made = 0;

/** Makes an event, by default of a new device. */
export function event({
  id = randomUUID(),
  org = "org_1",
  device = `dev_${++made}`,
  type = "example.changed.v1",
} = {}) {
  const result = {
    specversion: "1.0",
    id,
    source: "urn:example",
    type,
    time: "2026-11-23T08:31:07.120Z",
    data: { org_id: org, site_id: "site_1", device_id: device },
  };
  return result satisfies OutgoingEvent;
}

/** Checks whether a delivery verifies with a secret. */
export const verifies = (
  { headers, body }: Received,
  secret: string,
  now: Date = new Date(),
): Promise<boolean> =>
  verify({ headers, body, keys: secret, now }).then(
    () => true,
    () => false,
  );

/** Waits so long that an unwanted webhook would have arrived. */
export const quiet = (ms = 250) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until an assertion passes. */
export const until = (holds: () => void | Promise<void>, timeout = MAX_WAIT_MS) =>
  vi.waitFor(holds, { timeout, interval: 10 });

/** A clock that runs like the system's and that a test can turn forward. */
interface TurnableClock extends Clock {
  /** Advances the time by `ms` and runs the timers that become due, so that no test waits for real hours. */
  turn(ms: number): void;
}

export function createTurnableClock(aheadMs = 0): TurnableClock {
  let ahead = aheadMs;
  const timers = new Set<{ readonly dueAt: number; readonly fire: () => void }>();
  const now = () => systemClock.now() + ahead;
  return {
    now,
    setTimer(callback, ms) {
      const timer = {
        dueAt: now() + ms,
        fire() {
          stop();
          callback();
        },
      };
      const cancel = systemClock.setTimer(timer.fire, ms);
      const stop = () => {
        timers.delete(timer);
        cancel();
      };
      timers.add(timer);
      return stop;
    },
    turn(ms) {
      ahead += ms;
      for (const { dueAt, fire } of [...timers]) if (dueAt <= now()) fire();
    },
  };
}
