import type { Database } from "better-sqlite3";
import type { BatchSettings } from "../../rules/batch.ts";
import type { EndpointRow, OutboxStore } from "../store.ts";
import { WANTED } from "./events.ts";

interface Row {
  readonly endpoint_id: string;
  readonly owner: string | null;
  readonly url: string;
  readonly org_ids: string | null;
  readonly event_types: string | null;
  readonly batch: string | null;
  readonly secrets: Uint8Array;
  readonly state: EndpointRow["state"];
  readonly created_at: number;
  readonly registered_at: number;
  readonly failures: number;
  readonly probe_at: number;
}

const parseJson = <Value>(json: string | null): Value | null => (json === null ? null : JSON.parse(json));
const toJson = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

const toEndpoint = (row: Row): EndpointRow => ({
  endpointId: row.endpoint_id,
  owner: row.owner,
  url: row.url,
  orgIds: parseJson<string[]>(row.org_ids),
  eventTypes: parseJson<string[]>(row.event_types),
  batch: parseJson<BatchSettings>(row.batch),
  secrets: row.secrets,
  state: row.state,
  createdAt: row.created_at,
  registeredAt: row.registered_at,
  circuit: { failures: row.failures, probeAt: row.probe_at },
});

type Endpoints = Pick<
  OutboxStore,
  "saveEndpoint" | "endpoint" | "endpoints" | "replaceSecrets" | "deleteEndpoint" | "heldEndpoint"
>;

/** Creates the queries of endpoints. */
export function createEndpointQueries(database: Database): Endpoints {
  const save = database.prepare(`
    INSERT INTO endpoint (endpoint_id, owner, url, org_ids, event_types, batch, secrets, state,
                          created_at, registered_at, failures, probe_at)
    VALUES (:endpointId, :owner, :url, :orgIds, :eventTypes, :batch, :secrets, :state,
            :createdAt, :registeredAt, :failures, :probeAt)
    ON CONFLICT (endpoint_id) DO UPDATE SET
      owner = excluded.owner, url = excluded.url, org_ids = excluded.org_ids, event_types = excluded.event_types,
      batch = excluded.batch, secrets = excluded.secrets, state = excluded.state,
      registered_at = excluded.registered_at, failures = excluded.failures, probe_at = excluded.probe_at
  `);
  const one = database.prepare<[string], Row>("SELECT * FROM endpoint WHERE endpoint_id = ?");
  const all = database.prepare<{ owner: string | null }, Row>(`
    SELECT * FROM endpoint WHERE :owner IS NULL OR owner = :owner ORDER BY created_at, endpoint_id
  `);
  const held = database.prepare<[string, string, number], Row>(`
    SELECT * FROM endpoint WHERE endpoint_id = ? AND state = 'active' AND lease_worker = ? AND lease_until > ?
  `);
  const replace = database.prepare("UPDATE endpoint SET secrets = ? WHERE endpoint_id = ? AND secrets = ?");
  const forget = database.prepare("DELETE FROM endpoint WHERE endpoint_id = ?");
  const forgetDeliveries = database.prepare("DELETE FROM delivery WHERE endpoint_id = ?");
  const forgetAll = database.transaction((endpointId: string) => {
    forgetDeliveries.run(endpointId);
    return forget.run(endpointId).changes > 0;
  });

  // Dissolves waiting batches, because they may contain events that the endpoint no longer subscribes to.
  const unbatch = database.prepare(`
    UPDATE delivery SET state = 'queued', batch_id = NULL
    WHERE endpoint_id = ? AND batch_id IS NOT NULL AND state IN ('scheduled', 'batched')
  `);
  const forgetUnwanted = database.prepare(`
    DELETE FROM delivery WHERE endpoint_id = ? AND state IN ('queued', 'scheduled', 'batched')
      AND NOT EXISTS (SELECT 1 FROM event e, endpoint p
                      WHERE e.sequence = delivery.sequence AND p.endpoint_id = delivery.endpoint_id AND ${WANTED})
  `);
  const saveAll = database.transaction(({ circuit, orgIds, eventTypes, batch, ...row }: EndpointRow) => {
    // Deletes deliveries that are left from a deleted endpoint with
    // this id: they are not for the new endpoint.
    if (one.get(row.endpointId) === undefined) forgetDeliveries.run(row.endpointId);
    save.run({
      ...row,
      ...circuit,
      orgIds: toJson(orgIds),
      eventTypes: toJson(eventTypes),
      batch: toJson(batch),
    });
    unbatch.run(row.endpointId);
    forgetUnwanted.run(row.endpointId);
  });

  return {
    async saveEndpoint(row) {
      saveAll.immediate(row);
    },
    async endpoint(endpointId) {
      const row = one.get(endpointId);
      return row && toEndpoint(row);
    },
    async endpoints(owner) {
      return all.all({ owner }).map(toEndpoint);
    },
    async replaceSecrets(endpointId, expected, secrets) {
      return replace.run(secrets, endpointId, expected).changes > 0;
    },
    async deleteEndpoint(endpointId) {
      return forgetAll(endpointId);
    },
    async heldEndpoint(endpointId, worker) {
      const row = held.get(endpointId, worker, Date.now());
      return row && toEndpoint(row);
    },
  };
}
