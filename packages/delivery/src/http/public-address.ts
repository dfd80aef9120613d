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

const isLoopbackIPv4 = createMatcher("ipv4", [["127.0.0.0", 8]]);

/** Extracts the IPv4 address from the last 32 bits. The URL parser normalises IPv6 to hexadecimal groups. */
function extractIPv4(address: string): string {
  const groups = new URL(`http://[${address}]`).hostname.slice(1, -1).split(":").slice(-2);
  const [high = 0, low = 0] = groups.map((group) => Number.parseInt(group || "0", 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/**
 * Checks whether an IP address is public.
 *
 * @param address IPv4 or IPv6 without brackets; anything else is not public
 */
export function isPublicAddress(address: string): boolean {
  // A zone id names a network interface of this machine, so the address is not public.
  if (isIP(address) === 0 || address.includes("%")) return false;
  if (isIPv4(address)) return !isSpecialIPv4(address);
  if (embedsIPv4(address)) return !isSpecialIPv4(extractIPv4(address));
  return isGlobalIPv6(address) && !isSpecialIPv6(address);
}

/** Checks whether an IP address is a loopback address: `127.0.0.0/8`, `::1`. */
export function isLoopbackAddress(address: string): boolean {
  if (isIPv4(address)) return isLoopbackIPv4(address);
  return isIP(address) === 6 && !address.includes("%") && isLoopbackIPv6(address);
}

const isLoopbackIPv6 = (address: string): boolean =>
  new URL(`http://[${address}]`).hostname === "[::1]" ||
  (embedsIPv4(address) && isLoopbackIPv4(extractIPv4(address)));
