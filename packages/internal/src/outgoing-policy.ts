import { type LookupAddress, type LookupAllOptions, lookup as lookupBySystem, Resolver } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { isLoopbackAddress, isPublicAddress, type Networks } from "./public-address.ts";

/** Resolves a name; has the signature of `dns.lookup` with the option `all`. */
export type Resolve = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** The policy does not allow requests to this address, or to any address of this name. */
export class DestinationRefusedError extends Error {
  override readonly name = "DestinationRefusedError";
  readonly code = "destination_refused";
}

/** Options of a policy. */
export interface OutgoingPolicyOptions {
  /** Networks that are allowed in addition to public addresses, with or without TLS. */
  readonly networks: Networks;
  /** Names the setting that allows an address, for error messages, such as `--allow-private-network 10.0.0.1`. */
  readonly allowWith: (address: string) => string;
  /** Whether to allow http to public addresses too. Default: false. */
  readonly allowHttp?: boolean | undefined;
  /** Default: DNS; the system's resolver if networks are allowed. */
  readonly resolve?: Resolve | undefined;
}

/** Decides which addresses outgoing requests may connect to. */
export interface OutgoingPolicy {
  /** Returns why a connection to an address is not allowed; `null` if it is allowed. */
  refuse(protocol: string, hostname: string, address: string): DestinationRefusedError | null;
  /** Returns why a proxy must not be given a name that is not resolved here; `null` if it may be given the name. */
  refuseName(protocol: string, hostname: string): DestinationRefusedError | null;
  /** Resolves a name to its allowed addresses. Fails with a {@link DestinationRefusedError} if there is none. */
  lookup(protocol: string): LookupFunction;
  /** The networks that are allowed in addition to public addresses. */
  readonly networks: Networks;
}

const DNS_TIMEOUT_MS = 2_000;
const DNS_TRIES = 2;

/** Loopback names are not sent to DNS (RFC 6761). */
const LOOPBACK: readonly LookupAddress[] = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

/** Checks for names that always mean this machine (RFC 6761). */
export const isLoopbackName = (host: string): boolean => host === "localhost" || host.endsWith(".localhost");

/** Domains that do not exist on the public internet: reserved domains, and domains for private networks. */
const PRIVATE_NAME =
  /\.(?:localhost|local|internal|intranet|lan|corp|home|private|svc|test|invalid|home\.arpa|onion|alt)$/;

/** Excludes names that lead into a private network: names without a dot and names in a private domain. */
export const isPublicName = (host: string): boolean => host.includes(".") && !PRIVATE_NAME.test(host);

/** Returns the host of a URL without brackets and final dots, which is the form that resolvers accept. */
export const hostOf = ({ hostname }: Pick<URL, "hostname">): string =>
  hostname.replace(/^\[|\]$/g, "").replace(/\.+$/, "");

/**
 * Resolves names by DNS, with a time limit. The system's resolver runs on a few shared threads, so a few names whose
 * DNS server does not answer would block all these threads and delay every other request. Destinations are public, so
 * files such as `/etc/hosts` are not read.
 */
const resolveByDns: Resolve = (hostname, _options, callback) => {
  if (isLoopbackName(hostname)) return callback(null, [...LOOPBACK]);
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: DNS_TRIES });
  const ask = (family: 4 | 6) =>
    new Promise<LookupAddress[]>((resolve, reject) => {
      const answer = (error: NodeJS.ErrnoException | null, addresses: string[]) =>
        error ? reject(error) : resolve(addresses.map((address) => ({ address, family })));
      if (family === 4) resolver.resolve4(hostname, answer);
      else resolver.resolve6(hostname, answer);
    });
  void Promise.allSettled([ask(4), ask(6)]).then(([v4, v6]) => {
    const found = [v4, v6].flatMap((result) => (result.status === "fulfilled" ? result.value : []));
    if (found.length > 0) return callback(null, found);
    // If both the IPv4 query and the IPv6 query succeeded, the name simply has no addresses.
    const reason =
      v4.status === "rejected" ? v4.reason : v6.status === "rejected" ? v6.reason : new Error("ENOTFOUND");
    callback(reason as NodeJS.ErrnoException, []);
  });
};

/**
 * Creates a policy: public addresses by https, and the allowed networks. It judges the addresses that a request connects
 * to, because a name can resolve to another address at each connection.
 */
export function createOutgoingPolicy({
  networks,
  allowWith,
  allowHttp = false,
  // A private network may name its hosts in /etc/hosts or by search domains, which only the system's resolver reads.
  resolve = networks.isEmpty ? resolveByDns : lookupBySystem,
}: OutgoingPolicyOptions): OutgoingPolicy {
  const refuse: OutgoingPolicy["refuse"] = (protocol, hostname, address) => {
    if (networks.includes(address)) return null;
    const place = hostname === address ? address : `${hostname} (${address})`;
    if (!isPublicAddress(address)) {
      const kind = isLoopbackAddress(address) ? "this machine" : "a private or reserved address";
      return new DestinationRefusedError(
        `Requests to ${place} are refused: it is ${kind}. Use a public address, or allow this one with ${allowWith(address)}.`,
      );
    }
    if (protocol === "https:" || allowHttp) return null;
    return new DestinationRefusedError(
      `Requests to ${place} without TLS are refused. Use an https URL, or allow this address with ${allowWith(address)}.`,
    );
  };
  return {
    refuse,
    networks,
    refuseName(protocol, hostname) {
      if (!isPublicName(hostname))
        return new DestinationRefusedError(
          `Requests to ${hostname} are refused: it is not a name of the public internet.`,
        );
      if (protocol === "https:" || allowHttp) return null;
      return new DestinationRefusedError(
        `Requests to ${hostname} without TLS are refused. Use an https URL.`,
      );
    },
    lookup: (protocol) => (hostname, options, callback) => {
      resolve(hostname, { ...options, all: true }, (error, addresses) => {
        if (error) return callback(error, []);
        const refusals = addresses.map(({ address }) => refuse(protocol, hostname, address));
        const allowed = addresses.filter((_, index) => refusals[index] === null);
        const [first] = allowed;
        if (first !== undefined)
          return options.all ? callback(null, allowed) : callback(null, first.address, first.family);
        const [refusal] = refusals;
        return callback(refusal ?? new Error(`${hostname} has no address`), []);
      });
    },
  };
}

/**
 * Returns why a URL with a literal address is refused. Sockets do not resolve literal addresses, so a policy's `lookup`
 * is not called for them.
 */
export function refuseLiteral(
  policy: OutgoingPolicy,
  protocol: string,
  hostname: string,
): DestinationRefusedError | null {
  const literal = hostname.replace(/^\[|\]$/g, "");
  return isIP(literal) === 0 ? null : policy.refuse(protocol, literal, literal);
}
