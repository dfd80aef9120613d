import type { Credential } from "@convergint/client";
import type { SecretBox } from "@convergint/internal/secret-box";
import type { IntegrationRow } from "../store/integration-store.ts";
import type { Integration } from "./integration.ts";

/**
 * Binds a secret to its integration and purpose, so that it cannot be decrypted for any other integration or
 * purpose.
 */
const toContext = (integrationId: string, what: "credential" | "webhook_secret" | "api_key"): string =>
  `${integrationId}/${what}`;

/** Encrypts an integration's secrets. */
export function sealIntegration(box: SecretBox, integration: Integration): IntegrationRow {
  const { integrationId, credential, webhookSecrets } = integration;
  return {
    ...integration,
    credential: box.seal(JSON.stringify(credential), toContext(integrationId, "credential")),
    webhookSecrets: webhookSecrets.map(({ secret, ...times }) => ({
      ...times,
      secret: box.seal(secret, toContext(integrationId, "webhook_secret")),
    })),
  };
}

/**
 * Decrypts a credential. The first version of this server stored a bare API key, encrypted with another
 * encryption context.
 */
function openCredential(box: SecretBox, { integrationId, credential }: IntegrationRow): Credential {
  try {
    return JSON.parse(box.open(credential, toContext(integrationId, "credential"))) as Credential;
  } catch (error) {
    try {
      return { apiKey: box.open(credential, toContext(integrationId, "api_key")) };
    } catch {
      throw error;
    }
  }
}

/** Decrypts an integration's secrets. @throws {SecretBoxError} `cannot_decrypt` */
export function openIntegration(box: SecretBox, row: IntegrationRow): Integration {
  return {
    ...row,
    credential: openCredential(box, row),
    webhookSecrets: row.webhookSecrets.map(({ secret, ...times }) => ({
      ...times,
      secret: box.open(secret, toContext(row.integrationId, "webhook_secret")),
    })),
  };
}

/** Whether all secrets are encrypted with the newest key, in the newest form. */
export const isSealedWithNewestKey = (
  box: SecretBox,
  { integrationId, credential, webhookSecrets }: IntegrationRow,
): boolean =>
  box.isNewest(credential, toContext(integrationId, "credential")) &&
  webhookSecrets.every(({ secret }) => box.isNewest(secret, toContext(integrationId, "webhook_secret")));
