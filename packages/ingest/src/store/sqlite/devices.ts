import type { Database } from "better-sqlite3";
import { type KnownDevice, toKnownDevice } from "../../domain/device.ts";
import type { DeviceQuery, DeviceStore, DeviceView } from "../device-store.ts";
import { DEVICE_COLUMNS, type DeviceRow, toDeviceState } from "../rows.ts";
import { AMONG_CUSTOMERS, toCustomersParameter } from "./changes.ts";

const DEVICE_VIEW = `
  SELECT d.integration_id, d.device_id, d.org_id, d.site_id, site.name AS site_name, d.customer_id, d.customer_site_id,
         d.name, d.type, coalesce(d.vendor_type, d.type_word) AS vendor_type, d.status,
         coalesce(d.vendor_status, nullif(d.sent_status, d.status)) AS vendor_status,
         d.reason AS status_reason, d.occurred_at AS status_observed_at, d.known_by AS status_known_by,
         d.last_seen_at, d.lifecycle
  FROM device d
  LEFT JOIN site ON site.integration_id = d.integration_id AND site.site_id = d.site_id`;

/** Lists the conditions that the query sets, and only these, so that SQLite can use their indexes. */
function listConditions(query: DeviceQuery): readonly string[] {
  const given: readonly (readonly [boolean, string])[] = [
    [query.integrationId !== null, "d.integration_id = :integrationId"],
    [query.customerIds !== null, `d.customer_id IN ${AMONG_CUSTOMERS}`],
    [query.customerSiteId !== null, "d.customer_site_id = :customerSiteId"],
    [query.siteId !== null, "d.site_id = :siteId"],
    [query.status !== null, "d.status = :status"],
    [query.type !== null, "d.type = :type"],
    [query.bound === true, "d.customer_id IS NOT NULL"],
    [query.bound === false, "d.customer_id IS NULL"],
    [!query.withRemoved, "d.lifecycle <> 'removed'"],
    [query.after !== null, "(d.integration_id, d.device_id) > (:afterIntegration, :afterDevice)"],
  ];
  return given.flatMap(([isGiven, condition]) => (isGiven ? [condition] : []));
}

export function prepareDeviceReads(database: Database): DeviceStore {
  const one = database.prepare<[string, string], DeviceView>(
    `${DEVICE_VIEW} WHERE d.integration_id = ? AND d.device_id = ?`,
  );
  const row = database.prepare<[string, string], DeviceRow>(
    `SELECT ${DEVICE_COLUMNS.join(", ")} FROM device WHERE integration_id = ? AND device_id = ?`,
  );
  const listed = database
    .prepare<[string, string, string, number], string>(
      `SELECT device_id FROM device
       WHERE integration_id = ? AND recorded_at <= ? AND device_id > ? AND lifecycle <> 'removed' AND record_hash IS NOT NULL
       ORDER BY device_id LIMIT ?`,
    )
    .pluck();
  const counts = database.prepare<[string], { listed: number; quarantined: number }>(
    `SELECT coalesce(sum(lifecycle <> 'removed' AND record_hash IS NOT NULL), 0) AS listed,
            coalesce(sum(lifecycle <> 'removed' AND customer_id IS NULL), 0) AS quarantined
     FROM device WHERE integration_id = ?`,
  );

  return {
    async list(query) {
      const { after, integrationId, customerIds, customerSiteId, siteId, status, type, limit } = query;
      const where = listConditions(query).join(" AND ") || "true";
      const statement = database.prepare<[object], DeviceView>(
        `${DEVICE_VIEW} WHERE ${where} ORDER BY d.integration_id, d.device_id LIMIT :limit`,
      );
      return statement.all({
        integrationId,
        customers: toCustomersParameter(customerIds),
        customerSiteId,
        siteId,
        status,
        type,
        limit,
        afterIntegration: after?.integrationId ?? "",
        afterDevice: after?.deviceId ?? "",
      });
    },
    get: async (integrationId, deviceId) => one.get(integrationId, deviceId) ?? null,
    async known(integrationId, deviceIds) {
      const found = new Map<string, KnownDevice>();
      for (const deviceId of deviceIds) {
        const stored = row.get(integrationId, deviceId);
        if (stored) found.set(deviceId, toKnownDevice(toDeviceState(stored)));
      }
      return found;
    },
    listedIds: async (integrationId, recordedBy, after, limit) =>
      listed.all(integrationId, recordedBy, after, limit),
    count: async (integrationId) => counts.get(integrationId) ?? { listed: 0, quarantined: 0 },
  };
}
