import type { z } from "zod";
import type { vendorSettings } from "../config/vendor-settings.ts";
import type { Credentials } from "../harness/credentials.ts";
import { UsageError } from "./context.ts";

/** Some commands accept only some of these credentials. */
type Values = Pick<
  Partial<z.infer<typeof vendorSettings>>,
  "apiKey" | "clientId" | "clientSecret" | keyof typeof ADDITIONAL_KEYS
>;

/** Which key each additional option takes; shown to users who give the same key twice. */
const ADDITIONAL_KEYS = {
  secondApiKey: "--second-api-key takes the key of another tenant",
  withdrawnApiKey: "--withdrawn-api-key takes a key that no longer works",
  productionApiKey: "--production-api-key takes the key of a production tenant",
  expiredAccessToken: "--expired-access-token takes an OAuth 2 access token that has expired",
} as const;

/**
 * Builds the credentials of a run.
 *
 * @throws {UsageError} if a credential is missing or a key is given twice
 */
export function buildCredentials(values: Values): Credentials {
  const { apiKey, clientId, clientSecret } = values;
  if (!clientId !== !clientSecret) {
    throw new UsageError(
      "An OAuth 2 client needs both --client-id (or CONFORMANCE_CLIENT_ID) and --client-secret (or CONFORMANCE_CLIENT_SECRET). Give both or neither.",
    );
  }
  const client = clientId && clientSecret ? { clientId, clientSecret } : null;
  const caller = apiKey ? { apiKey, ...(client && { client }) } : client && { client };
  if (caller === null) {
    throw new UsageError(
      "No credentials. Give the vendor's API key with --api-key KEY or in CONFORMANCE_API_KEY. Or give an OAuth 2 client with --client-id and --client-secret.",
    );
  }
  const given = new Set(apiKey ? [apiKey] : []);
  const others: Partial<Record<keyof typeof ADDITIONAL_KEYS, string>> = {};
  for (const [name, explanation] of Object.entries(ADDITIONAL_KEYS) as [
    keyof typeof ADDITIONAL_KEYS,
    string,
  ][]) {
    const key = values[name];
    if (!key) continue;
    if (given.has(key)) throw new UsageError(`${explanation}, but another option has the same key.`);
    given.add(key);
    others[name] = key;
  }
  return { ...caller, ...others };
}
