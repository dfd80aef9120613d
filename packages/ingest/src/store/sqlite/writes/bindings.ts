import type { Database } from "better-sqlite3";
import type { Binding } from "../../../domain/binding.ts";
import { formatEventData, toFeedItems } from "../../../domain/feed.ts";
import { type Reprojection, reprojectPlaces } from "../../../domain/reproject.ts";
import type { Released } from "../../binding-store.ts";
import { type DeviceRow, stateOf } from "../../device-row.ts";
import { deviceTable } from "../device-table.ts";

const AT_ONCE = 500;

interface WaitingEvent {
  readonly sequence: number;
  readonly site_id: string;
  readonly device_id: string | null;
  readonly body: string;
}

/** Makes the transactions that say whose a vendor's places are. */
export function bindingWrites(database: Database) {
  const upsert = database.prepare(
    "INSERT OR REPLACE INTO binding (integration_id, org_id, site_id, customer_id, customer_site_id, bound_at) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const remove = database.prepare(
    "DELETE FROM binding WHERE integration_id = ? AND org_id = ? AND site_id = ?",
  );
  // '' stands for every site of the org: those with a binding of their own are looked at for nothing.
  const there = database.prepare<[Record<string, string>], DeviceRow>(`
    SELECT * FROM device
    WHERE integration_id = :integration AND org_id = :org AND (:site = '' OR site_id = :site) AND device_id > :after
    ORDER BY device_id LIMIT ${AT_ONCE}`);
  const waiting = database.prepare<[Record<string, string | number>], WaitingEvent>(`
    SELECT sequence, site_id, device_id, body FROM quarantined_event
    WHERE integration_id = :integration AND org_id = :org AND (:site = '' OR site_id = :site) AND sequence > :after
    ORDER BY sequence LIMIT ${AT_ONCE}`);
  const letOut = database.prepare(`
    INSERT INTO event (sequence, integration_id, customer_id, customer_site_id, device_id, received_at, released, body)
    SELECT sequence, integration_id, ?, ?, device_id, received_at, 1, body FROM quarantined_event WHERE sequence = ?`);
  const forget = database.prepare("DELETE FROM quarantined_event WHERE sequence = ?");
  const { open } = deviceTable(database);

  type Where = Pick<Binding, "integrationId" | "orgId" | "siteId">;

  function rebindDevices({ integrationId, orgId, siteId }: Where, at: string): number {
    let count = 0;
    const page = (after: string) =>
      there.all({ integration: integrationId, org: orgId, site: siteId ?? "", after }).map(stateOf);
    for (let states = page(""); states.length > 0; states = page(states.at(-1)?.deviceId ?? "")) {
      const devices = open();
      const { changes, devices: changed }: Reprojection = reprojectPlaces(states, devices, at);
      devices.save(changed, toFeedItems(changes));
      count += changed.length;
    }
    return count;
  }

  function releaseEvents({ integrationId, orgId, siteId }: Where, at: string): number {
    let count = 0;
    const devices = open();
    const page = (after: number) =>
      waiting.all({ integration: integrationId, org: orgId, site: siteId ?? "", after });
    for (let events = page(0); events.length > 0; events = page(events.at(-1)?.sequence ?? 0)) {
      for (const { sequence, site_id, device_id, body } of events) {
        const place = devices.place(integrationId, orgId, site_id);
        if (!place) continue;
        letOut.run(place.customerId, place.customerSiteId, sequence);
        forget.run(sequence);
        const data = formatEventData(sequence, body);
        const change = {
          kind: "event",
          integrationId,
          place,
          deviceId: device_id,
          changedAt: at,
          data,
        } as const;
        devices.save([], toFeedItems([change]));
        count += 1;
      }
    }
    return count;
  }

  return {
    bind: database.transaction((binding: Binding): Released => {
      const { integrationId, orgId, siteId, customerId, customerSiteId, boundAt } = binding;
      upsert.run(integrationId, orgId, siteId ?? "", customerId, customerSiteId, boundAt);
      return { devices: rebindDevices(binding, boundAt), events: releaseEvents(binding, boundAt) };
    }),
    unbind: database.transaction((where: Where, at: string): boolean => {
      if (remove.run(where.integrationId, where.orgId, where.siteId ?? "").changes === 0) return false;
      rebindDevices(where, at);
      return true;
    }),
  };
}
