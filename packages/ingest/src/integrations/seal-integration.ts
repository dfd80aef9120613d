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
  const { credential, allowHosts, webhookSecrets, ...row } = integration;
  const { integrationId, baseUrl } = row;
  return {
    ...row,
    credential: box.seal(
      JSON.stringify({ ...credential, baseUrl, allowHosts }),
      toContext(integrationId, "credential"),
    ),
    webhookSecrets: webhookSecrets.map(({ secret, ...times }) => ({
      ...times,
      secret: box.seal(secret, toContext(integrationId, "webhook_secret")),
    })),
  };
}

/** A credential with the places that it may be sent to. Earlier versions of this server encrypted only the credential. */
type SealedCredential = Credential & Partial<Pick<Integration, "baseUrl" | "allowHosts">>;

/**
 * Decrypts a credential and the places that it may be sent to. They are encrypted together, so that a writer of the database
 * cannot direct the credential to another host. The first version of this server stored a bare API key, encrypted with
 * another encryption context.
 */
function openCredential(
  box: SecretBox,
  { integrationId, credential, ...row }: IntegrationRow,
): Pick<Integration, "credential" | "baseUrl" | "allowHosts"> {
  try {
    const {
      baseUrl = row.baseUrl,
      allowHosts = [],
      ...rest
    } = JSON.parse(box.open(credential, toContext(integrationId, "credential"))) as SealedCredential;
    return { credential: rest, baseUrl, allowHosts };
  } catch (error) {
    try {
      return {
        credential: { apiKey: box.open(credential, toContext(integrationId, "api_key")) },
        baseUrl: row.baseUrl,
        allowHosts: [],
      };
    } catch {
      throw error;
    }
  }
}

/** Decrypts an integration's secrets. @throws {SecretBoxError} `cannot_decrypt` */
export function openIntegration(box: SecretBox, row: IntegrationRow): Integration {
  return {
    ...row,
    ...openCredential(box, row),
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
  "baseUrl" in JSON.parse(box.open(credential, toContext(integrationId, "credential"))) &&
  webhookSecrets.every(({ secret }) => box.isNewest(secret, toContext(integrationId, "webhook_secret")));
