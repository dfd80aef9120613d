import { type LookupAddress, type LookupAllOptions, Resolver } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { Agent, buildConnector } from "undici";
import { type DestinationOptions, isLoopbackName } from "./destination.ts";
import { isLoopbackAddress, isPublicAddress } from "./public-address.ts";

/** Resolves a name; has the signature of `dns.lookup` with the option `all`. */
type Resolve = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

const TIMEOUT_MS = 2_000;
const TRIES = 2;

/** Loopback names are not sent to DNS (RFC 6761). */
const LOOPBACK: readonly LookupAddress[] = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

/**
 * Resolves names by DNS, with a time limit. The system's resolver runs on a few shared threads, so
 * two names with an unresponsive server would delay every other endpoint. Files such as
 * `/etc/hosts` are not read: destinations are public.
 */
const resolveByDns: Resolve = (hostname, _options, callback) => {
  if (isLoopbackName(hostname)) return callback(null, [...LOOPBACK]);
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
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

/** How many seconds connecting may take, including TLS. */
export const CONNECT_SECONDS = 5;

/** Deliveries must not go to this address, or to any address of this name. */
export class DestinationRefusedError extends Error {
  override readonly name = "DestinationRefusedError";
  readonly code = "destination_refused";
}

/** Options of a guarded agent. */
export interface GuardedAgentOptions extends DestinationOptions {
  readonly resolve?: Resolve | undefined;
}

/**
 * Creates an agent that connects only to allowed addresses. It connects to exactly the addresses that it
 * checked, without resolving the name again. It ignores proxy settings of the environment, because a proxy
 * would make the connection without these checks.
 *
 * @see spec/1.0/contract.md#delivery
 */
export function createGuardedAgent({
  allowLoopback = false,
  resolve = resolveByDns,
}: GuardedAgentOptions): Agent {
  const isAllowed = {
    "https:": (address: string) => isPublicAddress(address) || (allowLoopback && isLoopbackAddress(address)),
    "http:": (address: string) => allowLoopback && isLoopbackAddress(address),
  } as const;
  const connectors = {
    "https:": createConnector(isAllowed["https:"], resolve),
    "http:": createConnector(isAllowed["http:"], resolve),
  } as const;
  return new Agent({
    allowH2: false,
    // The agent needs no separate timeout, because each attempt limits the time for the whole response.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (options, callback) => {
      const protocol = options.protocol === "http:" ? "http:" : "https:";
      const literal = options.hostname.replace(/^\[|\]$/g, "");
      // A URL with a literal address needs no lookup, so the address is checked here.
      if (isIP(literal) !== 0 && !isAllowed[protocol](literal)) return callback(toRefusal(literal), null);
      return connectors[protocol](options, callback);
    },
  });
}

const createConnector = (isAllowed: (address: string) => boolean, resolve: Resolve) =>
  buildConnector({
    allowH2: false,
    timeout: CONNECT_SECONDS * 1000,
    autoSelectFamily: true,
    lookup: createGuardedLookup(isAllowed, resolve),
  });

function createGuardedLookup(isAllowed: (address: string) => boolean, resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const allowed = addresses.filter(({ address }) => isAllowed(address));
      const [first] = allowed;
      if (first === undefined) return callback(toRefusal(hostname), []);
      return options.all ? callback(null, allowed) : callback(null, first.address, first.family);
    });
  };
}

const toRefusal = (host: string) =>
  new DestinationRefusedError(
    `Deliveries to ${host} are not allowed: the host must be a public address, or a name that resolves to one.`,
  );
