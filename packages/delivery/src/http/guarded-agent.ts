import { isIP, type LookupFunction } from "node:net";
import { Agent, buildConnector } from "undici";
import type { DestinationOptions } from "./destination.ts";
import { isLoopbackAddress, isPublicAddress } from "./public-address.ts";
import { type Resolve, resolveByDns } from "./resolve.ts";

/** How long a connection may take to stand, TLS included. */
export const CONNECT_SECONDS = 5;

/** The address behind a name, or the literal address, is none that deliveries may go to. */
export class DestinationRefusedError extends Error {
  override readonly name = "DestinationRefusedError";
  readonly code = "destination_refused";
}

/** What an agent that guards its connections goes by. */
export interface GuardedAgentOptions extends DestinationOptions {
  readonly resolve?: Resolve | undefined;
}

/**
 * Makes an agent that connects to the addresses that deliveries may go to and to no others. The addresses that were judged
 * are the ones connected to: between the two, nobody is asked again what a name means. Proxy settings of the environment
 * are not read, since a proxy would do the connecting.
 *
 * @see spec/1.0/contract.md#delivery
 */
export function createGuardedAgent({
  allowLoopback = false,
  resolve: ask = resolveByDns,
}: GuardedAgentOptions): Agent {
  const judges = {
    "https:": (address: string) => isPublicAddress(address) || (allowLoopback && isLoopbackAddress(address)),
    "http:": (address: string) => allowLoopback && isLoopbackAddress(address),
  } as const;
  const connectors = {
    "https:": connectorTo(judges["https:"], ask),
    "http:": connectorTo(judges["http:"], ask),
  } as const;
  return new Agent({
    allowH2: false,
    // Waiting for the answer is timed as a whole by the attempt.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (options, callback) => {
      const protocol = options.protocol === "http:" ? "http:" : "https:";
      const literal = options.hostname.replace(/^\[|\]$/g, "");
      // No name, no lookup: a literal address is judged here.
      if (isIP(literal) !== 0 && !judges[protocol](literal)) return callback(refusal(literal), null);
      return connectors[protocol](options, callback);
    },
  });
}

const connectorTo = (isAllowed: (address: string) => boolean, ask: Resolve) =>
  buildConnector({
    allowH2: false,
    timeout: CONNECT_SECONDS * 1000,
    autoSelectFamily: true,
    lookup: guardedLookup(isAllowed, ask),
  });

function guardedLookup(isAllowed: (address: string) => boolean, ask: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    ask(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const allowed = addresses.filter(({ address }) => isAllowed(address));
      const [first] = allowed;
      if (first === undefined) return callback(refusal(hostname), []);
      return options.all ? callback(null, allowed) : callback(null, first.address, first.family);
    });
  };
}

const refusal = (host: string) =>
  new DestinationRefusedError(`Deliveries may not go to ${host}: it is, or leads to, no public address.`);
