import type { Database } from "better-sqlite3";
import { type BindingRow, toBinding } from "../../binding-row.ts";
import type { BindingStore, UnboundPlace } from "../../binding-store.ts";
import type { HeldRemoval, InventoryStore } from "../../inventory-store.ts";

type Reads = Pick<BindingStore, "all" | "unbound"> & Pick<InventoryStore, "heldRemovals">;

export function placeReads(database: Database): Reads {
  const bindings = database.prepare<[string], BindingRow>(
    "SELECT * FROM binding WHERE integration_id = ? ORDER BY org_id, site_id",
  );
  const unbound = database.prepare<[{ integrationId: string | null; limit: number }], UnboundPlace>(`
    SELECT w.integration_id AS integrationId, w.org_id AS orgId, w.site_id AS siteId, site.name AS siteName,
           sum(w.devices) AS devices, sum(w.events) AS events, min(w.first_seen_at) AS firstSeenAt
    FROM (
      SELECT integration_id, org_id, site_id, count(*) AS devices, 0 AS events, min(first_seen_at) AS first_seen_at
      FROM device
      WHERE customer_id IS NULL AND lifecycle <> 'removed' AND (:integrationId IS NULL OR integration_id = :integrationId)
      GROUP BY integration_id, org_id, site_id
      UNION ALL
      SELECT integration_id, org_id, site_id, 0, count(*), min(received_at)
      FROM quarantined_event WHERE :integrationId IS NULL OR integration_id = :integrationId
      GROUP BY integration_id, org_id, site_id
    ) w
    LEFT JOIN site ON site.integration_id = w.integration_id AND site.site_id = w.site_id
    GROUP BY w.integration_id, w.org_id, w.site_id
    ORDER BY events DESC, devices DESC, w.integration_id, w.org_id, w.site_id
    LIMIT :limit`);
  const held = database.prepare<[string, number], HeldRemoval>(`
    SELECT integration_id AS integrationId, device_id AS deviceId, held_since AS heldSince
    FROM device WHERE integration_id = ? AND held_since IS NOT NULL ORDER BY device_id LIMIT ?`);
  return {
    all: async (integrationId) => bindings.all(integrationId).map(toBinding),
    unbound: async (integrationId, limit) => unbound.all({ integrationId, limit }),
    heldRemovals: async (integrationId, limit) => held.all(integrationId, limit),
  };
}
