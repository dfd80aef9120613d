import { toKnownDevice } from "../../domain/device.ts";
import type { DeviceQuery, DeviceStore, DeviceView } from "../device-store.ts";
import { DEVICE_COLUMNS, type DeviceRow, toDeviceState } from "../rows.ts";
import { type Client, type Database, ONE_SNAPSHOT } from "./connection.ts";

/** Whether a published listing has a next state for the device `d`, which readers see instead. */
const IS_SUPERSEDED = `EXISTS (
  SELECT FROM ingest.listing l JOIN ingest.next_device n USING (integration_id)
  WHERE l.state = 'published' AND n.integration_id = d.integration_id AND n.device_id = d.device_id)`;
/** The next states that readers see. */
const PUBLISHED =
  "ingest.listing l JOIN ingest.next_device d ON d.integration_id = l.integration_id AND l.state = 'published'";

const ALL_COLUMNS = DEVICE_COLUMNS.map((column) => `d.${column}`).join(", ");
/** What readers see while a listing is published whose devices are not all moved. */
const DEVICES_WITH_PUBLISHED = `(
  SELECT ${ALL_COLUMNS} FROM ingest.device d WHERE NOT ${IS_SUPERSEDED}
  UNION ALL
  SELECT ${ALL_COLUMNS} FROM ${PUBLISHED}) AS device`;

/**
 * Runs a read in one snapshot, and tells it which integrations have a published listing whose devices are not
 * all moved. Usually, there are none.
 */
const readSnapshot = <Result>(
  database: Database,
  read: (client: Client, publishing: readonly string[]) => Promise<Result>,
): Promise<Result> =>
  database.transaction(async (client) => {
    const rows = await client.rows<{ integration_id: string }>(
      "SELECT integration_id FROM ingest.listing WHERE state = 'published'",
    );
    return read(
      client,
      rows.map(({ integration_id }) => integration_id),
    );
  }, ONE_SNAPSHOT);

/**
 * Runs a query that reads many devices as readers must see them.
 *
 * @param write writes the query for this source of devices, which has the columns of the table `device`
 */
export const readDeviceQuery = <Row>(
  database: Database,
  write: (devices: string) => string,
  values: readonly unknown[],
): Promise<Row[]> =>
  readSnapshot(database, (client, { length }) =>
    client.rows<Row>(write(length > 0 ? DEVICES_WITH_PUBLISHED : "ingest.device"), values),
  );

const VIEW_COLUMNS = `
  d.integration_id, d.device_id, d.org_id, d.site_id, site.name AS site_name, d.customer_id, d.customer_site_id,
         d.name, d.type, coalesce(d.vendor_type, d.type_word) AS vendor_type,
         d.system_id, d.system_name, d.status,
         coalesce(d.vendor_status, nullif(d.sent_status, d.status)) AS vendor_status,
         d.reason AS status_reason, d.occurred_at AS status_observed_at, d.known_by AS status_known_by,
         d.last_seen_at, d.lifecycle`;
const WITH_SITE = `
  LEFT JOIN ingest.site ON site.integration_id = d.integration_id AND site.site_id = d.site_id`;

/** Lists the conditions that the query sets, and only these, with their parameters. */
function listConditions(query: DeviceQuery): { readonly where: string; readonly values: readonly unknown[] } {
  const equal: readonly (readonly [string, string | null])[] = [
    ["d.integration_id", query.integrationId],
    ["d.customer_site_id", query.customerSiteId],
    ["d.site_id", query.siteId],
    ["d.system_id", query.systemId],
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

const inKeyOrder = (select: string): string => `${select} ORDER BY d.integration_id, d.device_id LIMIT $1`;

/** The maximum number of rows that one statement reads from each part. */
const MAX_PART = 5_000;

/** A row of the stored devices (part 0) or of the next states of one integration (parts 1, 2, …). */
type PartRow = DeviceView & { readonly part: number; readonly is_superseded: boolean };

/**
 * Lists devices as readers must see them while listings are published. The stored devices and the next states
 * are each read in the order of their key and only as far as needed: one statement over all of them would sort
 * everything, and a condition against superseded devices would pass a million of them.
 */
async function listWithPublished(
  client: Client,
  query: DeviceQuery,
  publishing: readonly string[],
): Promise<readonly DeviceView[]> {
  const found: DeviceView[] = [];
  let after = query.after;
  for (let size = query.limit; ; size = Math.min(2 * size, MAX_PART)) {
    const { where, values } = listConditions({ ...query, after, limit: size });
    const select = (part: number, source: string) =>
      `SELECT ${VIEW_COLUMNS}, ${part} AS part FROM ${source} ${WITH_SITE} WHERE ${where}`;
    const parts = [
      select(0, "ingest.device d"),
      ...publishing.map(
        (_, index) =>
          `${select(index + 1, "ingest.next_device d")} AND d.integration_id = $${values.length + 1 + index}`,
      ),
    ].map((part) => `(${inKeyOrder(part)})`);
    // Of two rows with the same key, the next state comes first. If the reading stops after it, the row that is left
    // out is superseded.
    const rows = await client.rows<PartRow>(
      `SELECT *, part = 0 AND ${IS_SUPERSEDED} AS is_superseded FROM (${parts.join(" UNION ALL ")}) AS d
       ORDER BY integration_id, device_id, part DESC`,
      [...values, ...publishing],
    );
    const left = parts.map(() => size);
    let end: DeviceQuery["after"] = null;
    for (const { part, is_superseded, ...device } of rows) {
      if (!is_superseded) found.push(device);
      if (found.length === query.limit) return found;
      left[part] = (left[part] ?? 0) - 1;
      // This part may have further rows that were not read. They may come before the remaining rows of the other
      // parts, so stop here.
      if (left[part] === 0) {
        end = { integrationId: device.integration_id, deviceId: device.device_id };
        break;
      }
    }
    if (end === null) return found;
    after = end;
  }
}

export function createDeviceStore(database: Database): DeviceStore {
  return {
    list: (query) =>
      readSnapshot(database, (client, publishing) => {
        if (publishing.length > 0) return listWithPublished(client, query, publishing);
        const { where, values } = listConditions(query);
        return client.rows<DeviceView>(
          inKeyOrder(`SELECT ${VIEW_COLUMNS} FROM ingest.device d ${WITH_SITE} WHERE ${where}`),
          values,
        );
      }),
    get: (integrationId, deviceId) =>
      readSnapshot(database, async (client, publishing) => {
        const stored = "ingest.device d";
        const sources = publishing.includes(integrationId) ? ["ingest.next_device d", stored] : [stored];
        for (const source of sources) {
          const [row] = await client.rows<DeviceView>(
            `SELECT ${VIEW_COLUMNS} FROM ${source} ${WITH_SITE} WHERE d.integration_id = $1 AND d.device_id = $2`,
            [integrationId, deviceId],
          );
          if (row) return row;
        }
        return null;
      }),
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
    async count(integrationId, limit) {
      const [row] = await readDeviceQuery<{ count: number }>(
        database,
        (devices) => `
          SELECT count(*)::int AS count FROM (
            SELECT 1 FROM ${devices} WHERE integration_id = $1 AND lifecycle <> 'removed' LIMIT $2) found`,
        [integrationId, limit],
      );
      return row?.count ?? 0;
    },
  };
}
