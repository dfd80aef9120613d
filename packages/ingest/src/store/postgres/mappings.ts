import { reprojectMapping } from "../../domain/device-transitions.ts";
import type { Mapping, UnmappedWord } from "../../domain/mapping.ts";
import type { MappingStore } from "../binding-store.ts";
import { DEVICE_COLUMNS, type DeviceRow, toDeviceState } from "../rows.ts";
import type { Client, Database } from "./connection.ts";
import { saveDevices } from "./device-table.ts";
import { collectChanges } from "./feed.ts";
import { createCompletePart } from "./inventory.ts";
import { changeBetweenListings } from "./listing.ts";
import { columnsOf, unnest } from "./query.ts";

const PAGE_SIZE = 1000;

interface ReceivedWord extends Omit<UnmappedWord, "lastSeenAt"> {
  readonly at: string;
}

/** Adds to the counts of vendor terms. Does so in key order, so that two transactions cannot deadlock. */
export async function countWords(client: Client, words: readonly ReceivedWord[]): Promise<void> {
  if (words.length === 0) return;
  await client.rows(
    `INSERT INTO ingest.unmapped_word AS w (integration_id, kind, word, count, last_seen_at)
     SELECT integration_id COLLATE "C", kind COLLATE "C", word COLLATE "C", sum(count), max(at)
     FROM ${unnest("text", "text", "text", "bigint", "text")} AS given (integration_id, kind, word, count, at)
     GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
     ON CONFLICT (integration_id, kind, word) DO UPDATE SET
       count = w.count + excluded.count, last_seen_at = greatest(w.last_seen_at, excluded.last_seen_at)`,
    columnsOf(
      words,
      ({ integrationId }) => integrationId,
      ({ kind }) => kind,
      ({ word }) => word,
      ({ count }) => count,
      ({ at }) => at,
    ),
  );
}

export function createMappingStore(database: Database): MappingStore {
  const complete = createCompletePart(database);
  return {
    async get(integrationId) {
      const [row] = await database.rows<{ mapping: string }>(
        "SELECT mapping FROM ingest.mapping WHERE integration_id = $1",
        [integrationId],
      );
      return row ? (JSON.parse(row.mapping) as Mapping) : null;
    },
    set: (integrationId, mapping, at) =>
      changeBetweenListings(database, complete, integrationId, async (client) => {
        await client.rows(
          `INSERT INTO ingest.mapping (integration_id, mapping) VALUES ($1, $2)
           ON CONFLICT (integration_id) DO UPDATE SET mapping = excluded.mapping`,
          [integrationId, JSON.stringify(mapping)],
        );
        const changes = collectChanges(client);
        let devices = 0;
        for (let after = ""; ; ) {
          const rows = await client.rows<DeviceRow>(
            `SELECT ${DEVICE_COLUMNS.join(", ")} FROM ingest.device
             WHERE integration_id = $1 AND device_id > $2 ORDER BY device_id LIMIT ${PAGE_SIZE} FOR UPDATE`,
            [integrationId, after],
          );
          const effects = reprojectMapping(rows.map(toDeviceState), mapping, at);
          await saveDevices(client, effects.devices);
          await changes.add(effects.changes);
          devices += effects.devices.length;
          const last = rows.at(-1)?.device_id;
          if (rows.length < PAGE_SIZE || typeof last !== "string") break;
          after = last;
        }
        await changes.write();
        return { devices };
      }),
    unmapped: (integrationId, limit) =>
      database.rows<UnmappedWord>(
        `SELECT w.integration_id AS "integrationId", kind, word, count, last_seen_at AS "lastSeenAt"
         FROM ingest.unmapped_word w LEFT JOIN ingest.mapping m USING (integration_id)
         WHERE ($1::text IS NULL OR w.integration_id = $1)
           AND NOT coalesce(m.mapping::jsonb -> CASE kind WHEN 'type' THEN 'types' ELSE 'statuses' END ? word, false)
         ORDER BY count DESC, w.integration_id, kind, word LIMIT $2`,
        [integrationId, limit],
      ),
    countUnmapped: (words, at) =>
      database.transaction((client) =>
        countWords(
          client,
          words.map((word) => ({ ...word, at })),
        ),
      ),
  };
}
