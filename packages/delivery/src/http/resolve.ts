import { type LookupAddress, type LookupAllOptions, Resolver } from "node:dns";
import { isLoopbackName } from "./destination.ts";

/** Resolves a name; has the signature of `dns.lookup` with the option `all`. */
export type Resolve = (
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
export const resolveByDns: Resolve = (hostname, _options, callback) => {
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
    // If neither the IPv4 nor the IPv6 query failed, the name simply has no addresses.
    const reason =
      v4.status === "rejected" ? v4.reason : v6.status === "rejected" ? v6.reason : new Error("ENOTFOUND");
    callback(reason as NodeJS.ErrnoException, []);
  });
};
