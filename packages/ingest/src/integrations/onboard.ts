import { randomUUID } from "node:crypto";
import {
  type Credential,
  createVendorClient,
  type VendorClient,
  VendorClientError,
} from "@convergint/client";
import type { Org, WebhookEndpointCreated } from "@convergint/schemas";
import { createVerifier } from "@convergint/webhooks";
import type { Store } from "../store/store.ts";
import type { Integration, WebhookSecret } from "./integration.ts";
import type { Integrations } from "./integrations.ts";

/** What it takes to onboard a vendor. */
export interface Onboarding {
  readonly name: string;
  readonly baseUrl: string;
  readonly credential: Credential;
  readonly pollSeconds: number;
  readonly fastPollSeconds: number;
  readonly silenceSeconds: number;
  /** Secrets of a destination that was registered by hand; without them, the server registers it. */
  readonly webhookSecrets?: readonly string[] | undefined;
  /** Whose every org of the credential is; what is not said stays in quarantine until it is bound. */
  readonly customerId?: string | undefined;
}

/** A secret that cannot verify anything is better found out now than at the first delivery. @throws {WebhookUsageError} */
export function requireUsableSecrets(secrets: readonly string[]): void {
  if (secrets.length > 0) createVerifier({ keys: secrets });
}

/** Registers a destination; one whose secret is of no use is taken back. */
async function register(vendor: VendorClient, url: string): Promise<WebhookEndpointCreated> {
  const endpoint = await vendor.createWebhookEndpoint(url);
  try {
    requireUsableSecrets([endpoint.secret]);
  } catch (cause) {
    await vendor.deleteWebhookEndpoint(endpoint.endpoint_id).catch(() => {});
    const message = "The vendor registered the destination with a signing secret that is none.";
    throw new VendorClientError("invalid_payload", message, {}, { cause });
  }
  return endpoint;
}

/** The first call that needs the credential: a wrong one is found out before anything is left at the vendor. */
async function orgsOf(vendor: VendorClient): Promise<readonly Org[]> {
  const orgs: Org[] = [];
  for await (const org of vendor.orgs()) orgs.push(org);
  return orgs;
}

/**
 * Onboards a vendor: reads its manifest, tries the credential, registers the destination where the vendor offers that,
 * stores all of it, and binds its orgs where it was said whose they are.
 *
 * @throws {WebhookUsageError} `invalid_key` where a secret that was given is none
 * @throws {VendorClientError} where the vendor cannot be reached or does not answer as the contract says; then
 *   nothing is stored, and nothing is left at the vendor
 */
export async function onboard(
  onboarding: Onboarding,
  { integrations, store }: { readonly integrations: Integrations; readonly store: Pick<Store, "bindings"> },
): Promise<Integration> {
  const {
    name,
    baseUrl,
    credential,
    pollSeconds,
    fastPollSeconds,
    silenceSeconds,
    webhookSecrets,
    customerId,
  } = onboarding;
  requireUsableSecrets(webhookSecrets ?? []);
  const vendor = createVendorClient({ baseUrl, credential });
  const { webhooks } = await vendor.manifest();
  const orgs = await orgsOf(vendor);
  const integrationId = `int_${randomUUID()}`;
  const registers = webhooks?.endpoint_management === true && !webhookSecrets;
  const endpoint = registers ? await register(vendor, integrations.webhookUrl(integrationId)) : null;
  const createdAt = new Date().toISOString();
  const secrets = endpoint ? [endpoint.secret] : (webhookSecrets ?? []);
  const integration: Integration = {
    integrationId,
    name,
    baseUrl,
    credential,
    webhookSecrets: secrets.map((secret): WebhookSecret => ({ secret, addedAt: createdAt, expiresAt: null })),
    webhookEndpointId: endpoint?.endpoint_id ?? null,
    pollSeconds,
    fastPollSeconds,
    // Who sends no webhooks cannot fall silent.
    silenceSeconds: secrets.length > 0 ? silenceSeconds : null,
    createdAt,
    revision: 1,
  };
  try {
    await integrations.add(integration);
  } catch (error) {
    if (endpoint) await vendor.deleteWebhookEndpoint(endpoint.endpoint_id).catch(() => {});
    throw error;
  }
  if (customerId !== undefined) {
    for (const { org_id: orgId } of orgs) {
      await store.bindings.bind({
        integrationId,
        orgId,
        siteId: null,
        customerId,
        customerSiteId: null,
        boundAt: createdAt,
      });
    }
  }
  return integration;
}
