import type { Binding, Place } from "../../domain/binding.ts";
import type { Lookup } from "../../domain/device-tracker.ts";
import { reprojectPlaces } from "../../domain/device-transitions.ts";
import { formatEventData } from "../../domain/feed.ts";
import type { BindingStore, UnboundPlace } from "../binding-store.ts";
import {
  BINDING_COLUMNS,
  type BindingRow,
  DEVICE_COLUMNS,
  type DeviceRow,
  toBinding,
  toDeviceState,
} from "../rows.ts";
import type { Client, Database } from "./connection.ts";
import { lookUpDevices, saveDevices } from "./device-table.ts";
import { readDeviceQuery } from "./devices.ts";
import { collectChanges, type PendingChanges } from "./feed.ts";
import { createCompletePart } from "./inventory.ts";
import { changeBetweenListings } from "./listing.ts";
import { columnsOf, unnest } from "./query.ts";

const PAGE_SIZE = 1000;

type Where = Pick<Binding, "integrationId" | "orgId" | "siteId">;

interface QuarantinedEvent {
  readonly sequence: number;
  readonly site_id: string;
  readonly device_id: string | null;
  readonly body: string;
}

/**
 * `''` selects every site of the org. This includes sites with their own binding, for which nothing changes.
 */
const toParameters = ({ integrationId, orgId, siteId }: Where, after: string | number) => [
  integrationId,
  orgId,
  siteId ?? "",
  after,
];

/** Reads the current bindings of an integration's orgs and sites. */
const lookUpBindings = (client: Client, { integrationId }: Where): Promise<Lookup> =>
  lookUpDevices(client, [integrationId], []);

async function rebindDevices(
  client: Client,
  where: Where,
  lookup: Lookup,
  changes: PendingChanges,
  at: string,
): Promise<number> {
  let count = 0;
  for (let after = ""; ; ) {
    const rows = await client.rows<DeviceRow>(
      `SELECT ${DEVICE_COLUMNS.join(", ")} FROM ingest.device
       WHERE integration_id = $1 AND org_id = $2 AND ($3 = '' OR site_id = $3) AND device_id > $4
       ORDER BY device_id LIMIT ${PAGE_SIZE} FOR UPDATE`,
      toParameters(where, after),
    );
    const effects = reprojectPlaces(rows.map(toDeviceState), lookup, at);
    await saveDevices(client, effects.devices);
    await changes.add(effects.changes);
    count += effects.devices.length;
    const last = rows.at(-1)?.device_id;
    if (rows.length < PAGE_SIZE || typeof last !== "string") return count;
    after = last;
  }
}

interface ReleasedEvent extends QuarantinedEvent {
  readonly place: Place;
}

async function moveFromQuarantine(client: Client, released: readonly ReleasedEvent[]): Promise<void> {
  if (released.length === 0) return;
  await client.rows(
    `WITH released AS (
       DELETE FROM ingest.quarantined_event q USING ${unnest("bigint", "text", "text")} AS given (sequence, customer_id, customer_site_id)
       WHERE q.sequence = given.sequence
       RETURNING q.sequence, q.integration_id, given.customer_id, given.customer_site_id, q.device_id, q.received_at, q.body
     )
     INSERT INTO ingest.event (sequence, integration_id, customer_id, customer_site_id, device_id, received_at, released, body)
     SELECT sequence, integration_id, customer_id, customer_site_id, device_id, received_at, true, body FROM released`,
    columnsOf(
      released,
      ({ sequence }) => sequence,
      ({ place }) => place.customerId,
      ({ place }) => place.customerSiteId,
    ),
  );
}

async function releaseEvents(
  client: Client,
  where: Where,
  lookup: Lookup,
  changes: PendingChanges,
  at: string,
): Promise<number> {
  const { integrationId, orgId } = where;
  let count = 0;
  for (let after = 0; ; ) {
    const events = await client.rows<QuarantinedEvent>(
      `SELECT sequence, site_id, device_id, body FROM ingest.quarantined_event
       WHERE integration_id = $1 AND org_id = $2 AND ($3 = '' OR site_id = $3) AND sequence > $4
       ORDER BY sequence LIMIT ${PAGE_SIZE}`,
      toParameters(where, after),
    );
    const released = events.flatMap((event) => {
      const place = lookup.place(integrationId, orgId, event.site_id);
      return place ? [{ ...event, place }] : [];
    });
    await moveFromQuarantine(client, released);
    await changes.add(
      released.map(({ sequence, place, device_id, body }) => ({
        kind: "event",
        integrationId,
        place,
        deviceId: device_id,
        changedAt: at,
        data: formatEventData(sequence, body),
      })),
    );
    count += released.length;
    const last = events.at(-1);
    if (events.length < PAGE_SIZE || !last) return count;
    after = last.sequence;
  }
}

