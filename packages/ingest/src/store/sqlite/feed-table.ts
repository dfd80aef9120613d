import type { Database } from "better-sqlite3";
import type { ChangeDraft } from "../../device/changes-between.ts";
import type { PlacedEvent } from "../../device/commit-batch.ts";
import { positions } from "./position.ts";

/** Something that takes a position. */
export type FeedItem =
  | { readonly kind: "event"; readonly placed: PlacedEvent }
  | { readonly kind: "change"; readonly change: ChangeDraft };

/** Writes what has a position, inside the caller's transaction, in the order given. */
export function feedTable(database: Database): (items: readonly FeedItem[]) => void {
  const position = positions(database);
  const event = database.prepare(`
    INSERT INTO event (sequence, integration_id, customer_id, customer_site_id, device_id, received_at, released, body)
    VALUES (?, ?, ?, ?, ?, ?, 0, ?)`);
  const quarantined = database.prepare(`
    INSERT INTO quarantined_event (sequence, integration_id, org_id, site_id, device_id, received_at, body)
    VALUES (?, ?, ?, ?, ?, ?, ?)`);
  const changed = database.prepare(`
    INSERT INTO change (sequence, kind, integration_id, customer_id, customer_site_id, device_id, changed_at, data)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);

  function writeEvent(sequence: number, { event: each, place, deviceId }: PlacedEvent): void {
    const { integrationId, orgId, siteId, receivedAt, body } = each;
    if (place) {
      const { customerId, customerSiteId } = place;
      event.run(sequence, integrationId, customerId, customerSiteId, deviceId, receivedAt, body);
    } else {
      quarantined.run(sequence, integrationId, orgId, siteId, deviceId, receivedAt, body);
    }
  }

  return (items) => {
    let sequence = position.take(items.length);
    for (const item of items) {
      if (item.kind === "event") writeEvent(sequence, item.placed);
      else {
        const { kind, integrationId, place, deviceId, changedAt, data } = item.change;
        const { customerId = null, customerSiteId = null } = place ?? {};
        changed.run(sequence, kind, integrationId, customerId, customerSiteId, deviceId, changedAt, data);
      }
      sequence += 1;
    }
  };
}
