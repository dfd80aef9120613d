import { randomBytes } from "node:crypto";
import { createOutbox, type Outbox, type OutboxOptions } from "@convergint/delivery";
import { createSqliteStore } from "@convergint/delivery/sqlite";

/** Where the outbox outlives the process. */
export interface OutboxFile {
  /** A SQLite file; made where there is none. */
  readonly path: string;
  /** base64 of 32 random bytes, the same at every start: it encrypts the endpoints' secrets in the file. */
  readonly encryptionKey: string;
}

/** How this cloud delivers. */
export interface DeliveryOptions
  extends Pick<
    OutboxOptions<never>,
    "retryScheduleSeconds" | "allowLoopback" | "send" | "clock" | "onError"
  > {
  readonly file: OutboxFile | undefined;
}

/** One process delivers, so a delivery that is due is looked for often and for next to nothing. */
const POLL_SECONDS = 0.05;

/** After a kill, the process that follows waits this long before it goes on with what was under way. */
const LEASE_SECONDS = 2;
/** For how long events are kept: to be tried again, and for backfill. */
export const RETENTION_HOURS = 168;

/**
 * Opens the outbox. What waits in it is delivered from its start on.
 *
 * @throws {DeliveryError} `invalid_option`, `store_failed`
 * @see spec/1.0/contract.md#delivery
 */
export async function openOutbox({ file, ...options }: DeliveryOptions): Promise<Outbox> {
  return createOutbox({
    ...options,
    store: await createSqliteStore({ path: file?.path ?? ":memory:" }),
    // What is gone with the process needs no key that outlives it.
    encryptionKey: file?.encryptionKey ?? randomBytes(32).toString("base64"),
    pollSeconds: POLL_SECONDS,
    leaseSeconds: LEASE_SECONDS,
    retentionHours: RETENTION_HOURS,
  });
}
