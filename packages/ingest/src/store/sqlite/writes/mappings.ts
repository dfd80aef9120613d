import type { Database } from "better-sqlite3";
import { toFeedItems } from "../../../domain/feed.ts";
import type { Mapping, UnmappedWord } from "../../../domain/mapping.ts";
import { reprojectMapping } from "../../../domain/reproject.ts";
import { type DeviceRow, stateOf } from "../../device-row.ts";
import { deviceTable } from "../device-table.ts";

const AT_ONCE = 500;

export const COUNT_UNMAPPED = `
  INSERT INTO unmapped_word (integration_id, kind, word, count, last_seen_at) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET count = count + excluded.count, last_seen_at = excluded.last_seen_at`;

/** Makes the transactions about vendors' words. */
export function mappingWrites(database: Database) {
  const upsert = database.prepare("INSERT OR REPLACE INTO mapping (integration_id, mapping) VALUES (?, ?)");
  const count = database.prepare(COUNT_UNMAPPED);
  const page = database.prepare<[string, string], DeviceRow>(
    `SELECT * FROM device WHERE integration_id = ? AND device_id > ? ORDER BY device_id LIMIT ${AT_ONCE}`,
  );
  const { open } = deviceTable(database);

  return {
    setMapping: database.transaction((integrationId: string, mapping: Mapping, at: string) => {
      upsert.run(integrationId, JSON.stringify(mapping));
      let changed = 0;
      for (let rows = page.all(integrationId, ""); rows.length > 0; ) {
        const effects = reprojectMapping(rows.map(stateOf), mapping, at);
        open().save(effects.devices, toFeedItems(effects.changes));
        changed += effects.devices.length;
        rows = page.all(integrationId, rows.at(-1)?.device_id ?? "");
      }
      return { devices: changed };
    }),
    countUnmapped: database.transaction((words: readonly Omit<UnmappedWord, "lastSeenAt">[], at: string) => {
      for (const { integrationId, kind, word, count: times } of words) {
        count.run(integrationId, kind, word, times, at);
      }
    }),
  };
}
