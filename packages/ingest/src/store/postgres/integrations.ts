import type { IntegrationRow, IntegrationStore } from "../integration-store.ts";
import { INTEGRATION_TABLES } from "../rows.ts";
import type { Client, Database } from "./connection.ts";
import { lockIntegrations } from "./device-table.ts";
import { columnsOf, unnest } from "./query.ts";

const COLUMNS = `
  i.integration_id AS "integrationId", name, base_url AS "baseUrl", credential, webhook_endpoint_id AS "webhookEndpointId",
  poll_seconds AS "pollSeconds", fast_poll_seconds AS "fastPollSeconds", silence_seconds AS "silenceSeconds",
  created_at AS "createdAt", revision, profile`;

interface Secret {
  readonly secret: string;
  readonly addedAt: string;
  readonly expiresAt: string | null;
}

/** Reads an integration and its secrets in one statement, and therefore from one snapshot. */
const SELECT = `
  SELECT ${COLUMNS}, (
    SELECT coalesce(json_agg(json_build_object(
      'secret', encode(secret, 'base64'), 'addedAt', added_at, 'expiresAt', expires_at) ORDER BY position), '[]')
    FROM ingest.webhook_secret s WHERE s.integration_id = i.integration_id) AS secrets
  FROM ingest.integration i`;

type Stored = Omit<IntegrationRow, "webhookSecrets"> & { readonly secrets: readonly Secret[] };

const toIntegrationRow = ({ secrets, ...row }: Stored): IntegrationRow => ({
  ...row,
  webhookSecrets: secrets.map(({ secret, ...times }) => ({
    ...times,
    secret: Buffer.from(secret, "base64"),
  })),
});

async function replaceSecrets(
  client: Client,
  { integrationId, webhookSecrets }: IntegrationRow,
): Promise<void> {
  await client.rows("DELETE FROM ingest.webhook_secret WHERE integration_id = $1", [integrationId]);
  await client.rows(
    `INSERT INTO ingest.webhook_secret (integration_id, secret, added_at, expires_at, position)
     SELECT $4, s, a, e, n - 1 FROM ${unnest("bytea", "text", "text")} WITH ORDINALITY AS given (s, a, e, n)`,
    [
      ...columnsOf(
        webhookSecrets,
        ({ secret }) => Buffer.from(secret),
        ({ addedAt }) => addedAt,
        ({ expiresAt }) => expiresAt,
      ),
      integrationId,
    ],
  );
}

const toParameters = (row: IntegrationRow) => [
  row.integrationId,
  row.name,
  row.baseUrl,
  Buffer.from(row.credential),
  row.webhookEndpointId,
  row.pollSeconds,
  row.fastPollSeconds,
  row.silenceSeconds,
  row.profile,
];

/** Removes rows of the integration $1, at most $2. */
const REMOVALS: readonly string[] = [
  ...Object.entries(INTEGRATION_TABLES).map(
    ([table, key]) =>
      `DELETE FROM ingest.${table} WHERE (${key}) IN (
         SELECT ${key} FROM ingest.${table} WHERE integration_id = $1 LIMIT $2) RETURNING 1`,
  ),
  `DELETE FROM ingest.ledger WHERE (integration, event_key) IN (
     SELECT integration, event_key FROM ingest.ledger
     WHERE integration = (SELECT number FROM ingest.integration WHERE integration_id = $1) LIMIT $2) RETURNING 1`,
];

export function createIntegrationStore(database: Database): IntegrationStore {
  return {
    async all() {
      const rows = await database.rows<Stored>(`${SELECT} ORDER BY created_at, number`);
      return rows.map(toIntegrationRow);
    },
    async get(integrationId) {
      const [row] = await database.rows<Stored>(`${SELECT} WHERE i.integration_id = $1`, [integrationId]);
      return row ? toIntegrationRow(row) : null;
    },
    add: (row) =>
      database.transaction(async (client) => {
        await client.rows(
          `INSERT INTO ingest.integration
             (integration_id, name, base_url, credential, webhook_endpoint_id, poll_seconds, fast_poll_seconds,
              silence_seconds, profile, created_at, revision)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1)`,
          [...toParameters(row), row.createdAt],
        );
        await replaceSecrets(client, row);
      }),
    replace: (row) =>
      database.transaction(async (client) => {
        const replaced = await client.rows(
          `UPDATE ingest.integration SET name = $2, base_url = $3, credential = $4, webhook_endpoint_id = $5,
             poll_seconds = $6, fast_poll_seconds = $7, silence_seconds = $8, profile = $9, revision = revision + 1
           WHERE integration_id = $1 AND revision = $10 RETURNING 1`,
          [...toParameters(row), row.revision],
        );
        if (replaced.length === 0) return false;
        await replaceSecrets(client, row);
        return true;
      }),
    remove: (integrationId, limit) =>
      database.transaction(async (client) => {
        // Without this lock, a commit of events that began earlier could store further rows of the integration.
        await lockIntegrations(client, [integrationId]);
        let left = limit;
        for (const removal of REMOVALS) left -= (await client.rows(removal, [integrationId, left])).length;
        if (left > 0) {
          await client.rows("DELETE FROM ingest.integration WHERE integration_id = $1", [integrationId]);
        }
        return left > 0;
      }),
  };
}
