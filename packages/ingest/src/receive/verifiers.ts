import { createVerifier, type Verifier } from "@convergint/webhooks";
import type { Integration } from "../integrations/integration.ts";

interface CachedVerifier {
  readonly verify: Verifier;
  /** When the next secret expires, in Unix milliseconds. */
  readonly until: number;
}

/** Returns the secrets that are valid at a given moment. @param now Unix milliseconds */
export const getCurrentSecrets = ({ webhookSecrets }: Integration, now: number): readonly string[] =>
  webhookSecrets
    .filter(({ expiresAt }) => expiresAt === null || Date.parse(expiresAt) > now)
    .map(({ secret }) => secret);

function build(integration: Integration, now: number): CachedVerifier | null {
  const keys = getCurrentSecrets(integration, now);
  if (keys.length === 0) return null;
  // Secrets first, because verifying with a public key takes several times as long.
  const ordered = keys.toSorted((a, b) => Number(a.startsWith("whpk_")) - Number(b.startsWith("whpk_")));
  const expiries = integration.webhookSecrets
    .map(({ expiresAt }) => (expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(expiresAt)))
    .filter((expiry) => expiry > now);
  return { verify: createVerifier({ keys: ordered }), until: Math.min(...expiries) };
}

/**
 * Creates a function that returns an integration's verifier. Imports each key once instead of for every
 * delivery.
 *
 * @returns a function that returns `null` for an integration without a current secret
 */
export function createVerifierCache(): (integration: Integration, now: Date) => Verifier | null {
  const cache = new WeakMap<Integration, CachedVerifier>();
  return (integration, at) => {
    const now = at.getTime();
    const cached = cache.get(integration);
    if (cached && now < cached.until) return cached.verify;
    const built = build(integration, now);
    if (built) cache.set(integration, built);
    return built?.verify ?? null;
  };
}
