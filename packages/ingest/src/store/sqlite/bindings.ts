import type { Database } from "better-sqlite3";
import type { Binding } from "../../domain/binding.ts";
import { reprojectPlaces } from "../../domain/device-transitions.ts";
import { formatEventData, toFeedItems } from "../../domain/feed.ts";
import type { BindingStore, Released, UnboundPlace } from "../binding-store.ts";
import {
  BINDING_COLUMNS,
  type BindingRow,
  DEVICE_COLUMNS,
  type DeviceRow,
  toBinding,
  toDeviceState,
} from "../rows.ts";
import { openDeviceTable } from "./device-table.ts";
import { prepareDeviceQuery } from "./devices.ts";
import { INCOMPLETE, openListings } from "./listing.ts";

const PAGE_SIZE = 500;

/**
 * Condition for the rows of a {@link Where}. `''` selects every site of the org. This includes sites with
 * their own binding, for which nothing changes.
 */
const AT_PLACE =
  "integration_id = :integrationId AND org_id = :orgId AND (:siteId = '' OR site_id = :siteId)";

export function prepareBindingReads(database: Database): Pick<BindingStore, "all" | "unbound" | "isKnown"> {
  const bindings = database.prepare<[string], BindingRow>(
    `SELECT ${BINDING_COLUMNS.join(", ")} FROM binding WHERE integration_id = ? ORDER BY org_id, site_id`,
  );
  const unbound = prepareDeviceQuery<[{ integrationId: string | null; limit: number }], UnboundPlace>(
    database,
    (devices) => `
    SELECT w.integration_id AS integrationId, w.org_id AS orgId, w.site_id AS siteId, site.name AS siteName,
           sum(w.devices) AS devices, sum(w.events) AS events, min(w.first_seen_at) AS firstSeenAt
    FROM (
      SELECT integration_id, org_id, site_id, count(*) AS devices, 0 AS events, min(first_seen_at) AS first_seen_at
      FROM ${devices}
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
    LIMIT :limit`,
  );
  const known = database
    .prepare<[Record<string, string>], number>(
      `SELECT ${["site", "device", "quarantined_event"]
        .map((table) => `EXISTS (SELECT 1 FROM ${table} WHERE ${AT_PLACE})`)
        .join(" OR ")}`,
    )
    .pluck();
  return {
    isKnown: async ({ integrationId, orgId, siteId }) =>
      known.get({ integrationId, orgId, siteId: siteId ?? "" }) === 1,
    all: async (integrationId) => bindings.all(integrationId).map(toBinding),
    unbound: async (integrationId, limit) => unbound((query) => query.all({ integrationId, limit })),
  };
}

type Where = Pick<Binding, "integrationId" | "orgId" | "siteId">;

interface QuarantinedEvent {
  readonly sequence: number;
  readonly site_id: string;
  readonly device_id: string | null;
  readonly body: string;
}

function createRebind(database: Database) {
  const select = database.prepare<[Record<string, string>], DeviceRow>(`
    SELECT ${DEVICE_COLUMNS.join(", ")} FROM device
    WHERE ${AT_PLACE} AND device_id > :after ORDER BY device_id LIMIT ${PAGE_SIZE}`);
  const { begin } = openDeviceTable(database);

  /** Moves the devices of a place to the customer that the place is bound to now. @returns how many moved */
  return ({ integrationId, orgId, siteId }: Where, at: string): number => {
    let count = 0;
    const page = (after: string) =>
      select.all({ integrationId, orgId, siteId: siteId ?? "", after }).map(toDeviceState);
    for (let states = page(""); states.length > 0; states = page(states.at(-1)?.deviceId ?? "")) {
      const devices = begin();
      const effects = reprojectPlaces(states, devices, at);
      devices.save(effects.devices, toFeedItems(effects.changes));
      count += effects.devices.length;
    }
    return count;
  };
}

function createRelease(database: Database) {
  const select = database.prepare<[Record<string, string | number>], QuarantinedEvent>(`
    SELECT sequence, site_id, device_id, body FROM quarantined_event
    WHERE ${AT_PLACE} AND sequence > :after ORDER BY sequence LIMIT ${PAGE_SIZE}`);
  const store = database.prepare(`
    INSERT INTO event (sequence, integration_id, customer_id, customer_site_id, device_id, received_at, released, body)
    SELECT sequence, integration_id, ?, ?, device_id, received_at, 1, body FROM quarantined_event WHERE sequence = ?`);
  const remove = database.prepare("DELETE FROM quarantined_event WHERE sequence = ?");
  const { begin } = openDeviceTable(database);

  /**
   * Releases the events of a place from quarantine, in the order of arrival.
   *
   * @returns how many were released
   */
  return ({ integrationId, orgId, siteId }: Where, at: string): number => {
    let count = 0;
    const devices = begin();
    const page = (after: number) => select.all({ integrationId, orgId, siteId: siteId ?? "", after });
    for (let events = page(0); events.length > 0; events = page(events.at(-1)?.sequence ?? 0)) {
      for (const { sequence, site_id, device_id: deviceId, body } of events) {
        const place = devices.place(integrationId, orgId, site_id);
        if (!place) continue;
        store.run(place.customerId, place.customerSiteId, sequence);
        remove.run(sequence);
        const data = formatEventData(sequence, body);
        const change = { kind: "event", integrationId, place, deviceId, changedAt: at, data } as const;
        devices.save([], toFeedItems([change]));
        count += 1;
      }
    }
    return count;
  };
}

export function prepareBindingWrites(database: Database) {
  const upsert = database.prepare(
    `INSERT OR REPLACE INTO binding (integration_id, org_id, site_id, customer_id, customer_site_id, bound_at)
     VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const remove = database.prepare(
    "DELETE FROM binding WHERE integration_id = ? AND org_id = ? AND site_id = ?",
  );
  const rebindDevices = createRebind(database);
  const releaseEvents = createRelease(database);
  const listings = openListings(database);

  return {
    bind: database.transaction((binding: Binding): Released | typeof INCOMPLETE => {
      if (!listings.allowChange(binding.integrationId)) return INCOMPLETE;
      const { integrationId, orgId, siteId, customerId, customerSiteId, boundAt } = binding;
      upsert.run(integrationId, orgId, siteId ?? "", customerId, customerSiteId, boundAt);
      return { devices: rebindDevices(binding, boundAt), events: releaseEvents(binding, boundAt) };
    }),
    unbind: database.transaction((where: Where, at: string): boolean | typeof INCOMPLETE => {
      if (!listings.allowChange(where.integrationId)) return INCOMPLETE;
      if (remove.run(where.integrationId, where.orgId, where.siteId ?? "").changes === 0) return false;
      rebindDevices(where, at);
      return true;
    }),
  };
}
