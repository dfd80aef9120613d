import { hash } from "node:crypto";
import type { Credential } from "@convergint/client";
import type { SecretBox } from "@convergint/internal/secret-box";
import type { IntegrationRow, SealedWebhookSecret } from "../store/integration-store.ts";
import type { Integration } from "./integration.ts";
import type { IntegrationProfile } from "./profile.ts";

/**
 * Binds a secret to its integration and purpose, so that it cannot be decrypted for any other integration or
 * purpose.
 */
const toContext = (integrationId: string, what: "credential" | "webhook_secret" | "api_key"): string =>
  `${integrationId}/${what}`;

/** Binds a webhook secret to its times too, so that a writer of the database cannot make an expired secret valid again. */
const toSecretContext = (
  integrationId: string,
  { addedAt, expiresAt }: Pick<SealedWebhookSecret, "addedAt" | "expiresAt">,
): string => `${toContext(integrationId, "webhook_secret")}/${addedAt}/${expiresAt}`;

/**
 * Binds the credential to the profile too, which says where and how it is sent. A writer of the database therefore cannot
 * direct it elsewhere with another profile.
 */
const toCredentialContext = ({ integrationId, profile }: Pick<IntegrationRow, "integrationId" | "profile">) =>
  `${toContext(integrationId, "credential")}${profile === null ? "" : `/${hash("sha256", profile, "base64")}`}`;

/** Encrypts an integration's secrets. */
export function sealIntegration(box: SecretBox, integration: Integration): IntegrationRow {
  const { credential, profile: given, nextKey, allowHosts, disabledAt, webhookSecrets, ...row } = integration;
  const { integrationId, baseUrl } = row;
  const profile = given && JSON.stringify(given);
  return {
    ...row,
    profile,
    credential: box.seal(
      JSON.stringify({ ...credential, nextKey, baseUrl, allowHosts, disabledAt }),
      toCredentialContext({ integrationId, profile }),
    ),
    webhookSecrets: webhookSecrets.map(({ secret, ...times }) => ({
      ...times,
      secret: box.seal(secret, toSecretContext(integrationId, times)),
    })),
  };
}

/**
 * A credential, the hosts that it may be sent to, and whether it may be sent at all. Earlier versions of this server
 * encrypted only the credential.
 */
type SealedCredential = Credential &
  Partial<Pick<Integration, "nextKey" | "baseUrl" | "allowHosts" | "disabledAt">>;

/**
 * Decrypts a credential and the places that it may be sent to. They are encrypted together, so that a writer of the database
 * cannot direct the credential to another host. The first version of this server stored a bare API key, encrypted with
 * another encryption context.
 */
function openCredential(
  box: SecretBox,
  { integrationId, profile, credential, ...row }: IntegrationRow,
): Pick<Integration, "credential" | "nextKey" | "baseUrl" | "allowHosts" | "disabledAt"> {
  try {
    const {
      nextKey,
      baseUrl = row.baseUrl,
      allowHosts = [],
      disabledAt = null,
      ...rest
    } = JSON.parse(box.open(credential, toCredentialContext({ integrationId, profile }))) as SealedCredential;
    return { credential: rest, ...(nextKey && { nextKey }), baseUrl, allowHosts, disabledAt };
  } catch (error) {
    try {
      return {
        credential: { apiKey: box.open(credential, toContext(integrationId, "api_key")) },
        baseUrl: row.baseUrl,
        allowHosts: [],
        disabledAt: null,
      };
    } catch {
      throw error;
    }
  }
}

/** Decrypts a webhook secret. Earlier versions of this server did not bind it to its times. */
function openSecret(
  box: SecretBox,
  integrationId: string,
  { secret, ...times }: SealedWebhookSecret,
): string {
  try {
    return box.open(secret, toSecretContext(integrationId, times));
  } catch {
    return box.open(secret, toContext(integrationId, "webhook_secret"));
  }
}

/** Decrypts an integration's secrets. @throws {SecretBoxError} `cannot_decrypt` */
export function openIntegration(box: SecretBox, row: IntegrationRow): Integration {
  return {
    ...row,
    ...openCredential(box, row),
    profile: row.profile === null ? null : (JSON.parse(row.profile) as IntegrationProfile),
    webhookSecrets: row.webhookSecrets.map((sealed) => ({
      ...sealed,
      secret: openSecret(box, row.integrationId, sealed),
    })),
  };
}

/** Whether all secrets are encrypted with the newest key, in the newest form. */
export const isSealedWithNewestKey = (
  box: SecretBox,
  { integrationId, profile, credential, webhookSecrets }: IntegrationRow,
): boolean =>
  box.isNewest(credential, toCredentialContext({ integrationId, profile })) &&
  "baseUrl" in JSON.parse(box.open(credential, toCredentialContext({ integrationId, profile }))) &&
  webhookSecrets.every(({ secret, ...times }) => box.isNewest(secret, toSecretContext(integrationId, times)));
