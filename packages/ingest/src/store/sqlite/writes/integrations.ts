import type { Database } from "better-sqlite3";
import type { IntegrationRow } from "../../integration-store.ts";

/** Makes the transactions about integrations. */
export function integrationWrites(database: Database) {
  const insert = database.prepare(`
    INSERT INTO integration
      (integration_id, name, base_url, credential, webhook_endpoint_id, poll_seconds, fast_poll_seconds, silence_seconds,
       created_at, revision)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const update = database.prepare(`
    UPDATE integration SET name = ?, base_url = ?, credential = ?, webhook_endpoint_id = ?, poll_seconds = ?,
      fast_poll_seconds = ?, silence_seconds = ?, revision = revision + 1
    WHERE integration_id = ? AND revision = ?`);
  const forgetSecrets = database.prepare("DELETE FROM webhook_secret WHERE integration_id = ?");
  const keepSecret = database.prepare(
    "INSERT INTO webhook_secret (integration_id, position, secret, added_at, expires_at) VALUES (?, ?, ?, ?, ?)",
  );

  function keepSecrets({ integrationId, webhookSecrets }: IntegrationRow): void {
    forgetSecrets.run(integrationId);
    for (const [position, { secret, addedAt, expiresAt }] of webhookSecrets.entries()) {
      keepSecret.run(integrationId, position, secret, addedAt, expiresAt);
    }
  }

  return {
    addIntegration: database.transaction((row: IntegrationRow) => {
      insert.run(
        row.integrationId,
        row.name,
        row.baseUrl,
        row.credential,
        row.webhookEndpointId,
        row.pollSeconds,
        row.fastPollSeconds,
        row.silenceSeconds,
        row.createdAt,
        1,
      );
      keepSecrets(row);
    }),
    replaceIntegration: database.transaction((row: IntegrationRow): boolean => {
      const { changes } = update.run(
        row.name,
        row.baseUrl,
        row.credential,
        row.webhookEndpointId,
        row.pollSeconds,
        row.fastPollSeconds,
        row.silenceSeconds,
        row.integrationId,
        row.revision,
      );
      if (changes === 0) return false;
      keepSecrets(row);
      return true;
    }),
  };
}
