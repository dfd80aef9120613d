import { isIP } from "node:net";
import { promisify } from "node:util";
import { Agent, buildConnector, fetch as fetchThrough } from "undici";
import {
  DestinationRefusedError,
  hostOf,
  isLoopbackName,
  type OutgoingPolicy,
  refuseLiteral,
} from "./outgoing-policy.ts";
import { type HttpProxy, openTunnel, ProxyError } from "./proxy.ts";

/** How many seconds connecting may take, including TLS. */
export const CONNECT_SECONDS = 5;
/** The same limit for `fetch`. It is longer, as in undici, because the caller of `fetch` has no other address to try. */
const FETCH_CONNECT_SECONDS = 10;

/** Options of guarded connections. */
export interface ConnectionOptions {
  /** How long connecting may take, including TLS. */
  readonly connectSeconds?: number | undefined;
  /** Makes the connections to public addresses. Default: none. */
  readonly proxy?: HttpProxy | undefined;
}

/** Makes one connection, for undici's agents and Node's. */
export type Connect = buildConnector.connector;

type Protocol = "http:" | "https:";

/**
 * Chooses the addresses or the name to give to a proxy; `null` to connect without it, because the destination is in a network
 * that the operator named.
 *
 * @throws {DestinationRefusedError}
 */
async function targetsFor(
  policy: OutgoingPolicy,
  { dns }: HttpProxy,
  protocol: Protocol,
  host: string,
): Promise<readonly string[] | null> {
  if (isIP(host) !== 0) return policy.networks.includes(host) ? null : [host];
  // Names of this machine and of private networks are not for the proxy, so they are resolved here.
  if (dns === "local" || isLoopbackName(host) || !policy.networks.isEmpty) {
    const found = await promisify(policy.lookup(protocol))(host, { all: true }).catch((error: unknown) => {
      if (error instanceof DestinationRefusedError) throw error;
      if (dns === "remote") return [];
      const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
      throw new ProxyError(
        "proxy_failed",
        `${host} cannot be resolved here (${reason}). If only the proxy can resolve it, use remote DNS.`,
      );
    });
    const addresses = [found].flat().map((each) => (typeof each === "string" ? each : each.address));
    if (addresses.some((address) => policy.networks.includes(address))) return null;
    // Many proxies have no IPv6.
    if (dns === "local") return addresses.toSorted((a, b) => isIP(a) - isIP(b));
  }
  const refusal = policy.refuseName(protocol, host);
  if (refusal) throw refusal;
  return [host];
}

/** Opens a tunnel to the first target that the proxy can connect to. @throws {ProxyError} `proxy_failed` */
async function openFirstTunnel(
  proxy: HttpProxy,
  targets: readonly string[],
  port: number,
  connectSeconds: number,
) {
  const signal = AbortSignal.timeout(connectSeconds * 1000);
  for (const target of targets.slice(0, -1)) {
    try {
      return await openTunnel(proxy, target, port, signal);
    } catch (error) {
      if (!(error instanceof ProxyError && error.isOfAddress)) throw error;
    }
  }
  return openTunnel(proxy, targets.at(-1) ?? "", port, signal);
}

/**
 * Creates a function that connects only to addresses that a policy allows. It connects to exactly the addresses that it
 * checked, without resolving the name again, or gives the proxy such an address. Only a proxy with remote DNS is given a
 * name, and has to check its addresses. Proxy settings of the environment are ignored.
 */
export function createGuardedConnect(
  policy: OutgoingPolicy,
  { connectSeconds = CONNECT_SECONDS, proxy }: ConnectionOptions = {},
): Connect {
  const createConnector = (protocol: Protocol) =>
    buildConnector({
      allowH2: false,
      timeout: connectSeconds * 1000,
      autoSelectFamily: true,
      lookup: policy.lookup(protocol),
    });
  const connectors = { "https:": createConnector("https:"), "http:": createConnector("http:") } as const;
  return (options, callback) => {
    const protocol = options.protocol === "http:" ? "http:" : "https:";
    const refusal = refuseLiteral(policy, protocol, options.hostname);
    if (refusal) return callback(refusal, null);
    if (!proxy) return connectors[protocol](options, callback);
    const port = Number(options.port || (protocol === "http:" ? 80 : 443));
    targetsFor(policy, proxy, protocol, hostOf(options))
      .then(async (targets) => {
        if (targets === null) return connectors[protocol](options, callback);
        const httpSocket = await openFirstTunnel(proxy, targets, port, connectSeconds);
        if (protocol === "http:") callback(null, httpSocket);
        else connectors["https:"]({ ...options, httpSocket }, callback);
      })
      .catch((error: Error) => callback(error, null));
  };
}

/**
 * Creates an agent that connects as {@link createGuardedConnect} does. The caller must limit the time for each response.
 *
 * @see spec/1.0/contract.md#delivery
 */
export function createGuardedAgent(policy: OutgoingPolicy, options?: ConnectionOptions): Agent {
  return new Agent({
    allowH2: false,
    // The agent needs no separate timeout, because each caller limits the time for the whole response.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: createGuardedConnect(policy, options),
  });
}

/** A `fetch` whose connections a policy guards. */
export interface GuardedFetch {
  readonly fetch: typeof fetch;
  /** Closes the connections, also those of pending requests. */
  close(): Promise<void>;
}

/**
 * Creates a `fetch` that connects only to addresses that a policy allows. It follows no redirect: the response of a
 * redirect is returned, and a request with `redirect: "follow"` fails like one with `"error"`.
 *
 * @param proxy makes the connections to public addresses. Default: none
 * @throws {DestinationRefusedError} `destination_refused`, as the `cause` of the `TypeError` that `fetch` throws
 */
export function createGuardedFetch(policy: OutgoingPolicy, proxy?: HttpProxy): GuardedFetch {
  const dispatcher = createGuardedAgent(policy, { connectSeconds: FETCH_CONNECT_SECONDS, proxy });
  const guarded = (input: string | URL, { redirect = "manual", ...init }: RequestInit = {}) =>
    fetchThrough(input, {
      ...init,
      redirect: redirect === "follow" ? "error" : redirect,
      dispatcher,
    } as Parameters<typeof fetchThrough>[1]);
  return {
    // The platform's `fetch` and undici's have the same behaviour, and types that differ only by name.
    fetch: guarded as unknown as typeof fetch,
    close: () => dispatcher.destroy(),
  };
}
