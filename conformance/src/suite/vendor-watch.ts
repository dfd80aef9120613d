import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { createGuardedConnect, createGuardedFetch } from "@convergint/internal/guarded-agent";
import {
  createOutgoingPolicy,
  DestinationRefusedError,
  hostOf,
  isLoopbackName,
  type OutgoingPolicy,
  refuseLiteral,
} from "@convergint/internal/outgoing-policy";
import { toShownText } from "@convergint/internal/printable";
import { type ProxySettings, readProxy } from "@convergint/internal/proxy";
import {
  isLoopbackAddress,
  isPublicAddress,
  LOOPBACK_NETWORKS,
  parseNetworks,
} from "@convergint/internal/public-address";
import { isAllowedHost } from "@convergint/internal/same-domain";
import type { Exchange } from "../evidence/exchange.ts";
import type { CallGuard } from "../harness/caller.ts";
import type { Call, Recorder } from "../harness/recorder.ts";
import { type Extent, permits } from "../scenarios/scenario.ts";
import type { EndRun } from "./time-budget.ts";

/** What the user allows in addition to the target. */
export interface AllowedDestinations {
  /** Private networks in CIDR notation that the vendor's API may be in. Default: the target's own address. */
  readonly allowPrivateNetworks?: readonly string[] | undefined;
  /** Hosts outside the target's domain that the manifest may name. Default: none. */
  readonly allowHosts?: readonly string[] | undefined;
  /** The proxy for calls to public addresses. Default: none; the proxy settings of the environment are ignored. */
  readonly proxy?: ProxySettings | undefined;
}

/** Keeps a run at the vendor, whatever its manifest names. */
export interface DestinationGuard extends CallGuard {
  /** Closes the connections. */
  close(): Promise<void>;
}

/** Lists the networks of a target that is not public: the user names it, so its own address is allowed. */
async function networksOf(target: URL): Promise<readonly string[]> {
  const host = hostOf(target);
  if (isLoopbackName(host) || isLoopbackAddress(host)) return LOOPBACK_NETWORKS;
  const found = isIP(host) === 0 ? await lookup(host, { all: true }).catch(() => []) : [{ address: host }];
  const addresses = found.map(({ address }) => address).filter((address) => !isPublicAddress(address));
  return addresses.some(isLoopbackAddress) ? [...addresses, ...LOOPBACK_NETWORKS] : addresses;
}

/**
 * Creates the guard of a run. It allows the target's domain at public addresses by https, the target's own address, and what
 * the user allows. A manifest could otherwise direct the run, with the key, to a service inside the user's network, and the
 * report would publish the answers.
 *
 * @throws {NetworkError} `invalid_network`
 */
export async function guardDestinations(
  target: URL,
  { allowPrivateNetworks = [], allowHosts = [], proxy }: AllowedDestinations,
): Promise<DestinationGuard> {
  const policy = createOutgoingPolicy({
    networks: parseNetworks([...(await networksOf(target)), ...allowPrivateNetworks]),
    allowWith: (address) => `--allow-private-network ${address}`,
    allowHttp: target.protocol === "http:",
  });
  return {
    ...guardConnections(policy, proxy),
    refuse({ protocol, hostname }) {
      if (isAllowedHost(hostname, target.hostname, allowHosts))
        return refuseLiteral(policy, protocol, hostname);
      const host = toShownText(hostname, MAX_HOST_LENGTH);
      return new DestinationRefusedError(
        `The manifest names ${host}, which does not belong to the domain of the target ${target.hostname}. The suite does not send the credential there. If the vendor confirms that ${host} is theirs, allow it with --allow-host ${host}.`,
      );
    },
  };
}

const guardConnections = (
  policy: OutgoingPolicy,
  settings?: ProxySettings,
): Omit<DestinationGuard, "refuse"> => {
  const proxy = settings && readProxy(settings);
  return { ...createGuardedFetch(policy, proxy), connect: createGuardedConnect(policy, { proxy }) };
};

/**
 * Creates the guard of calls to URLs that only the user names. It refuses nothing, and calls public addresses through the
 * user's proxy.
 */
export const useProxy = (proxy: ProxySettings | undefined): DestinationGuard => ({
  ...guardConnections(
    createOutgoingPolicy({
      networks: { isEmpty: false, includes: (address) => !isPublicAddress(address) },
      allowWith: () => "",
      allowHttp: true,
    }),
    proxy,
  ),
  refuse: () => null,
});

/** The longest host name of DNS. A URL can contain a longer one. */
const MAX_HOST_LENGTH = 253;

const REFUSED = "destination_refused: ";

/** Tells whether there was no response, or only the response of a proxy whose server is down. */
const isSilent = ({ response }: Exchange): boolean =>
  response === null || [502, 503, 504].includes(response.status);

const describe = ({ request, response, failure }: Exchange): string =>
  `${request.method} ${new URL(request.url).pathname}: ${response?.status ?? failure}`;

/**
 * Refuses every call that may change more than the run may change, so that a mistake in a scenario cannot
 * affect production.
 */
export const guardVendor = (recorder: Recorder, mayChange: Extent): Recorder => ({
  async call(call) {
    const isOfEndpoints = /\/v1\/webhook-endpoints(?:\/|$)/.test(new URL(call.url).pathname);
    const { method = "GET" } = call;
    const wanted = method === "GET" ? "nothing" : isOfEndpoints ? "endpoints" : "devices";
    if (permits(mayChange, wanted)) return recorder.call(call);
    throw new Error(`a run that may change ${mayChange} must not call ${method} ${call.url}`);
  },
});

/**
 * Ends the run when its manifest names a place that the run must not call, or when the vendor goes down. A missing response
 * may be a defect of one call only. So this function repeats the first call that the same server had answered. If the
 * repeated call gets no response either, the server is down.
 */
export function watchVendor(recorder: Recorder, endRun: EndRun): Recorder {
  /** The first successful GET to each server. */
  const answered = new Map<string, Call>();
  /**
   * The repetitions in progress. Failed calls share one repetition, because many calls fail at the same time.
   */
  const repeated = new Map<string, Promise<Exchange>>();

  function repeat(call: Call, server: string): Promise<Exchange> {
    const before = repeated.get(server);
    if (before) return before;
    const again = recorder.call(call).finally(() => repeated.delete(server));
    repeated.set(server, again);
    return again;
  }

  async function callAndWatch(call: Call): Promise<Exchange> {
    const exchange = await recorder.call(call);
    if (exchange.failure?.startsWith(REFUSED))
      return endRun("destination_refused", exchange.failure.slice(REFUSED.length));
    const server = new URL(call.url).origin;
    if (exchange.response?.status === 200 && (call.method ?? "GET") === "GET" && !answered.has(server)) {
      answered.set(server, call);
    }
    const known = answered.get(server);
    if (!isSilent(exchange) || !known) return exchange;
    const again = await repeat(known, server);
    if (!isSilent(again)) return exchange;
    return endRun(
      "vendor_down",
      `The vendor at ${server} stopped responding during the run (${describe(exchange)}; ${describe(again)}, which had worked before). Check the vendor's cloud and the network, and run the suite again.`,
    );
  }

  return {
    call(call) {
      const called = callAndWatch(call);
      // A scenario makes several calls at the same time. If the first ends the run, it does not wait for the others.
      called.catch(() => {});
      return called;
    },
  };
}
