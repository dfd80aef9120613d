import { toDay } from "../digest.ts";
import { EXPORTED_COLUMNS } from "../rows.ts";
import type { LedgerPart, MaintenanceStore } from "../store.ts";
import type { Client, Database } from "./connection.ts";
import { createCompletePart } from "./inventory.ts";
import type { CompletePart } from "./listing.ts";

const ROWS_PER_FETCH = 1000;
const BEGINNING = { integration: 0, event_key: "00000000-0000-0000-0000-000000000000" };

type LedgerKey = typeof BEGINNING;

/** Deletes the oldest rows, which have the smallest positions, because positions grow with time. */
async function dropOldest(
  client: Client,
  table: "event" | "change",
  time: "received_at" | "changed_at",
  before: string,
  limit: number,
): Promise<number> {
  const [row] = await client.rows<{ count: number; last: number }>(
    `WITH dropped AS (
       DELETE FROM ingest.${table} WHERE sequence IN (
         SELECT sequence FROM ingest.${table} ORDER BY sequence LIMIT $2) AND ${time} < $1
       RETURNING sequence)
     SELECT count(*) AS count, coalesce(max(sequence), 0) AS last FROM dropped`,
    [before, limit],
  );
  const { count = 0, last = 0 } = row ?? {};
  if (count > 0) {
    await client.rows("UPDATE ingest.position SET forgotten = greatest(forgotten, $1)", [last]);
  }
  return count;
}

/** The first query of an export: finds published listings whose devices are not all moved. */
const PUBLISHED = {
  table: "listing",
  sql: "SELECT integration_id FROM ingest.listing WHERE state = 'published'",
};

async function* readExport(
  database: Database,
  complete: CompletePart,
): AsyncGenerator<string, void, undefined> {
  const tables = Object.entries(EXPORTED_COLUMNS).map(([table, columns]) => ({
    table,
    sql: `SELECT ${columns.join(", ")} FROM ingest.${table}`,
  }));
  for (;;) {
    let published: string | null = null;
    for await (const { table, row } of database.stream([PUBLISHED, ...tables], ROWS_PER_FETCH)) {
      if (table === PUBLISHED.table) {
        published = (row as { readonly integration_id: string }).integration_id;
        break;
      }
      yield JSON.stringify({ table, ...(row as object) });
    }
    if (published === null) return;
    while (!(await complete(published)));
  }
}

export function createMaintenanceStore(database: Database): MaintenanceStore {
  const complete = createCompletePart(database);
  let scannedTo: LedgerKey = BEGINNING;
  return {
    dropEvents: (before, limit) =>
      database.transaction((client) => dropOldest(client, "event", "received_at", before, limit)),
    dropChanges: (before, limit) =>
      database.transaction((client) => dropOldest(client, "change", "changed_at", before, limit)),
    // Scans the keys occasionally, because an index on the day would cost more with every insert.
    async dropLedger(before, limit): Promise<LedgerPart> {
      const from = [scannedTo.integration, scannedTo.event_key];
      const [end] = await database.slowRows<LedgerKey>(
        `SELECT integration, event_key FROM ingest.ledger WHERE (integration, event_key) > ($1, $2::uuid)
         ORDER BY integration, event_key LIMIT 1 OFFSET $3 - 1`,
        [...from, limit],
      );
      const dropped = await database.slowRows(
        `DELETE FROM ingest.ledger WHERE (integration, event_key) > ($1, $2::uuid) AND day < $3
         ${end ? "AND (integration, event_key) <= ($4, $5::uuid)" : ""} RETURNING 1`,
        [...from, toDay(before), ...(end ? [end.integration, end.event_key] : [])],
      );
      scannedTo = end ?? BEGINNING;
      return { dropped: dropped.length, isLast: !end };
    },
    async size() {
      const [row] = await database.slowRows<{ events: number; quarantined: number }>(
        // Estimates the count from the positions, because counting would read the whole table.
        `SELECT coalesce((SELECT max(sequence) - min(sequence) + 1 FROM ingest.event), 0) AS events,
                (SELECT count(*) FROM ingest.quarantined_event) AS quarantined`,
      );
      return { events: row?.events ?? 0, quarantinedEvents: row?.quarantined ?? 0, walBytes: null };
    },
    export: () => readExport(database, complete),
  };
}
