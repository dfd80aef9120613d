import { isIP } from "node:net";
import { createGuardedAgent } from "@convergint/internal/guarded-agent";
import {
  createOutgoingPolicy,
  hostOf,
  isLoopbackName,
  isPublicName,
  type OutgoingPolicy,
  type Resolve,
} from "@convergint/internal/outgoing-policy";
import { type ProxySettings, readProxy } from "@convergint/internal/proxy";
import {
  isLoopbackAddress,
  isPublicAddress,
  LOOPBACK_NETWORKS,
  type Networks,
  parseNetworks,
} from "@convergint/internal/public-address";
import type { Agent } from "undici";
import { DeliveryError } from "../errors.ts";

/** Which destinations are allowed. */
export interface DestinationOptions {
  /** Allows deliveries to this machine, with or without TLS. Use this only in a sandbox. */
  readonly allowLoopback?: boolean | undefined;
  /**
   * Networks in CIDR notation, such as `10.0.0.0/8`, to which deliveries are allowed although they are private, with or
   * without TLS. Use this only if your customers' receivers are in your own network.
   */
  readonly allowPrivateNetworks?: readonly string[] | undefined;
}

/** How to connect to destinations. */
export interface ConnectionOptions extends DestinationOptions {
  /**
   * The proxy for connections to public addresses. Addresses of {@link DestinationOptions.allowPrivateNetworks} are connected
   * to directly. Default: none; the proxy settings of the environment are ignored.
   */
  readonly proxy?: ProxySettings | undefined;
}

/** @throws {DeliveryError} `invalid_option` */
function networksOf(networks: readonly string[]): Networks {
  try {
    return parseNetworks(networks);
  } catch (error) {
    throw new DeliveryError("invalid_option", `allowPrivateNetworks: ${(error as Error).message}`);
  }
}

const THIS_MACHINE = parseNetworks(LOOPBACK_NETWORKS);

/**
 * Creates an agent that connects only to allowed destinations.
 *
 * @throws {DeliveryError} `invalid_option`
 */
export function createDestinationAgent({ proxy, ...options }: ConnectionOptions): Agent {
  const policy = createDestinationPolicy(options);
  try {
    return createGuardedAgent(policy, { proxy: proxy && readProxy(proxy) });
  } catch (error) {
    throw new DeliveryError("invalid_option", `proxy: ${(error as Error).message}`);
  }
}

/**
 * Creates the policy of the agent that delivers.
 *
 * @param resolve resolves names. Default: DNS; the system's resolver if private networks are allowed
 * @throws {DeliveryError} `invalid_option`
 */
export function createDestinationPolicy(
  { allowLoopback = false, allowPrivateNetworks = [] }: DestinationOptions,
  resolve?: Resolve,
): OutgoingPolicy {
  const networks = networksOf(allowPrivateNetworks);
  return createOutgoingPolicy({
    networks: {
      isEmpty: networks.isEmpty,
      includes: (address) => networks.includes(address) || (allowLoopback && THIS_MACHINE.includes(address)),
    },
    allowWith: (address) => `allowPrivateNetworks: ["${address}"]`,
    resolve,
  });
}

/**
 * Throws if the text of a URL shows that deliveries must not be sent to it. The addresses behind a
 * host name are checked when a delivery connects.
 *
 * @throws {DeliveryError} `invalid_destination`; `invalid_option` for a malformed network
 * @see spec/1.0/contract.md#webhook-endpoints
 */
export function checkDestination(
  address: string,
  { allowLoopback = false, allowPrivateNetworks = [] }: DestinationOptions = {},
): void {
  const refuse = (message: string) => new DeliveryError("invalid_destination", message);
  const url = URL.parse(address);
  if (url === null)
    throw refuse("The destination must be a complete URL, such as https://hooks.example.com/in.");
  if (url.username !== "" || url.password !== "") {
    throw refuse(
      "The destination must not contain a user name or password. Receivers authenticate deliveries by the signature.",
    );
  }
  if (url.protocol !== "https:" && url.protocol !== "http:")
    throw refuse("The destination must be an https URL.");
  const host = hostOf(url);
  const networks = networksOf(allowPrivateNetworks);
  // The addresses of a name are judged when a delivery connects.
  if (networks.includes(host) || (isIP(host) === 0 && !networks.isEmpty)) return;
  if (isLoopbackName(host) || isLoopbackAddress(host)) {
    if (allowLoopback) return;
    throw refuse("The destination is the sender's own machine. Use a destination on the public internet.");
  }
  if (url.protocol !== "https:")
    throw refuse("The destination must be an https URL: events must be encrypted in transit.");
  if (!(isIP(host) === 0 ? isPublicName(host) : isPublicAddress(host)))
    throw refuse("The destination is private or reserved. Use a destination on the public internet.");
}
