import type { Database } from "better-sqlite3";
import { toDay } from "../../digest.ts";
import type { LedgerPart } from "../../maintenance-store.ts";

interface LedgerKey {
  readonly integration: number;
  readonly event_key: Buffer;
}

interface Old {
  readonly before: string;
  readonly limit: number;
}

const BEGINNING: LedgerKey = { integration: 0, event_key: Buffer.alloc(0) };
const END: LedgerKey = { integration: Number.MAX_SAFE_INTEGER, event_key: Buffer.alloc(0) };

/** Makes the transactions that forget what is old. */
export function maintenanceWrites(database: Database) {
  // Positions are given out in the order of time, so what is old is at the front.
  const events = database.prepare<[Old], { sequence: number }>(`
    DELETE FROM event WHERE sequence IN (SELECT sequence FROM event ORDER BY sequence LIMIT :limit)
      AND received_at < :before RETURNING sequence`);
  const changes = database.prepare<[Old], { sequence: number }>(`
    DELETE FROM change WHERE sequence IN (SELECT sequence FROM change ORDER BY sequence LIMIT :limit)
      AND changed_at < :before RETURNING sequence`);
  const forget = database.prepare("UPDATE position SET forgotten = max(forgotten, ?)");
  // An index by day would cost every event more than this walk along the keys, now and then, costs.
  const next = database.prepare<[LedgerKey & { limit: number }], LedgerKey>(`
    SELECT integration, event_key FROM ledger WHERE (integration, event_key) > (:integration, :event_key)
    ORDER BY integration, event_key LIMIT 1 OFFSET :limit - 1`);
  const ledger = database.prepare(`
    DELETE FROM ledger WHERE (integration, event_key) > (:integration, :event_key)
      AND (integration, event_key) <= (:last_integration, :last_key) AND day < :day`);
  let walked = BEGINNING;
  function drop(from: typeof events, old: Old): number {
    const dropped = from.all(old);
    forget.run(dropped.reduce((last, { sequence }) => Math.max(last, sequence), 0));
    return dropped.length;
  }

  return {
    dropEvents: database.transaction((before: string, limit: number) => drop(events, { before, limit })),
    dropChanges: database.transaction((before: string, limit: number) => drop(changes, { before, limit })),
    dropLedger(before: string, limit: number): LedgerPart {
      const end = next.get({ ...walked, limit });
      const { integration, event_key } = end ?? END;
      const last = { last_integration: integration, last_key: event_key };
      const dropped = ledger.run({ ...walked, ...last, day: toDay(before) }).changes;
      walked = end ?? BEGINNING;
      return { dropped, isLast: !end };
    },
  };
}