export function createBindingStore(database: Database): BindingStore {
  const complete = createCompletePart(database);
  return {
    async all(integrationId) {
      const rows = await database.rows<BindingRow>(
        `SELECT ${BINDING_COLUMNS.join(", ")} FROM ingest.binding WHERE integration_id = $1 ORDER BY org_id, site_id`,
        [integrationId],
      );
      return rows.map(toBinding);
    },
    async isKnown({ integrationId, orgId, siteId }) {
      const at = "integration_id = $1 AND org_id = $2 AND ($3 = '' OR site_id = $3)";
      const [row] = await database.rows<{ known: boolean }>(
        `SELECT ${["site", "device", "quarantined_event"]
          .map((table) => `EXISTS (SELECT 1 FROM ingest.${table} WHERE ${at})`)
          .join(" OR ")} AS known`,
        [integrationId, orgId, siteId ?? ""],
      );
      return row?.known === true;
    },
    bind: (binding) =>
      changeBetweenListings(database, complete, binding.integrationId, async (client) => {
        const { integrationId, orgId, siteId, customerId, customerSiteId, boundAt } = binding;
        await client.rows(
          `INSERT INTO ingest.binding (integration_id, org_id, site_id, customer_id, customer_site_id, bound_at)
           VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (integration_id, org_id, site_id) DO UPDATE SET
             customer_id = excluded.customer_id, customer_site_id = excluded.customer_site_id, bound_at = excluded.bound_at`,
          [integrationId, orgId, siteId ?? "", customerId, customerSiteId, boundAt],
        );
        const changes = collectChanges(client);
        const lookup = await lookUpBindings(client, binding);
        const devices = await rebindDevices(client, binding, lookup, changes, boundAt);
        const events = await releaseEvents(client, binding, lookup, changes, boundAt);
        await changes.write();
        return { devices, events };
      }),
    unbind: (where, at) =>
      changeBetweenListings(database, complete, where.integrationId, async (client) => {
        const gone = await client.rows(
          "DELETE FROM ingest.binding WHERE integration_id = $1 AND org_id = $2 AND site_id = $3 RETURNING 1",
          [where.integrationId, where.orgId, where.siteId ?? ""],
        );
        if (gone.length === 0) return false;
        const changes = collectChanges(client);
        await rebindDevices(client, where, await lookUpBindings(client, where), changes, at);
        await changes.write();
        return true;
      }),
    unbound: (integrationId, limit) =>
      readDeviceQuery<UnboundPlace>(
        database,
        (
          devices,
        ) => `SELECT w.integration_id AS "integrationId", w.org_id AS "orgId", w.site_id AS "siteId", site.name AS "siteName",
                sum(w.devices)::bigint AS devices, sum(w.events)::bigint AS events, min(w.first_seen_at) AS "firstSeenAt"
         FROM (
           SELECT integration_id, org_id, site_id, count(*) AS devices, 0 AS events, min(first_seen_at) AS first_seen_at
           FROM ${devices}
           WHERE customer_id IS NULL AND lifecycle <> 'removed' AND ($1::text IS NULL OR integration_id = $1)
           GROUP BY integration_id, org_id, site_id
           UNION ALL
           SELECT integration_id, org_id, site_id, 0, count(*), min(received_at)
           FROM ingest.quarantined_event WHERE $1::text IS NULL OR integration_id = $1
           GROUP BY integration_id, org_id, site_id
         ) w
         LEFT JOIN ingest.site ON site.integration_id = w.integration_id AND site.site_id = w.site_id
         GROUP BY w.integration_id, w.org_id, w.site_id, site.name
         ORDER BY events DESC, devices DESC, w.integration_id, w.org_id, w.site_id
         LIMIT $2`,
        [integrationId, limit],
      ),
  };
}
