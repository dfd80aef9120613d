import type { Database } from "better-sqlite3";
import type { IntegrationRow, IntegrationStore, SealedWebhookSecret } from "../../integration-store.ts";

type Stored = Omit<IntegrationRow, "webhookSecrets">;

const COLUMNS = `
  integration_id AS integrationId, name, base_url AS baseUrl, credential, webhook_endpoint_id AS webhookEndpointId,
  poll_seconds AS pollSeconds, fast_poll_seconds AS fastPollSeconds, silence_seconds AS silenceSeconds,
  created_at AS createdAt, revision`;

export function integrationReads(database: Database): Pick<IntegrationStore, "all" | "get"> {
  const all = database.prepare<[], Stored>(`SELECT ${COLUMNS} FROM integration ORDER BY created_at, number`);
  const one = database.prepare<[string], Stored>(
    `SELECT ${COLUMNS} FROM integration WHERE integration_id = ?`,
  );
  const secrets = database.prepare<[string], SealedWebhookSecret>(
    `SELECT secret, added_at AS addedAt, expires_at AS expiresAt FROM webhook_secret
     WHERE integration_id = ? ORDER BY position`,
  );
  const whole = (row: Stored): IntegrationRow => ({ ...row, webhookSecrets: secrets.all(row.integrationId) });
  // An integration and its secrets as of one moment.
  const allWhole = database.transaction(() => all.all().map(whole));
  const oneWhole = database.transaction((integrationId: string) => {
    const row = one.get(integrationId);
    return row ? whole(row) : null;
  });
  return {
    all: async () => allWhole(),
    get: async (integrationId) => oneWhole(integrationId),
  };
}
