import type { Database } from "better-sqlite3";
import { reprojectMapping } from "../../domain/device-transitions.ts";
import { toFeedItems } from "../../domain/feed.ts";
import type { Mapping, UnmappedWord } from "../../domain/mapping.ts";
import type { MappingStore } from "../binding-store.ts";
import { DEVICE_COLUMNS, type DeviceRow, toDeviceState } from "../rows.ts";
import { openDeviceTable } from "./device-table.ts";
import { INCOMPLETE, openListings } from "./listing.ts";

const PAGE_SIZE = 500;

export function prepareMappingReads(database: Database): Pick<MappingStore, "get" | "unmapped"> {
  const get = database
    .prepare<[string], string>("SELECT mapping FROM mapping WHERE integration_id = ?")
    .pluck();
  const unmapped = database.prepare<[{ integrationId: string | null; limit: number }], UnmappedWord>(`
    SELECT w.integration_id AS integrationId, kind, word, count, last_seen_at AS lastSeenAt
    FROM unmapped_word w LEFT JOIN mapping m USING (integration_id)
    WHERE (:integrationId IS NULL OR w.integration_id = :integrationId)
      AND NOT EXISTS (
        SELECT 1 FROM json_each(coalesce(m.mapping, '{}'), CASE kind WHEN 'type' THEN '$.types' ELSE '$.statuses' END) known
        WHERE known.key = w.word)
    ORDER BY count DESC, w.integration_id, kind, word LIMIT :limit`);
  return {
    async get(integrationId) {
      const mapping = get.get(integrationId);
      return mapping === undefined ? null : (JSON.parse(mapping) as Mapping);
    },
    unmapped: async (integrationId, limit) => unmapped.all({ integrationId, limit }),
  };
}

/** Creates a function that adds to the count of a vendor term, inside the caller's transaction. */
export function prepareWordCounter(database: Database): (word: UnmappedWord) => void {
  const add = database.prepare(`
    INSERT INTO unmapped_word (integration_id, kind, word, count, last_seen_at)
    VALUES (:integrationId, :kind, :word, :count, :lastSeenAt)
    ON CONFLICT DO UPDATE SET count = count + excluded.count, last_seen_at = excluded.last_seen_at`);
  return (word) => {
    add.run(word);
  };
}

export function prepareMappingWrites(database: Database) {
  const upsert = database.prepare("INSERT OR REPLACE INTO mapping (integration_id, mapping) VALUES (?, ?)");
  const count = prepareWordCounter(database);
  const page = database.prepare<[string, string], DeviceRow>(
    `SELECT ${DEVICE_COLUMNS.join(", ")} FROM device
     WHERE integration_id = ? AND device_id > ? ORDER BY device_id LIMIT ${PAGE_SIZE}`,
  );
  const { begin } = openDeviceTable(database);
  const listings = openListings(database);

  return {
    setMapping: database.transaction((integrationId: string, mapping: Mapping, at: string) => {
      if (!listings.allowChange(integrationId)) return INCOMPLETE;
      upsert.run(integrationId, JSON.stringify(mapping));
      let changed = 0;
      for (let rows = page.all(integrationId, ""); rows.length > 0; ) {
        const effects = reprojectMapping(rows.map(toDeviceState), mapping, at);
        begin().save(effects.devices, toFeedItems(effects.changes));
        changed += effects.devices.length;
        rows = page.all(integrationId, rows.at(-1)?.device_id ?? "");
      }
      return { devices: changed };
    }),
    countUnmapped: database.transaction((words: readonly Omit<UnmappedWord, "lastSeenAt">[], at: string) => {
      for (const word of words) count({ ...word, lastSeenAt: at });
    }),
  };
}
