import { toDay } from "../digest.ts";
import { EXPORTED_COLUMNS } from "../exported-columns.ts";
import type { LedgerPart, MaintenanceStore } from "../maintenance-store.ts";
import type { Client, Database } from "./connection.ts";

const AT_ONCE = 1000;
const BEGINNING = { integration: 0, event_key: "00000000-0000-0000-0000-000000000000" };

type LedgerKey = typeof BEGINNING;

/** Drops what is old at the front, where it is: positions are given out in the order of time. */
async function dropFront(
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

async function* exported(database: Database): AsyncGenerator<string, void, undefined> {
  const lines = database.stream(
    Object.entries(EXPORTED_COLUMNS).map(([kind, columns]) => ({
      kind,
      sql: `SELECT ${columns.join(", ")} FROM ingest.${kind}`,
    })),
    AT_ONCE,
  );
  for await (const { kind, row } of lines) yield JSON.stringify({ table: kind, ...(row as object) });
}

export function maintenanceIn(database: Database): MaintenanceStore {
  let walked: LedgerKey = BEGINNING;
  return {
    dropEvents: (before, limit) =>
      database.transaction((client) => dropFront(client, "event", "received_at", before, limit)),
    dropChanges: (before, limit) =>
      database.transaction((client) => dropFront(client, "change", "changed_at", before, limit)),
    // An index by day would cost every event more than this walk along the keys, now and then, costs.
    async dropLedger(before, limit): Promise<LedgerPart> {
      const from = [walked.integration, walked.event_key];
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
      walked = end ?? BEGINNING;
      return { dropped: dropped.length, isLast: !end };
    },
    async size() {
      const [row] = await database.slowRows<{ events: number; quarantined: number }>(
        // Positions are close enough: to count a table is to read it.
        `SELECT coalesce((SELECT max(sequence) - min(sequence) + 1 FROM ingest.event), 0) AS events,
                (SELECT count(*) FROM ingest.quarantined_event) AS quarantined`,
      );
      return { events: row?.events ?? 0, quarantinedEvents: row?.quarantined ?? 0, walBytes: null };
    },
    export: () => exported(database),
  };
}
