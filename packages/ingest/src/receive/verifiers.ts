import { createVerifier, type Verifier } from "@convergint/webhooks";
import type { Integration } from "../integrations/integration.ts";

interface Made {
  readonly verify: Verifier;
  /** Milliseconds since 1970 from when another secret has expired. */
  readonly until: number;
}

/** The secrets that verify at a moment. */
export const currentSecrets = ({ webhookSecrets }: Integration, now: number): readonly string[] =>
  webhookSecrets
    .filter(({ expiresAt }) => expiresAt === null || Date.parse(expiresAt) > now)
    .map(({ secret }) => secret);

function make(integration: Integration, now: number): Made | null {
  const keys = currentSecrets(integration, now);
  if (keys.length === 0) return null;
  const ends = integration.webhookSecrets
    .map(({ expiresAt }) => (expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(expiresAt)))
    .filter((end) => end > now);
  return { verify: createVerifier({ keys }), until: Math.min(...ends) };
}

/**
 * Makes the function that finds an integration's verifier: its keys are made ready once, and not at every delivery.
 *
 * @returns `null` for an integration that has no secret that is current
 */
export function verifiers(): (integration: Integration) => Verifier | null {
  const made = new WeakMap<Integration, Made>();
  return (integration) => {
    const now = Date.now();
    const known = made.get(integration);
    if (known && now < known.until) return known.verify;
    const fresh = make(integration, now);
    if (fresh) made.set(integration, fresh);
    return fresh?.verify ?? null;
  };
}
