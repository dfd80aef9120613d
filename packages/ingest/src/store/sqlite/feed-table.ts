import type { Database } from "better-sqlite3";
import type { ChangeDraft } from "../../device/changes-between.ts";
import type { FeedItem, PlacedEvent } from "../../device/feed-item.ts";
import type { DeviceMemory } from "./device-memory.ts";
import { positions } from "./position.ts";

/**
 * Writes what has a position, inside the caller's transaction, in the order given.
 *
 * @param memory where the ends of histories are kept; the devices whose they are must be saved
 */
export function feedTable(
  database: Database,
  memory: Pick<DeviceMemory, "device">,
): (items: readonly FeedItem[]) => void {
  const position = positions(database);
  const event = database.prepare(`
    INSERT INTO event (sequence, integration_id, customer_id, customer_site_id, device_id, received_at, released, body)
    VALUES (?, ?, ?, ?, ?, ?, 0, ?)`);
  const quarantined = database.prepare(`
    INSERT INTO quarantined_event (sequence, integration_id, org_id, site_id, device_id, received_at, body)
    VALUES (?, ?, ?, ?, ?, ?, ?)`);
  const changed = database.prepare(`
    INSERT INTO change
      (sequence, kind, integration_id, customer_id, customer_site_id, device_id, changed_at, data, previous)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);

  function writeEvent(sequence: number, { event: each, place, deviceId }: PlacedEvent): void {
    const { integrationId, orgId, siteId, receivedAt, body } = each;
    if (place) {
      const { customerId, customerSiteId } = place;
      event.run(sequence, integrationId, customerId, customerSiteId, deviceId, receivedAt, body);
    } else {
      quarantined.run(sequence, integrationId, orgId, siteId, deviceId, receivedAt, body);
    }
  }

  function writeChange(sequence: number, change: ChangeDraft): void {
    const { kind, integrationId, place, deviceId, changedAt, data } = change;
    const { customerId = null, customerSiteId = null } = place ?? {};
    let previous: number | null = null;
    if (kind === "device_status" && deviceId !== null) {
      const device = memory.device(integrationId, deviceId);
      previous = device.lastStatusChange;
      device.lastStatusChange = sequence;
    }
    changed.run(
      sequence,
      kind,
      integrationId,
      customerId,
      customerSiteId,
      deviceId,
      changedAt,
      data,
      previous,
    );
  }

  return (items) => {
    let sequence = position.take(items.length);
    for (const item of items) {
      if (item.kind === "event") writeEvent(sequence, item.placed);
      else writeChange(sequence, item.change);
      sequence += 1;
    }
  };
}
