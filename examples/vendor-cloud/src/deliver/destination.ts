import { BlockList, isIP } from "node:net";
import { ProblemError } from "../problem.ts";

/** Addresses that are nobody's on the public internet (IANA special-purpose registries). */
const NOT_PUBLIC = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
] as const)
  NOT_PUBLIC.addSubnet(network, prefix, "ipv4");
for (const [network, prefix] of [
  ["::", 127],
  ["64:ff9b::", 96],
  ["100::", 64],
  ["2001:db8::", 32],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const)
  NOT_PUBLIC.addSubnet(network, prefix, "ipv6");

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

const isListed = (list: BlockList, address: string): boolean =>
  list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");

const isLoopback = (host: string): boolean =>
  host === "localhost" || host.endsWith(".localhost") || (isIP(host) !== 0 && isListed(LOOPBACK, host));

/** A name without a dot, or below a domain set aside for private use, leads into our own network. */
const isPublic = (host: string): boolean =>
  isIP(host) === 0
    ? host.includes(".") && !/\.(?:localhost|local|internal|home\.arpa)$/.test(host)
    : !isListed(NOT_PUBLIC, host);

/**
 * Refuses a webhook destination that could make this cloud post into a private network.
 *
 * Only what is written is judged. A production vendor also judges the address a name resolves to, when it connects.
 *
 * @param sandbox lets loopback pass, with or without TLS, so that a test can receive on its own machine
 * @throws {ProblemError} `invalid_destination`
 * @see spec/1.0/contract.md#delivery
 */
export function checkDestination(address: string, sandbox: boolean): void {
  const refuse = (detail: string): never => {
    throw new ProblemError("invalid_destination", detail);
  };
  const url = new URL(address);
  const host = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (url.username !== "" || url.password !== "")
    refuse("Leave user name and password out of `url`; deliveries are authenticated by their signature.");
  if (isLoopback(host)) {
    if (!sandbox)
      refuse("Register an address on the public internet; this one leads back to our own machine.");
    return;
  }
  if (url.protocol !== "https:") refuse("Register an https URL; plain http is for loopback in a sandbox.");
  if (!isPublic(host)) refuse("Register an address on the public internet; this one is private or reserved.");
}
