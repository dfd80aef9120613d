import { toKnownDevice } from "../../domain/device.ts";
import type { DeviceQuery, DeviceStore, DeviceView } from "../device-store.ts";
import { DEVICE_COLUMNS, type DeviceRow, toDeviceState } from "../rows.ts";
import type { Database } from "./connection.ts";

const DEVICE_VIEW = `
  SELECT d.integration_id, d.device_id, d.org_id, d.site_id, site.name AS site_name, d.customer_id, d.customer_site_id,
         d.name, d.type, coalesce(d.vendor_type, d.type_word) AS vendor_type, d.status,
         coalesce(d.vendor_status, nullif(d.sent_status, d.status)) AS vendor_status,
         d.reason AS status_reason, d.occurred_at AS status_observed_at, d.known_by AS status_known_by,
         d.last_seen_at, d.lifecycle
  FROM ingest.device d
  LEFT JOIN ingest.site ON site.integration_id = d.integration_id AND site.site_id = d.site_id`;

/** Lists the conditions that the query sets, and only these, with their parameters. */
function listConditions(query: DeviceQuery): { readonly where: string; readonly values: readonly unknown[] } {
  const equal: readonly (readonly [string, string | null])[] = [
    ["d.integration_id", query.integrationId],
    ["d.customer_site_id", query.customerSiteId],
    ["d.site_id", query.siteId],
    ["d.status", query.status],
    ["d.type", query.type],
  ];
  const values: unknown[] = [query.limit];
  const addParameter = (value: unknown) => `$${values.push(value)}`;
  const given = equal.flatMap(([column, value]) =>
    value === null ? [] : [`${column} = ${addParameter(value)}`],
  );
  if (query.customerIds !== null)
    given.push(`d.customer_id = ANY(${addParameter(query.customerIds)}::text[])`);
  if (query.bound !== null) given.push(`d.customer_id IS ${query.bound ? "NOT NULL" : "NULL"}`);
  if (!query.withRemoved) given.push("d.lifecycle <> 'removed'");
  if (query.after) {
    const { integrationId, deviceId } = query.after;
    given.push(
      `(d.integration_id, d.device_id) > (${addParameter(integrationId)}, ${addParameter(deviceId)})`,
    );
  }
  return { where: given.join(" AND ") || "true", values };
}

export function createDeviceStore(database: Database): DeviceStore {
  return {
    list(query) {
      const { where, values } = listConditions(query);
      return database.rows<DeviceView>(
        `${DEVICE_VIEW} WHERE ${where} ORDER BY d.integration_id, d.device_id LIMIT $1`,
        values,
      );
    },
    async get(integrationId, deviceId) {
      const [row] = await database.rows<DeviceView>(
        `${DEVICE_VIEW} WHERE d.integration_id = $1 AND d.device_id = $2`,
        [integrationId, deviceId],
      );
      return row ?? null;
    },
    async known(integrationId, deviceIds) {
      const rows = await database.rows<DeviceRow>(
        `SELECT ${DEVICE_COLUMNS.join(", ")} FROM ingest.device WHERE integration_id = $1 AND device_id = ANY($2::text[])`,
        [integrationId, deviceIds],
      );
      return new Map(rows.map((row) => [row.device_id ?? "", toKnownDevice(toDeviceState(row))]));
    },
    async listedIds(integrationId, recordedBy, after, limit) {
      const rows = await database.rows<{ device_id: string }>(
        `SELECT device_id FROM ingest.device
         WHERE integration_id = $1 AND recorded_at <= $4 AND device_id > $2 AND lifecycle <> 'removed' AND record_hash IS NOT NULL
         ORDER BY device_id LIMIT $3`,
        [integrationId, after, limit, recordedBy],
      );
      return rows.map(({ device_id }) => device_id);
    },
    async count(integrationId) {
      const [row] = await database.slowRows<{ listed: number; quarantined: number }>(
        `SELECT count(*) FILTER (WHERE lifecycle <> 'removed' AND record_hash IS NOT NULL) AS listed,
                count(*) FILTER (WHERE lifecycle <> 'removed' AND customer_id IS NULL) AS quarantined
         FROM ingest.device WHERE integration_id = $1`,
        [integrationId],
      );
      return row ?? { listed: 0, quarantined: 0 };
    },
  };
}
