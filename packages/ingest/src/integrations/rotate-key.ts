import { VendorClientError } from "@convergint/client";
import type { Clock } from "../clock.ts";
import { ProblemError } from "../problem.ts";
import { hasPrivateKey, type Integration, type KeyedCredential } from "./integration.ts";
import { createUnknownIntegrationError, type Integrations } from "./integrations.ts";

/** A new private key. The other members of the credential stay. */
export type NewKey = Pick<KeyedCredential, "privateKey" | "keyId" | "algorithm">;

/**
 * Makes a call with a credential.
 *
 * @throws {VendorClientError} if the vendor refuses it or does not answer
 */
export async function requireAccepted(
  integrations: Pick<Integrations, "connect">,
  options: Parameters<Integrations["connect"]>[0],
): Promise<void> {
  // An invalid org says nothing about the credential.
  const orgs = integrations.connect(options).orgs({ onFault: () => {} });
  await orgs[Symbol.asyncIterator]().next();
}

/** Returns why a vendor does not accept a credential; `null` if it does. @throws {VendorClientError} for any other reason */
async function findRefusal(
  integrations: Pick<Integrations, "connect">,
  options: Parameters<Integrations["connect"]>[0],
): Promise<string | null> {
  try {
    await requireAccepted(integrations, options);
    return null;
  } catch (error) {
    const isRefusal =
      error instanceof VendorClientError && (error.code === "unauthorized" || error.code === "token_refused");
    if (!isRefusal) throw error;
    return error.message;
  }
}

/**
 * Replaces an integration's private key. If the vendor does not accept the new key yet, the old one stays in use, and
 * {@link adoptNextKey} tries the new one before each poll.
 *
 * @throws {VendorClientError} `invalid_option` if the key cannot be read, or if the vendor does not answer
 * @throws {ProblemError} 404 `unknown_integration`, 422 `no_private_key`
 */
export async function rotateKey(
  integrations: Integrations,
  integrationId: string,
  key: NewKey,
  clock: Pick<Clock, "now">,
): Promise<Integration> {
  const integration = await integrations.refresh(integrationId);
  if (!integration) throw createUnknownIntegrationError();
  const { baseUrl, profile, allowHosts, credential: before } = integration;
  if (!hasPrivateKey(before)) {
    throw new ProblemError(
      422,
      "no_private_key",
      "This integration does not authenticate with a private key. Set one with PATCH and `credential`.",
    );
  }
  const { privateKey: _, keyId: __, algorithm: ___, ...kept } = before;
  const credential = { ...kept, ...key } as KeyedCredential;
  const failure = await findRefusal(integrations, { baseUrl, profile, allowHosts, credential });
  const addedAt = new Date(clock.now()).toISOString();
  return integrations.change(integrationId, (current) =>
    failure === null
      ? { ...current, credential, nextKey: undefined }
      : { ...current, nextKey: { credential, addedAt, failure } },
  );
}

/**
 * Tries the private key that waits for the vendor, if there is one, and uses it from then on if the vendor accepts it.
 * Any other answer leaves the old key in use. Call it before other calls to the vendor, which may have dropped the old key.
 *
 * @param signal ends the attempt
 * @returns the integration as it is afterwards
 */
export async function adoptNextKey(
  integrations: Integrations,
  integration: Integration,
  signal?: AbortSignal,
): Promise<Integration> {
  const { integrationId, baseUrl, profile, allowHosts, nextKey } = integration;
  if (!nextKey) return integration;
  const { credential } = nextKey;
  const target = { baseUrl, profile, allowHosts, credential, ...(signal && { signal }) };
  const failure = await findRefusal(integrations, target).catch((error: unknown) => {
    if (error instanceof VendorClientError) return error.message;
    throw error;
  });
  if (failure !== null) return integration;
  return integrations.change(integrationId, (current) =>
    // In the meantime, a person may have set another key or another credential.
    current.nextKey?.addedAt === nextKey.addedAt ? { ...current, credential, nextKey: undefined } : current,
  );
}
