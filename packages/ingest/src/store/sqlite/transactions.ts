import type { Database } from "better-sqlite3";
import type { Committed } from "../../domain/event.ts";
import { prepareBindingWrites } from "./bindings.ts";
import { prepareSubscriberWrites } from "./changes.ts";
import { isDiskFailure } from "./connection.ts";
import { prepareEventWrites } from "./events.ts";
import { prepareIntegrationWrites } from "./integrations.ts";
import { prepareInventoryWrites } from "./inventory.ts";
import { prepareMaintenanceWrites } from "./maintenance.ts";
import { prepareMappingWrites } from "./mappings.ts";
import { prepareRefusedDeliveryWrites } from "./refused-deliveries.ts";
import { prepareLeaseWrites, prepareSyncWrites } from "./syncs.ts";
import { prepareTokenWrites } from "./tokens.ts";

/** Prepares all functions that write to the database. Each function runs one transaction. */
export function createTransactions(database: Database) {
  return {
    ...prepareIntegrationWrites(database),
    ...prepareBindingWrites(database),
    ...prepareMappingWrites(database),
    ...prepareEventWrites(database),
    ...prepareInventoryWrites(database),
    ...prepareSubscriberWrites(database),
    ...prepareSyncWrites(database),
    ...prepareLeaseWrites(database),
    ...prepareRefusedDeliveryWrites(database),
    ...prepareTokenWrites(database),
    ...prepareMaintenanceWrites(database),
  };
}

export type Transactions = ReturnType<typeof createTransactions>;

/** Splits a shared result into one result per batch. All late events are counted for the first batch. */
function* split(batches: readonly (readonly unknown[])[], { outcomes, late }: Committed) {
  let from = 0;
  for (const { length } of batches) {
    yield { outcomes: outcomes.slice(from, from + length), late: from === 0 ? late : 0 };
    from += length;
  }
}

/**
 * Commits several batches in one transaction. If that fails, commits each batch in a separate transaction, so
 * that one bad batch does not fail the others; not if the disk fails, because then all would fail.
 *
 * @param commit stores a batch as a whole, or throws
 * @returns for each batch, a function that returns the batch's result or throws its error
 */
export function commitTogether<Event>(
  commit: (events: readonly Event[]) => Committed,
  batches: readonly (readonly Event[])[],
): readonly (() => Committed)[] {
  const commitEach = () => batches.map((batch) => () => commit(batch));
  if (batches.length === 1) return commitEach();
  try {
    return [...split(batches, commit(batches.flat()))].map((committed) => () => committed);
  } catch (error) {
    if (!isDiskFailure(error)) return commitEach();
    return batches.map(() => () => {
      throw error;
    });
  }
}
