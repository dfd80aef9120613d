import type { Database } from "better-sqlite3";
import type { IntegrationRow, IntegrationStore, SealedWebhookSecret } from "../integration-store.ts";
import { INTEGRATION_TABLES } from "../rows.ts";

type Stored = Omit<IntegrationRow, "webhookSecrets">;

const SELECT = `
  SELECT integration_id AS integrationId, name, base_url AS baseUrl, credential, webhook_endpoint_id AS webhookEndpointId,
    poll_seconds AS pollSeconds, fast_poll_seconds AS fastPollSeconds, silence_seconds AS silenceSeconds,
    created_at AS createdAt, revision, profile
  FROM integration`;

export function prepareIntegrationReads(database: Database): Pick<IntegrationStore, "all" | "get"> {
  const all = database.prepare<[], Stored>(`${SELECT} ORDER BY created_at, number`);
  const one = database.prepare<[string], Stored>(`${SELECT} WHERE integration_id = ?`);
  const secrets = database.prepare<[string], SealedWebhookSecret>(
    `SELECT secret, added_at AS addedAt, expires_at AS expiresAt FROM webhook_secret
     WHERE integration_id = ? ORDER BY position`,
  );
  const withSecrets = (row: Stored): IntegrationRow => ({
    ...row,
    webhookSecrets: secrets.all(row.integrationId),
  });
  // Reads in one transaction, so that an integration and its secrets come from one snapshot.
  const readAll = database.transaction(() => all.all().map(withSecrets));
  const readOne = database.transaction((integrationId: string) => {
    const row = one.get(integrationId);
    return row ? withSecrets(row) : null;
  });
  return {
    all: async () => readAll(),
    get: async (integrationId) => readOne(integrationId),
  };
}

export function prepareIntegrationWrites(database: Database) {
  const insert = database.prepare(`
    INSERT INTO integration
      (integration_id, name, base_url, credential, webhook_endpoint_id, poll_seconds, fast_poll_seconds, silence_seconds,
       created_at, revision, profile)
    VALUES (:integrationId, :name, :baseUrl, :credential, :webhookEndpointId, :pollSeconds, :fastPollSeconds,
      :silenceSeconds, :createdAt, 1, :profile)`);
  const update = database.prepare(`
    UPDATE integration SET name = :name, base_url = :baseUrl, credential = :credential,
      webhook_endpoint_id = :webhookEndpointId, poll_seconds = :pollSeconds, fast_poll_seconds = :fastPollSeconds,
      silence_seconds = :silenceSeconds, profile = :profile, revision = revision + 1
    WHERE integration_id = :integrationId AND revision = :revision`);
  const deleteSecrets = database.prepare("DELETE FROM webhook_secret WHERE integration_id = ?");
  const insertSecret = database.prepare(
    "INSERT INTO webhook_secret (integration_id, position, secret, added_at, expires_at) VALUES (?, ?, ?, ?, ?)",
  );

  function replaceSecrets({ integrationId, webhookSecrets }: IntegrationRow): void {
    deleteSecrets.run(integrationId);
    for (const [position, { secret, addedAt, expiresAt }] of webhookSecrets.entries()) {
      insertSecret.run(integrationId, position, secret, addedAt, expiresAt);
    }
  }

  const removals = [
    ...Object.entries(INTEGRATION_TABLES).map(
      ([table, key]) =>
        `DELETE FROM ${table} WHERE (${key}) IN (
           SELECT ${key} FROM ${table} WHERE integration_id = :integrationId LIMIT :limit)`,
    ),
    // A later integration may get the same number. Its events must not count as duplicates of this integration's events.
    `DELETE FROM ledger WHERE (integration, event_key) IN (
       SELECT integration, event_key FROM ledger
       WHERE integration = (SELECT number FROM integration WHERE integration_id = :integrationId) LIMIT :limit)`,
  ].map((sql) => database.prepare<[{ integrationId: string; limit: number }]>(sql));
  const remove = database.prepare("DELETE FROM integration WHERE integration_id = ?");

  return {
    removeIntegration: database.transaction((integrationId: string, limit: number): boolean => {
      let left = limit;
      for (const removal of removals) left -= removal.run({ integrationId, limit: left }).changes;
      if (left > 0) remove.run(integrationId);
      return left > 0;
    }),
    addIntegration: database.transaction((row: IntegrationRow) => {
      const { webhookSecrets: _, ...columns } = row;
      insert.run(columns);
      replaceSecrets(row);
    }),
    replaceIntegration: database.transaction((row: IntegrationRow): boolean => {
      const { webhookSecrets: _, ...columns } = row;
      if (update.run(columns).changes === 0) return false;
      replaceSecrets(row);
      return true;
    }),
  };
}
