import type { Database, Statement } from "better-sqlite3";
import { type KnownDevice, toKnownDevice } from "../../domain/device.ts";
import type { DeviceQuery, DeviceStore, DeviceView } from "../device-store.ts";
import { DEVICE_COLUMNS, type DeviceRow, toDeviceState } from "../rows.ts";
import { AMONG_CUSTOMERS, toCustomersParameter } from "./changes.ts";

/** Whether a published listing has a next state for the device `d`, which readers see instead. */
const IS_SUPERSEDED = `EXISTS (
  SELECT 1 FROM listing JOIN next_device n USING (integration_id)
  WHERE listing.state = 'published' AND n.integration_id = d.integration_id AND n.device_id = d.device_id)`;
/** The next states that readers see. */
const PUBLISHED =
  "listing CROSS JOIN next_device d ON d.integration_id = listing.integration_id AND listing.state = 'published'";

const ALL_COLUMNS = DEVICE_COLUMNS.map((column) => `d.${column}`).join(", ");
/** What readers see while a listing is published whose devices are not all moved. */
const DEVICES_WITH_PUBLISHED = `(
  SELECT ${ALL_COLUMNS} FROM device d WHERE NOT ${IS_SUPERSEDED}
  UNION ALL
  SELECT ${ALL_COLUMNS} FROM ${PUBLISHED})`;

type Snapshot = <Result>(read: (publishing: readonly string[]) => Result) => Result;

/**
 * Creates a function that runs a read in one snapshot, and tells it which integrations have a published
 * listing whose devices are not all moved. Usually, there are none.
 */
function prepareSnapshot(database: Database): Snapshot {
  const published = database
    .prepare<[], string>("SELECT integration_id FROM listing WHERE state = 'published'")
    .pluck();
  return (read) => database.transaction(() => read(published.all()))();
}

/**
 * Prepares a query that reads many devices as readers must see them.
 *
 * @param write writes the query for this source of devices, which has the columns of the table `device`
 */
export function prepareDeviceQuery<Parameters extends unknown[], Row>(
  database: Database,
  write: (devices: string) => string,
): <Result>(read: (query: Statement<Parameters, Row>) => Result) => Result {
  const snapshot = prepareSnapshot(database);
  const stored = database.prepare<Parameters, Row>(write("device"));
  const withPublished = database.prepare<Parameters, Row>(write(DEVICES_WITH_PUBLISHED));
  return (read) => snapshot(({ length }) => read(length > 0 ? withPublished : stored));
}

const VIEW_COLUMNS = `
  d.integration_id, d.device_id, d.org_id, d.site_id, site.name AS site_name, d.customer_id, d.customer_site_id,
         d.name, d.type, coalesce(d.vendor_type, d.type_word) AS vendor_type,
         d.system_id, d.system_name, d.status,
         coalesce(d.vendor_status, nullif(d.sent_status, d.status)) AS vendor_status,
         d.reason AS status_reason, d.occurred_at AS status_observed_at, d.known_by AS status_known_by,
         d.last_seen_at, d.lifecycle`;
const WITH_SITE = `
  LEFT JOIN site ON site.integration_id = d.integration_id AND site.site_id = d.site_id`;

/** Lists the conditions that the query sets, and only these, so that SQLite can use their indexes. */
function listConditions(query: DeviceQuery): readonly string[] {
  const given: readonly (readonly [boolean, string])[] = [
    [query.integrationId !== null, "d.integration_id = :integrationId"],
    [query.customerIds !== null, `d.customer_id IN ${AMONG_CUSTOMERS}`],
    [query.customerSiteId !== null, "d.customer_site_id = :customerSiteId"],
    [query.siteId !== null, "d.site_id = :siteId"],
    [query.systemId !== null, "d.system_id = :systemId"],
    [query.status !== null, "d.status = :status"],
    [query.type !== null, "d.type = :type"],
    [query.bound === true, "d.customer_id IS NOT NULL"],
    [query.bound === false, "d.customer_id IS NULL"],
    [!query.withRemoved, "d.lifecycle <> 'removed'"],
    [query.after !== null, "(d.integration_id, d.device_id) > (:afterIntegration, :afterDevice)"],
  ];
  return given.flatMap(([isGiven, condition]) => (isGiven ? [condition] : []));
}

interface Superseded {
  readonly isSuperseded: 0 | 1;
}

export function prepareDeviceReads(database: Database): DeviceStore {
  const snapshot = prepareSnapshot(database);
  const prepareGet = (source: string) =>
    database.prepare<[string, string], DeviceView>(
      `SELECT ${VIEW_COLUMNS} FROM ${source} ${WITH_SITE} WHERE d.integration_id = ? AND d.device_id = ?`,
    );
  const stored = prepareGet("device d");
  const next = prepareGet("next_device d");
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
  const count = prepareDeviceQuery<[string, number], { count: number }>(
    database,
    (devices) => `
      SELECT count(*) AS count FROM (
        SELECT 1 FROM ${devices} WHERE integration_id = ? AND lifecycle <> 'removed' LIMIT ?)`,
  );

  function list(query: DeviceQuery, publishing: readonly string[]): readonly DeviceView[] {
    const { after, bound: _, withRemoved: __, customerIds, ...given } = query;
    const where = listConditions(query).join(" AND ") || "true";
    const parameters = {
      ...given,
      customers: toCustomersParameter(customerIds),
      afterIntegration: after?.integrationId ?? "",
      afterDevice: after?.deviceId ?? "",
    };
    const select = (more: string, source: string) =>
      `SELECT ${VIEW_COLUMNS} ${more} FROM ${source} ${WITH_SITE} WHERE ${where}`;
    if (publishing.length === 0) {
      const sql = `${select("", "device d")} ORDER BY d.integration_id, d.device_id LIMIT :limit`;
      return database.prepare<[object], DeviceView>(sql).all(parameters);
    }
    // One SELECT for each integration: SQLite then reads the devices in key order, and stops at the limit.
    const parts = [
      select(`, ${IS_SUPERSEDED} AS isSuperseded`, "device d"),
      ...publishing.map(
        (_, index) => `${select(", 0", "next_device d")} AND d.integration_id = :published${index}`,
      ),
    ];
    const published = Object.fromEntries(publishing.map((id, index) => [`published${index}`, id]));
    const found: DeviceView[] = [];
    const rows = database.prepare<[object], DeviceView & Superseded>(
      `${parts.join(" UNION ALL ")} ORDER BY 1, 2`,
    );
    // Superseded devices are dropped here, one by one. A condition in SQL would look for the first other
    // device, which may be behind a million of them.
    for (const { isSuperseded, ...device } of rows.iterate({ ...parameters, ...published })) {
      if (isSuperseded === 0) found.push(device);
      if (found.length === query.limit) break;
    }
    return found;
  }

  return {
    list: async (query) => snapshot((publishing) => list(query, publishing)),
    get: async (integrationId, deviceId) =>
      snapshot((publishing) => {
        const sources = publishing.includes(integrationId) ? [next, stored] : [stored];
        return sources.map((source) => source.get(integrationId, deviceId)).find(Boolean) ?? null;
      }),
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
    count: async (integrationId, limit) => count((query) => query.get(integrationId, limit))?.count ?? 0,
  };
}
