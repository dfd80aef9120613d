import { randomBytes } from "node:crypto";
import { createOutbox, type Outbox, type OutboxOptions } from "@convergint/delivery";
import { createSqliteStore } from "@convergint/delivery/sqlite";

/** A file that keeps the outbox across restarts. */
export interface OutboxFile {
  /** A SQLite file; created if missing. */
  readonly path: string;
  /** Encrypts the endpoints' secrets in the file: base64 of 32 random bytes, the same at every start. */
  readonly encryptionKey: string;
}

/** How this cloud delivers. */
export interface DeliveryOptions
  extends Pick<
    OutboxOptions<never>,
    | "retryScheduleSeconds"
    | "probeScheduleSeconds"
    | "allowLoopback"
    | "concurrencyPerEndpoint"
    | "send"
    | "clock"
    | "onError"
  > {
  readonly file: OutboxFile | undefined;
}

/** After a kill, the next process waits this long before it retries the deliveries that were under way. */
const LEASE_SECONDS = 2;
/**
 * If the outbox is in memory, no other process can take over its deliveries, so the lease need not expire.
 */
const SOLE_LEASE_SECONDS = 86_400;

/** How long events are kept, for retries and for backfill. */
export const RETENTION_HOURS = 168;

/**
 * Opens the outbox; call its `start` to deliver the waiting events.
 *
 * @throws {DeliveryError} `invalid_option`, `store_failed`
 * @see spec/1.0/contract.md#delivery
 */
export async function openOutbox({ file, ...options }: DeliveryOptions): Promise<Outbox> {
  return createOutbox({
    ...options,
    store: await createSqliteStore({ path: file?.path ?? ":memory:" }),
    // If the outbox is in memory, the key does not need to outlive the process.
    encryptionKey: file?.encryptionKey ?? randomBytes(32).toString("base64"),
    leaseSeconds: file ? LEASE_SECONDS : SOLE_LEASE_SECONDS,
    retentionHours: RETENTION_HOURS,
  });
}
