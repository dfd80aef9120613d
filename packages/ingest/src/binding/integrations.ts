import { randomUUID } from "node:crypto";
import { createVendorClient, type VendorClient, VendorClientError } from "@convergint/client";
import type { WebhookEndpointCreated } from "@convergint/schemas";
import { sign } from "@convergint/webhooks";
import type { IntegrationRow, Store } from "../store/store.ts";
import type { SecretBox } from "./secret-box.ts";

/** A vendor this server receives from and polls, with its secrets in clear: never logged, never answered. */
export interface Integration {
  readonly integrationId: string;
  readonly name: string;
  readonly baseUrl: string;
  readonly pollSeconds: number;
  readonly apiKey: string;
  readonly webhookSecrets: readonly string[];
  readonly webhookEndpointId: string | null;
  readonly createdAt: string;
}

/** What it takes to onboard a vendor. */
export interface Onboarding {
  readonly name: string;
  readonly base_url: string;
  readonly api_key: string;
  readonly poll_seconds: number;
  /** Secrets of a destination that was registered by hand; without them, the server registers it. */
  readonly webhook_secrets?: readonly string[] | undefined;
}

export interface Integrations {
  all(): readonly Integration[];
  get(integrationId: string): Integration | undefined;
  /**
   * Onboards a vendor: reads its manifest, registers the destination where the vendor offers that, stores all of it.
   *
   * @throws {WebhookUsageError} `invalid_key` where a secret that was given is none
   * @throws {VendorClientError} where the vendor cannot be reached or does not answer as the contract says; then
   *   nothing is stored
   */
  onboard(onboarding: Onboarding): Promise<Integration>;
  /** Where the vendor of an integration posts to. */
  webhookUrl(integrationId: string): string;
}

/** A secret that cannot verify anything is better found out now than at the first delivery. */
async function requireUsable(secrets: readonly string[]): Promise<void> {
  if (secrets.length > 0) await sign({ id: "onboarding", body: "", keys: secrets });
}

/** Registers a destination; one whose secret is of no use is taken back. */
async function register(vendor: VendorClient, url: string): Promise<WebhookEndpointCreated> {
  const endpoint = await vendor.createWebhookEndpoint(url);
  try {
    await requireUsable([endpoint.secret]);
  } catch (cause) {
    await vendor.deleteWebhookEndpoint(endpoint.endpoint_id).catch(() => {});
    const message = "The vendor registered the destination with a signing secret that is none.";
    throw new VendorClientError("invalid_payload", message, {}, { cause });
  }
  return endpoint;
}

/** Loads the integrations, and keeps them at hand: every delivery needs its secrets. */
export function loadIntegrations(store: Store, box: SecretBox, publicUrl: () => string): Integrations {
  const context = (integrationId: string, what: string) => `${integrationId}/${what}`;
  const open = ({ apiKey, webhookSecrets, ...row }: IntegrationRow): Integration => ({
    ...row,
    apiKey: box.open(apiKey, context(row.integrationId, "api_key")),
    webhookSecrets: webhookSecrets.map((secret) =>
      box.open(secret, context(row.integrationId, "webhook_secret")),
    ),
  });
  const byId = new Map(store.reader.integrations().map((row) => [row.integrationId, open(row)]));
  const webhookUrl = (integrationId: string) => `${publicUrl()}/webhooks/${integrationId}`;

  return {
    all: () => [...byId.values()],
    get: (integrationId) => byId.get(integrationId),
    webhookUrl,
    async onboard({ name, base_url, api_key, poll_seconds, webhook_secrets }) {
      await requireUsable(webhook_secrets ?? []);
      const vendor = createVendorClient({ baseUrl: base_url, credential: { apiKey: api_key } });
      const { webhooks } = await vendor.manifest();
      // The first call that needs the credential: a wrong one is found out before anything is left at the vendor.
      for await (const _ of vendor.orgs()) break;
      const integrationId = `int_${randomUUID()}`;
      const endpoint =
        webhooks?.endpoint_management && !webhook_secrets
          ? await register(vendor, webhookUrl(integrationId))
          : null;
      const integration: Integration = {
        integrationId,
        name,
        baseUrl: base_url,
        pollSeconds: poll_seconds,
        apiKey: api_key,
        webhookSecrets: endpoint ? [endpoint.secret] : (webhook_secrets ?? []),
        webhookEndpointId: endpoint?.endpoint_id ?? null,
        createdAt: new Date().toISOString(),
      };
      // Known before the vendor can post: a delivery in the next instant finds its secret.
      byId.set(integrationId, integration);
      try {
        await store.writer.saveIntegration({
          ...integration,
          apiKey: box.seal(api_key, context(integrationId, "api_key")),
          webhookSecrets: integration.webhookSecrets.map((secret) =>
            box.seal(secret, context(integrationId, "webhook_secret")),
          ),
        });
      } catch (error) {
        byId.delete(integrationId);
        if (endpoint) await vendor.deleteWebhookEndpoint(endpoint.endpoint_id).catch(() => {});
        throw error;
      }
      return integration;
    },
  };
}
