import { randomUUID } from "node:crypto";
import {
  type Credential,
  type ListingOptions,
  type VendorClient,
  VendorClientError,
} from "@convergint/client";
import type { Manifest, Org, WebhookEndpointCreated } from "@convergint/schemas";
import { createVerifier, generateSecret } from "@convergint/webhooks";
import type { Clock } from "../clock.ts";
import { isStorable } from "../domain/device.ts";
import type { Fault } from "../domain/fault.ts";
import { ProblemError } from "../problem.ts";
import type { Store } from "../store/store.ts";
import type { Integration, WebhookSecret } from "./integration.ts";
import type { Integrations } from "./integrations.ts";
import { getReader, hasSignature, type IntegrationProfile } from "./profile.ts";
import { adoptNextKey } from "./rotate-key.ts";

export interface Onboarding {
  readonly name: string;
  readonly baseUrl: string;
  readonly credential: Credential;
  /** `null` for a vendor that serves the contract. */
  readonly profile: IntegrationProfile | null;
  /** Hosts outside the base URL's domain that the credential may be sent to. */
  readonly allowHosts: readonly string[];
  readonly pollSeconds: number;
  readonly fastPollSeconds: number;
  readonly silenceSeconds: number;
  /** Secrets of a webhook endpoint that was registered manually. */
  readonly webhookSecrets?: readonly string[] | undefined;
  /** Customer that every org of the credential is bound to. Without a customer, each org is quarantined until it is bound. */
  readonly customerId?: string | undefined;
}

/**
 * How the vendor learns the URL of its webhooks: the server registers it by the vendor's API, a person enters it in the
 * vendor's console, or the vendor has no webhooks.
 */
type WebhookRegistration = "by_api" | "by_hand" | "none";

/** How the webhooks of an integration are set up. */
export interface WebhookPlan {
  readonly registration: WebhookRegistration;
  /**
   * Whether the server creates the secret that a person enters in the vendor's console. It does not if secrets are given, or if
   * the vendor signs only with its own keys.
   */
  readonly createsSecret: boolean;
}

/**
 * Decides how the webhooks of an integration are set up.
 *
 * @param given secrets of an endpoint that a person has registered
 */
export function planWebhooks(
  { webhooks }: Pick<Manifest, "webhooks">,
  given: readonly string[] | undefined,
  profile: IntegrationProfile | null,
): WebhookPlan {
  if (profile) {
    // A profile describes no calls that register endpoints.
    return hasSignature(profile)
      ? { registration: "by_hand", createsSecret: !given }
      : { registration: "none", createsSecret: false };
  }
  if (given) return { registration: "by_hand", createsSecret: false };
  if (!webhooks) return { registration: "none", createsSecret: false };
  if (webhooks.endpoint_management) return { registration: "by_api", createsSecret: false };
  return { registration: "by_hand", createsSecret: webhooks.signature_schemes.includes("v1") };
}

/** A new integration. */
export interface Onboarded {
  readonly integration: Integration;
  readonly registration: WebhookRegistration;
  /** The secret to enter in the vendor's console, if the server created it. Show it once, and never log it. */
  readonly createdSecret: string | null;
}

/**
 * Rejects a malformed secret now instead of at the first delivery.
 *
 * @param profile says how the vendor signs; `null` for a vendor that serves the contract
 * @throws {WebhookUsageError} `invalid_key`
 * @throws {ProfileSecretError} `invalid_secret`
 * @throws {ProblemError} 400 `invalid_parameter` if the vendor does not sign
 */
export function requireUsableSecrets(secrets: readonly string[], profile: IntegrationProfile | null): void {
  if (secrets.length === 0) return;
  if (!profile) return void createVerifier({ keys: secrets });
  if (!hasSignature(profile)) {
    const detail = `The profile ${profile.name} describes no signature, so no webhook of this vendor is accepted. Leave the secret out.`;
    throw new ProblemError(400, "invalid_parameter", detail);
  }
  for (const secret of secrets) getReader(profile).requireUsableSecret(secret);
}

/** Creates a secret for a person to enter in the vendor's console. */
export const createSecret = (profile: IntegrationProfile | null): string =>
  profile ? getReader(profile).generateSecret() : generateSecret();

/** Registers a webhook endpoint, and deletes the endpoint again if its secret is malformed. */
async function register(vendor: VendorClient, url: string): Promise<WebhookEndpointCreated> {
  const endpoint = await vendor.createWebhookEndpoint(url);
  try {
    requireUsableSecrets([endpoint.secret], null);
  } catch (cause) {
    await vendor.deleteWebhookEndpoint(endpoint.endpoint_id).catch(() => {});
    const message = "The vendor registered the webhook endpoint but returned a malformed signing secret.";
    throw new VendorClientError("invalid_payload", message, {}, { cause });
  }
  return endpoint;
}

/** Lists the credential's orgs. This also tests the credential before anything is created at the vendor. */
export async function listOrgs(
  vendor: VendorClient,
  options: { readonly onFault: (fault: Fault) => void } & Pick<ListingOptions, "onProgress">,
): Promise<readonly Org[]> {
  const orgs: Org[] = [];
  for await (const org of vendor.orgs(options)) if (isStorable([org.org_id])) orgs.push(org);
  return orgs;
}

