import { ProblemError } from "../problem.ts";
import type { Integration, WebhookSecret } from "./integration.ts";
import { createUnknownIntegrationError, type Integrations } from "./integrations.ts";
import { createSecret as createOwnSecret, requireUsableSecrets } from "./onboard.ts";
import { adoptNextKey } from "./rotate-key.ts";

/** Allows for deliveries that are in flight when a secret expires, and for differences between clocks. */
const GRACE_MS = 600_000;
/**
 * The longest overlap that a vendor may set. The vendor signs every later attempt with the new secret too, so a longer one
 * would only help someone who has the old secret.
 */
const MAX_VENDOR_OVERLAP_MS = 86_400_000;
/** A verifier accepts at most 16 keys. */
const MAX_SECRETS = 8;

export interface Rotation {
  /**
   * The new secret, if the vendor gave it to a person. Without a secret, the server asks the vendor to create
   * one.
   */
  readonly secret?: string | undefined;
  /** Whether this server creates the new secret, for a person to enter in the vendor's console. */
  readonly createSecret: boolean;
  /** How long the old secrets continue to verify, if the vendor does not specify a time. */
  readonly overlapSeconds: number;
  /** Whether the old secrets stop verifying now, because someone else may have them. */
  readonly revokeAtOnce: boolean;
}

/** Puts the new secret first, and sets when the other secrets expire. */
function addSecret(
  secrets: readonly WebhookSecret[],
  secret: string,
  previousUntil: Date,
  now: Date,
): WebhookSecret[] {
  const until = previousUntil.toISOString();
  const before = secrets
    .filter(
      ({ secret: old, expiresAt }) => old !== secret && (expiresAt === null || expiresAt > now.toISOString()),
    )
    .map((old) => ({
      ...old,
      expiresAt: old.expiresAt !== null && old.expiresAt < until ? old.expiresAt : until,
    }));
  return [{ secret, addedAt: now.toISOString(), expiresAt: null }, ...before].slice(0, MAX_SECRETS);
}

/**
 * Asks the vendor to create a secret. The vendor signs with both secrets until the time in its answer, so
 * no delivery fails.
 */
async function rotateAtVendor(
  integrations: Integrations,
  integration: Integration,
): Promise<{ secret: string; until: Date }> {
  const { baseUrl, profile, allowHosts, webhookEndpointId } = integration;
  if (webhookEndpointId === null) {
    throw new ProblemError(
      422,
      "secret_needed",
      "This webhook endpoint was registered manually. Send the secret that the vendor created as `secret`, or `create_secret` to get one to enter in the vendor's console.",
    );
  }
  const { credential } = await adoptNextKey(integrations, integration);
  const vendor = integrations.connect({ baseUrl, credential, profile, allowHosts });
  const { secret, previous_expires_at } = await vendor.rotateWebhookSecret(webhookEndpointId);
  requireUsableSecrets([secret], null);
  const latest = Date.now() + MAX_VENDOR_OVERLAP_MS;
  return { secret, until: new Date(Math.min(Date.parse(previous_expires_at), latest)) };
}

/** How long webhooks may be silent before that counts as an outage, in seconds. */
export const DEFAULT_SILENCE_SECONDS = 900;

/** A replaced webhook secret. */
export interface Rotated {
  readonly integration: Integration;
  /** The secret to enter in the vendor's console, if the server created it. Show it once, and never log it. */
  readonly createdSecret: string | null;
}

/**
 * Replaces an integration's webhook secret, or sets its first one. The old and the new secret both verify until the overlap
 * ends, so that no delivery is lost.
 *
 * @throws {WebhookUsageError} `invalid_key` if the given secret is malformed
 * @throws {VendorClientError} if the vendor does not create a secret
 * @throws {ProblemError} `unknown_integration`, `secret_needed`, `vendor_creates_secret`
 */
export async function rotateSecret(
  integrations: Integrations,
  integrationId: string,
  { secret: given, createSecret, overlapSeconds, revokeAtOnce }: Rotation,
): Promise<Rotated> {
  const integration = await integrations.refresh(integrationId);
  if (!integration) throw createUnknownIntegrationError();
  if (given !== undefined) requireUsableSecrets([given], integration.profile);
  if (createSecret && integration.webhookEndpointId !== null) {
    throw new ProblemError(
      422,
      "vendor_creates_secret",
      "The server registered this webhook endpoint by the vendor's API, so the vendor creates its secrets. Leave `create_secret` out.",
    );
  }
  const createdSecret = createSecret ? createOwnSecret(integration.profile) : null;
  const secret = given ?? createdSecret ?? undefined;
  const now = new Date();
  const created =
    secret === undefined
      ? await rotateAtVendor(integrations, integration)
      : { secret, until: new Date(now.getTime() + overlapSeconds * 1000) };
  const previousUntil = revokeAtOnce ? now : new Date(created.until.getTime() + GRACE_MS);
  const changed = await integrations.change(integrationId, (current) => ({
    ...current,
    webhookSecrets: addSecret(current.webhookSecrets, created.secret, previousUntil, now),
    // From the first secret on, webhooks are expected.
    silenceSeconds:
      current.webhookSecrets.length > 0
        ? current.silenceSeconds
        : (current.silenceSeconds ?? DEFAULT_SILENCE_SECONDS),
  }));
  return { integration: changed, createdSecret };
}
