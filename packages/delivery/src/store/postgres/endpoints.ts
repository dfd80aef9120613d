import type { BatchSettings } from "../../rules/batch.ts";
import type { EndpointRow, OutboxStore } from "../store.ts";
import { type GuardedPool, type PostgresClient, queryRows, runInTransaction } from "./connection.ts";
import { WANTED } from "./events.ts";

interface Row {
  readonly endpoint_id: string;
  readonly owner: string | null;
  readonly url: string;
  readonly org_ids: string[] | null;
  readonly event_types: string[] | null;
  readonly batch: BatchSettings | null;
  readonly secrets: Uint8Array;
  readonly state: EndpointRow["state"];
  readonly created_at: number;
  readonly registered_at: number;
  readonly failures: number;
  readonly probe_at: number;
}

/** `pg` returns a bigint as text; Unix milliseconds fit into a float exactly. */
const COLUMNS = `endpoint_id, owner, url, org_ids, event_types, batch, secrets, state, created_at::float8,
  registered_at::float8, failures, probe_at::float8`;

const toEndpoint = (row: Row): EndpointRow => ({
  endpointId: row.endpoint_id,
  owner: row.owner,
  url: row.url,
  orgIds: row.org_ids,
  eventTypes: row.event_types,
  batch: row.batch,
  secrets: row.secrets,
  state: row.state,
  createdAt: row.created_at,
  registeredAt: row.registered_at,
  circuit: { failures: row.failures, probeAt: row.probe_at },
});

type Endpoints = Pick<
  OutboxStore<PostgresClient>,
  "saveEndpoint" | "endpoint" | "endpoints" | "replaceSecrets" | "deleteEndpoint" | "heldEndpoint"
>;

/** Creates the queries of endpoints. @param slow for queries that may change many rows */
export function createEndpointQueries(pool: GuardedPool, slow: GuardedPool, schema: string): Endpoints {
  const SAVE = `
    INSERT INTO ${schema}.endpoint AS p (endpoint_id, owner, url, org_ids, event_types, batch, secrets, state,
                                         created_at, registered_at, failures, probe_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    ON CONFLICT (endpoint_id) DO UPDATE SET
      owner = excluded.owner, url = excluded.url, org_ids = excluded.org_ids, event_types = excluded.event_types,
      batch = excluded.batch, secrets = excluded.secrets, state = excluded.state,
      registered_at = excluded.registered_at, failures = excluded.failures, probe_at = excluded.probe_at
  `;
  const IS_KNOWN = `SELECT 1 FROM ${schema}.endpoint WHERE endpoint_id = $1 FOR NO KEY UPDATE`;
  /** Dissolves waiting batches, because they may contain events that the endpoint no longer subscribes to. */
  const UNBATCH = `
    UPDATE ${schema}.delivery SET state = 'queued', batch_id = NULL
    WHERE endpoint_id = $1 AND batch_id IS NOT NULL AND state IN ('scheduled', 'batched')
  `;
  const FORGET_UNWANTED = `
    DELETE FROM ${schema}.delivery d WHERE d.endpoint_id = $1 AND d.state IN ('queued', 'scheduled', 'batched')
      AND NOT EXISTS (SELECT FROM ${schema}.event e, ${schema}.endpoint p
                      WHERE e.sequence = d.sequence AND p.endpoint_id = d.endpoint_id AND ${WANTED})
  `;
  const ONE = `SELECT ${COLUMNS} FROM ${schema}.endpoint WHERE endpoint_id = $1`;
  const ALL = `SELECT ${COLUMNS} FROM ${schema}.endpoint WHERE $1::text IS NULL OR owner = $1
               ORDER BY created_at, endpoint_id`;
  const HELD = `${ONE} AND state = 'active' AND lease_worker = $2 AND lease_until > clock_timestamp()`;
  const REPLACE = `UPDATE ${schema}.endpoint SET secrets = $2 WHERE endpoint_id = $1 AND secrets = $3 RETURNING 1`;
  const FORGET = `DELETE FROM ${schema}.endpoint WHERE endpoint_id = $1 RETURNING 1`;
  const FORGET_DELIVERIES = `DELETE FROM ${schema}.delivery WHERE endpoint_id = $1`;

  const first = async (text: string, values: readonly unknown[], client: PostgresClient = pool) => {
    const [row] = await queryRows<Row>(client, text, values);
    return row && toEndpoint(row);
  };

  return {
    saveEndpoint: (row) =>
      runInTransaction(slow, async (client) => {
        const [known] = await queryRows(client, IS_KNOWN, [row.endpointId]);
        // Deletes deliveries that are left from a deleted endpoint with
        // this id: they are not for the new endpoint.
        if (!known) await client.query(FORGET_DELIVERIES, [row.endpointId]);
        await client.query(SAVE, [
          row.endpointId,
          row.owner,
          row.url,
          row.orgIds,
          row.eventTypes,
          row.batch && JSON.stringify(row.batch),
          row.secrets,
          row.state,
          row.createdAt,
          row.registeredAt,
          row.circuit.failures,
          row.circuit.probeAt,
        ]);
        await client.query(UNBATCH, [row.endpointId]);
        await client.query(FORGET_UNWANTED, [row.endpointId]);
      }),
    endpoint: (endpointId, client) => first(ONE, [endpointId], client),
    endpoints: async (owner) => (await queryRows<Row>(pool, ALL, [owner])).map(toEndpoint),
    replaceSecrets: async (endpointId, expected, secrets) =>
      (await queryRows(pool, REPLACE, [endpointId, secrets, expected])).length > 0,
    deleteEndpoint: (endpointId) =>
      runInTransaction(slow, async (client) => {
        const known = await queryRows(client, FORGET, [endpointId]);
        await client.query(FORGET_DELIVERIES, [endpointId]);
        return known.length > 0;
      }),
    heldEndpoint: (endpointId, worker) => first(HELD, [endpointId, worker]),
  };
}