/**
 * Onboards a vendor: reads its manifest, tests the credential, registers a webhook endpoint if the vendor
 * supports registration or else creates a secret to register it by hand, stores the integration, and binds its orgs if
 * `customerId` is given.
 *
 * @throws {WebhookUsageError} `invalid_key` if a given secret is malformed
 * @throws {VendorClientError} if the vendor is unreachable or violates the contract. In that case, nothing is
 *   stored, and nothing remains at the vendor.
 */
export async function onboard(
  onboarding: Onboarding,
  {
    integrations,
    store,
    onFault,
  }: {
    readonly integrations: Integrations;
    readonly store: Pick<Store, "bindings">;
    /** Receives what is wrong with the vendor's orgs. An org that is set aside is not bound, so it is quarantined. */
    readonly onFault: (fault: Fault) => void;
  },
): Promise<Onboarded> {
  const {
    name,
    baseUrl,
    credential,
    profile,
    allowHosts,
    pollSeconds,
    fastPollSeconds,
    silenceSeconds,
    webhookSecrets,
    customerId,
  } = onboarding;
  requireUsableSecrets(webhookSecrets ?? [], profile);
  const vendor = integrations.connect({ baseUrl, credential, profile, allowHosts, onFault });
  const manifest = await vendor.manifest();
  const orgs = await listOrgs(vendor, { onFault });
  const integrationId = `int_${randomUUID()}`;
  const { registration, createsSecret } = planWebhooks(manifest, webhookSecrets, profile);
  const endpoint =
    registration === "by_api" ? await register(vendor, integrations.webhookUrl(integrationId)) : null;
  const createdSecret = createsSecret ? createSecret(profile) : null;
  const createdAt = new Date().toISOString();
  const secrets = webhookSecrets ?? [endpoint?.secret ?? createdSecret ?? []].flat();
  const integration: Integration = {
    integrationId,
    name,
    baseUrl,
    credential,
    profile,
    allowHosts,
    webhookSecrets: secrets.map((secret): WebhookSecret => ({ secret, addedAt: createdAt, expiresAt: null })),
    webhookEndpointId: endpoint?.endpoint_id ?? null,
    pollSeconds,
    fastPollSeconds,
    // A vendor without webhooks cannot have a webhook outage.
    silenceSeconds: secrets.length > 0 ? silenceSeconds : null,
    createdAt,
    disabledAt: null,
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
  return { integration, registration, createdSecret };
}

const LEASE_SECONDS = 600;
const LOOK_MS = 250;
/** A running sync notices within ten seconds that its integration is disabled. */
const MAX_WAIT_MS = 20_000;

/** Waits until no sync of a disabled integration runs, and prevents further ones. */
async function holdSyncs(
  { leases }: Pick<Store, "leases">,
  lease: { readonly name: string; readonly owner: string },
  clock: Clock,
): Promise<void> {
  const until = clock.now() + MAX_WAIT_MS;
  while (!(await leases.take(lease.name, lease.owner, LEASE_SECONDS))) {
    if (clock.now() >= until) {
      throw new ProblemError(409, "sync_running", "A sync has not ended yet. Send the request again later.");
    }
    await clock.sleep(LOOK_MS);
  }
}

/**
 * Removes an integration: disables it, deletes its webhook endpoint at the vendor, removes its devices from their
 * customers, and deletes what is stored of it. If this ends early, the integration stays disabled, and a repetition
 * continues.
 *
 * @returns why the webhook endpoint could not be deleted at the vendor; `null` if nothing remains there
 * @throws {ProblemError} 404 `unknown_integration`, 409 `sync_running`
 */
export async function removeIntegration(
  integrationId: string,
  {
    integrations,
    store,
    clock,
  }: {
    readonly integrations: Integrations;
    readonly store: Pick<Store, "bindings" | "leases">;
    readonly clock: Clock;
  },
): Promise<string | null> {
  const at = new Date(clock.now()).toISOString();
  const disabled = await integrations.change(integrationId, (current) => ({
    ...current,
    disabledAt: current.disabledAt ?? at,
  }));
  const lease = { name: `sync:${integrationId}`, owner: randomUUID() };
  await holdSyncs(store, lease, clock);
  try {
    let leftAtVendor: string | null = null;
    const { webhookEndpointId, baseUrl, profile, allowHosts } = disabled;
    if (webhookEndpointId !== null) {
      const { credential } = await adoptNextKey(integrations, disabled);
      const vendor = integrations.connect({ baseUrl, credential, profile, allowHosts });
      await vendor.deleteWebhookEndpoint(webhookEndpointId).catch((error: unknown) => {
        if (!(error instanceof VendorClientError)) throw error;
        if (error.code !== "not_found") leftAtVendor = error.message;
      });
    }
    for (const binding of await store.bindings.all(integrationId)) await store.bindings.unbind(binding, at);
    await integrations.remove(integrationId);
    return leftAtVendor;
  } finally {
    await store.leases.release(lease.name, lease.owner);
  }
}
