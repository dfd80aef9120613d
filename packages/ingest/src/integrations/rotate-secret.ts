import { createVendorClient } from "@convergint/client";
import { ProblemError } from "../problem.ts";
import type { Integration, WebhookSecret } from "./integration.ts";
import { createUnknownIntegrationError, type Integrations } from "./integrations.ts";
import { requireUsableSecrets } from "./onboard.ts";

/** Deliveries that were signed just before the end may still be on their way, by clocks that differ. */
const GRACE_MS = 600_000;
/** A verifier takes no more than 16 keys. */
const MOST_SECRETS = 8;

/** How a secret is replaced. */
export interface Rotation {
  /** The new secret, where a person has it from the vendor; without it, the vendor is asked for one. */
  readonly secret?: string | undefined;
  /** How long those before it go on verifying, where the vendor does not say. */
  readonly overlapSeconds: number;
}

/** The new one first; those before it until they expire. */
function replaced(
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
  return [{ secret, addedAt: now.toISOString(), expiresAt: null }, ...before].slice(0, MOST_SECRETS);
}

/** Has the vendor make a new secret. It signs with both until the moment it names, so there is no gap. */
async function atVendor({
  baseUrl,
  credential,
  webhookEndpointId,
}: Integration): Promise<{ secret: string; until: Date }> {
  if (webhookEndpointId === null) {
    throw new ProblemError(
      422,
      "secret_needed",
      "This destination was registered by hand: have the vendor make a new secret, and send it as `secret`.",
    );
  }
  const vendor = createVendorClient({ baseUrl, credential });
  const { secret, previous_expires_at } = await vendor.rotateWebhookSecret(webhookEndpointId);
  requireUsableSecrets([secret]);
  return { secret, until: new Date(previous_expires_at) };
}

/**
 * Replaces an integration's webhook secret. Old and new both verify until the overlap ends: no delivery is lost.
 *
 * @throws {WebhookUsageError} `invalid_key` where the secret that was given is none
 * @throws {VendorClientError} where the vendor was asked and did not make one
 * @throws {ProblemError} `unknown_integration`, `secret_needed`
 */
export async function rotateSecret(
  integrations: Integrations,
  integrationId: string,
  { secret, overlapSeconds }: Rotation,
): Promise<Integration> {
  if (secret !== undefined) requireUsableSecrets([secret]);
  const integration = await integrations.refresh(integrationId);
  if (!integration) throw createUnknownIntegrationError();
  const now = new Date();
  const made =
    secret === undefined
      ? await atVendor(integration)
      : { secret, until: new Date(now.getTime() + overlapSeconds * 1000) };
  const previousUntil = new Date(made.until.getTime() + GRACE_MS);
  return integrations.change(integrationId, (current) => ({
    ...current,
    webhookSecrets: replaced(current.webhookSecrets, made.secret, previousUntil, now),
  }));
}
