import type { Database } from "better-sqlite3";
import type { Place } from "../../domain/binding.ts";
import type { ChangeDraft } from "../../domain/change.ts";
import type { FeedItem, PlacedEvent } from "../../domain/feed.ts";
import type { DeviceMemory } from "./device-memory.ts";
import { positions } from "./position.ts";
import { rowInserter } from "./row-inserter.ts";

type Row = readonly (string | number | null)[];

const eventRow = (sequence: number, { event, deviceId }: PlacedEvent, place: Place): Row => [
  sequence,
  event.integrationId,
  place.customerId,
  place.customerSiteId,
  deviceId,
  event.receivedAt,
  0,
  event.body,
];

const quarantinedRow = (sequence: number, { event, deviceId }: PlacedEvent): Row => [
  sequence,
  event.integrationId,
  event.orgId,
  event.siteId,
  deviceId,
  event.receivedAt,
  event.body,
];

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
  const insertEvents = rowInserter(database, "event", [
    ...["sequence", "integration_id", "customer_id", "customer_site_id", "device_id", "received_at"],
    ...["released", "body"],
  ]);
  const insertQuarantined = rowInserter(database, "quarantined_event", [
    ...["sequence", "integration_id", "org_id", "site_id", "device_id", "received_at", "body"],
  ]);
  const insertChanges = rowInserter(database, "change", [
    ...["sequence", "kind", "integration_id", "customer_id", "customer_site_id", "device_id", "changed_at"],
    ...["data", "previous"],
  ]);

  /** Makes a change the end of its device's history. @returns what it follows upon */
  function follow(sequence: number, { kind, integrationId, deviceId }: ChangeDraft): number | null {
    if (kind !== "device_status" || deviceId === null) return null;
    const device = memory.device(integrationId, deviceId);
    const previous = device.lastStatusChange;
    device.lastStatusChange = sequence;
    return previous;
  }

  function changeRow(sequence: number, change: ChangeDraft): Row {
    const { kind, integrationId, place, deviceId, changedAt, data } = change;
    const { customerId = null, customerSiteId = null } = place ?? {};
    const previous = follow(sequence, change);
    return [sequence, kind, integrationId, customerId, customerSiteId, deviceId, changedAt, data, previous];
  }

  return (items) => {
    let sequence = position.take(items.length);
    const [events, quarantined, changes]: [Row[], Row[], Row[]] = [[], [], []];
    for (const item of items) {
      if (item.kind === "change") changes.push(changeRow(sequence, item.change));
      else if (item.placed.place) events.push(eventRow(sequence, item.placed, item.placed.place));
      else quarantined.push(quarantinedRow(sequence, item.placed));
      sequence += 1;
    }
    insertEvents(events);
    insertQuarantined(quarantined);
    insertChanges(changes);
  };
}
