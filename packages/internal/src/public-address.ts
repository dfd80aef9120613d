import { BlockList, isIP, isIPv4 } from "node:net";

type Subnet = readonly [network: string, prefix: number];

const createMatcher = (family: "ipv4" | "ipv6", list: readonly Subnet[]): ((address: string) => boolean) => {
  const block = new BlockList();
  for (const [network, prefix] of list) block.addSubnet(network, prefix, family);
  return (address) => block.check(address, family);
};

/** Matches IPv4 that is not public (IANA special-purpose registry), including multicast and reserved addresses. */
const isSpecialIPv4 = createMatcher("ipv4", [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["168.63.129.16", 32], // services of a cloud inside each of its virtual networks
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
]);

/** Matches the IPv6 range that is routed on the public internet. */
const isGlobalIPv6 = createMatcher("ipv6", [["2000::", 3]]);

/**
 * Matches exceptions within that range: protocol assignments (including Teredo), documentation, 6to4, AS112.
 */
const isSpecialIPv6 = createMatcher("ipv6", [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["2620:4f:8000::", 48],
  ["3fff::", 20],
]);

/**
 * Matches IPv6 addresses that lead to the IPv4 address in their last 32 bits: mapped
 * addresses, and those with NAT64's well-known prefix.
 */
const embedsIPv4 = createMatcher("ipv6", [
  ["::ffff:0:0", 96],
  ["64:ff9b::", 96],
]);

/** Extracts the IPv4 address from the last 32 bits. The URL parser normalises IPv6 to hexadecimal groups. */
function extractIPv4(address: string): string {
  const groups = new URL(`http://[${address}]`).hostname.slice(1, -1).split(":").slice(-2);
  const [high = 0, low = 0] = groups.map((group) => Number.parseInt(group || "0", 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/** Returns the family and the text of an address; an IPv6 address that leads to an IPv4 address counts as IPv4. */
function normalize(address: string): { readonly address: string; readonly family: "ipv4" | "ipv6" } | null {
  // A zone id names a network interface of this machine.
  if (isIP(address) === 0 || address.includes("%")) return null;
  if (isIPv4(address)) return { address, family: "ipv4" };
  return embedsIPv4(address)
    ? { address: extractIPv4(address), family: "ipv4" }
    : { address, family: "ipv6" };
}

/**
 * Checks whether an IP address is public.
 *
 * @param address IPv4 or IPv6 without brackets; anything else is not public
 */
export function isPublicAddress(address: string): boolean {
  const normal = normalize(address);
  if (normal === null) return false;
  return normal.family === "ipv4"
    ? !isSpecialIPv4(normal.address)
    : isGlobalIPv6(normal.address) && !isSpecialIPv6(normal.address);
}

/** A network in CIDR notation cannot be read. */
export class NetworkError extends Error {
  override readonly name = "NetworkError";
  readonly code = "invalid_network";
}

/** A set of networks. */
export interface Networks {
  /** Whether the set contains an IP address; false for text that is not an IP address. */
  includes(address: string): boolean;
  readonly isEmpty: boolean;
}

/** The networks that are always this machine. */
export const LOOPBACK_NETWORKS: readonly string[] = ["127.0.0.0/8", "::1/128"];

/**
 * Reads networks in CIDR notation.
 *
 * @param networks such as `10.0.0.0/8`, `fd00::/8`, or one address
 * @throws {NetworkError} `invalid_network`
 */
export function parseNetworks(networks: readonly string[]): Networks {
  const block = new BlockList();
  for (const text of networks) {
    const [network = "", prefix, ...rest] = text.trim().split("/");
    const family = isIPv4(network) ? "ipv4" : "ipv6";
    const max = family === "ipv4" ? 32 : 128;
    const length = prefix === undefined ? max : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
    if (isIP(network) === 0 || network.includes("%") || !(length <= max) || rest.length > 0) {
      throw new NetworkError(
        `Invalid network ${JSON.stringify(text.slice(0, 60))}: give an address or a network in CIDR notation, such as 10.0.0.0/8 or fd00::/8.`,
      );
    }
    block.addSubnet(network, length, family);
  }
  return {
    isEmpty: networks.length === 0,
    includes(address) {
      const normal = normalize(address);
      return normal !== null && block.check(normal.address, normal.family);
    },
  };
}

const loopback = parseNetworks(LOOPBACK_NETWORKS);

/** Checks whether an IP address is a loopback address: `127.0.0.0/8`, `::1`. */
export const isLoopbackAddress = (address: string): boolean => loopback.includes(address);
