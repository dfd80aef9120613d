import type { Credential } from "@convergint/client";
import type { SecretBox } from "@convergint/internal/secret-box";
import type { IntegrationRow } from "../store/integration-store.ts";
import type { Integration } from "./integration.ts";

/** What a secret belongs to: moved to another integration, it opens nothing. */
const contextOf = (integrationId: string, what: "credential" | "webhook_secret" | "api_key"): string =>
  `${integrationId}/${what}`;

/** Encrypts what is secret of an integration. */
export function sealIntegration(box: SecretBox, integration: Integration): IntegrationRow {
  const { integrationId, credential, webhookSecrets } = integration;
  return {
    ...integration,
    credential: box.seal(JSON.stringify(credential), contextOf(integrationId, "credential")),
    webhookSecrets: webhookSecrets.map(({ secret, ...times }) => ({
      ...times,
      secret: box.seal(secret, contextOf(integrationId, "webhook_secret")),
    })),
  };
}

/** The credential; the first version of this server kept API keys alone, bare and under another context. */
function openCredential(box: SecretBox, { integrationId, credential }: IntegrationRow): Credential {
  try {
    return JSON.parse(box.open(credential, contextOf(integrationId, "credential"))) as Credential;
  } catch (error) {
    try {
      return { apiKey: box.open(credential, contextOf(integrationId, "api_key")) };
    } catch {
      throw error;
    }
  }
}

/** Decrypts an integration. @throws {SecretBoxError} `cannot_decrypt` */
export function openIntegration(box: SecretBox, row: IntegrationRow): Integration {
  return {
    ...row,
    credential: openCredential(box, row),
    webhookSecrets: row.webhookSecrets.map(({ secret, ...times }) => ({
      ...times,
      secret: box.open(secret, contextOf(row.integrationId, "webhook_secret")),
    })),
  };
}

/** Whether everything of it is encrypted with the newest key, in the newest form. */
export const isSealedWithNewestKey = (
  box: SecretBox,
  { integrationId, credential, webhookSecrets }: IntegrationRow,
): boolean =>
  box.isNewest(credential, contextOf(integrationId, "credential")) &&
  webhookSecrets.every(({ secret }) => box.isNewest(secret, contextOf(integrationId, "webhook_secret")));
