import { statSync } from "node:fs";
import type { Database } from "better-sqlite3";
import { toDay } from "../digest.ts";
import { EXPORTED_COLUMNS } from "../rows.ts";
import type { LedgerPart, MaintenanceStore } from "../store.ts";
import { openForReading } from "./connection.ts";

/**
 * Opens a snapshot in which no listing is published whose devices are not all moved.
 *
 * @param complete moves all devices of an integration's published listing
 */
async function openSnapshot(
  file: string,
  complete: (integrationId: string) => Promise<void>,
): Promise<Database> {
  for (;;) {
    const database = openForReading(file);
    database.exec("BEGIN");
    const published = database
      .prepare<[], string>("SELECT integration_id FROM listing WHERE state = 'published'")
      .pluck()
      .all();
    if (published.length === 0) return database;
    database.close();
    for (const integrationId of published) await complete(integrationId);
  }
}

/** Exports through a separate connection, which holds one snapshot for as long as the caller reads. */
async function* readExport(
  file: string,
  complete: (integrationId: string) => Promise<void>,
): AsyncGenerator<string, void, undefined> {
  const database = await openSnapshot(file, complete);
  try {
    for (const [table, columns] of Object.entries(EXPORTED_COLUMNS)) {
      const rows = database.prepare(`SELECT ${columns.join(", ")} FROM ${table}`).iterate();
      for (const row of rows) yield JSON.stringify({ table, ...(row as object) });
    }
  } finally {
    database.close();
  }
}

export function prepareMaintenanceReads(
  database: Database,
  file: string,
  complete: (integrationId: string) => Promise<void>,
): Pick<MaintenanceStore, "size" | "export"> {
  const sizes = database.prepare<[], { events: number; quarantinedEvents: number }>(
    // Estimates the count from the positions, because counting would read the whole table.
    `SELECT coalesce((SELECT max(sequence) - min(sequence) + 1 FROM event), 0) AS events,
            (SELECT count(*) FROM quarantined_event) AS quarantinedEvents`,
  );
  return {
    async size() {
      const { events = 0, quarantinedEvents = 0 } = sizes.get() ?? {};
      return {
        events,
        quarantinedEvents,
        walBytes: statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0,
      };
    },
    export: () => readExport(file, complete),
  };
}

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

export function prepareMaintenanceWrites(database: Database) {
  // Positions grow with time, so the oldest rows have the smallest positions.
  const events = database.prepare<[Old], { sequence: number }>(`
    DELETE FROM event WHERE sequence IN (SELECT sequence FROM event ORDER BY sequence LIMIT :limit)
      AND received_at < :before RETURNING sequence`);
  const changes = database.prepare<[Old], { sequence: number }>(`
    DELETE FROM change WHERE sequence IN (SELECT sequence FROM change ORDER BY sequence LIMIT :limit)
      AND changed_at < :before RETURNING sequence`);
  const setForgotten = database.prepare("UPDATE position SET forgotten = max(forgotten, ?)");
  // Scans the keys occasionally, because an index on the day would cost more with every insert.
  const next = database.prepare<[LedgerKey & { limit: number }], LedgerKey>(`
    SELECT integration, event_key FROM ledger WHERE (integration, event_key) > (:integration, :event_key)
    ORDER BY integration, event_key LIMIT 1 OFFSET :limit - 1`);
  const ledger = database.prepare(`
    DELETE FROM ledger WHERE (integration, event_key) > (:integration, :event_key)
      AND (integration, event_key) <= (:last_integration, :last_key) AND day < :day`);
  let scannedTo = BEGINNING;
  function drop(from: typeof events, old: Old): number {
    const dropped = from.all(old);
    setForgotten.run(dropped.reduce((last, { sequence }) => Math.max(last, sequence), 0));
    return dropped.length;
  }

  return {
    dropEvents: database.transaction((before: string, limit: number) => drop(events, { before, limit })),
    dropChanges: database.transaction((before: string, limit: number) => drop(changes, { before, limit })),
    dropLedger(before: string, limit: number): LedgerPart {
      const end = next.get({ ...scannedTo, limit });
      const { integration, event_key } = end ?? END;
      const last = { last_integration: integration, last_key: event_key };
      const dropped = ledger.run({ ...scannedTo, ...last, day: toDay(before) }).changes;
      scannedTo = end ?? BEGINNING;
      return { dropped, isLast: !end };
    },
  };
}
