import type { Database } from "better-sqlite3";
import type { Mapping, UnmappedWord } from "../../../domain/mapping.ts";
import type { MappingStore } from "../../mapping-store.ts";

export function mappingReads(database: Database): Pick<MappingStore, "get" | "unmapped"> {
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
