import { createVerifier } from "@convergint/webhooks";
import type { Integration } from "../integrations/integration.ts";
import { getReader } from "../integrations/profile.ts";
import type { DeviceStore } from "../store/device-store.ts";
import { type Accepted, acceptByProfile, acceptDelivery, type Delivery } from "./accept.ts";

/** Verifies and parses a delivery. @throws {DeliveryRefusedError} */
type Acceptor = (delivery: Delivery) => Promise<Accepted>;

interface CachedAcceptor {
  readonly accept: Acceptor;
  /** When the next secret expires, in Unix milliseconds. */
  readonly until: number;
}

/** Returns the secrets that are valid at a given moment. @param now Unix milliseconds */
export const getCurrentSecrets = ({ webhookSecrets }: Integration, now: number): readonly string[] =>
  webhookSecrets
    .filter(({ expiresAt }) => expiresAt === null || Date.parse(expiresAt) > now)
    .map(({ secret }) => secret);

function createAcceptor(
  { profile }: Integration,
  keys: readonly string[],
  devices: Pick<DeviceStore, "get">,
): Acceptor {
  if (profile) {
    const reader = getReader(profile);
    return (delivery) => acceptByProfile(delivery, reader, keys, devices);
  }
  // Secrets first, because verifying with a public key takes several times as long.
  const ordered = keys.toSorted((a, b) => Number(a.startsWith("whpk_")) - Number(b.startsWith("whpk_")));
  const verify = createVerifier({ keys: ordered });
  return (delivery) => acceptDelivery(delivery, verify);
}

/**
 * Creates a function that returns how deliveries of an integration are verified and parsed. Imports each key once instead
 * of for every delivery.
 *
 * @param devices finds the site of an event that only names its device
 * @returns a function that returns `null` for an integration without a current secret
 */
export function createAcceptorCache(
  devices: Pick<DeviceStore, "get">,
): (integration: Integration, now: Date) => Acceptor | null {
  const cache = new WeakMap<Integration, CachedAcceptor>();
  return (integration, at) => {
    const now = at.getTime();
    const cached = cache.get(integration);
    if (cached && now < cached.until) return cached.accept;
    const keys = getCurrentSecrets(integration, now);
    if (keys.length === 0) return null;
    const expiries = integration.webhookSecrets
      .map(({ expiresAt }) => (expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(expiresAt)))
      .filter((expiry) => expiry > now);
    const accept = createAcceptor(integration, keys, devices);
    cache.set(integration, { accept, until: Math.min(...expiries) });
    return accept;
  };
}
