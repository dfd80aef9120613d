import { Agent, buildConnector, fetch as fetchThrough } from "undici";
import { type OutgoingPolicy, refuseLiteral } from "./outgoing-policy.ts";

/** How many seconds connecting may take, including TLS. */
export const CONNECT_SECONDS = 5;
/** The same limit for `fetch`. It is longer, as in undici, because the caller of `fetch` has no other address to try. */
const FETCH_CONNECT_SECONDS = 10;

/**
 * Creates an agent that connects only to addresses that a policy allows. It connects to exactly the addresses that it
 * checked, without resolving the name again. It ignores proxy settings of the environment, because a proxy would make the
 * connection without these checks. The caller must limit the time for each response.
 *
 * @param connectSeconds how long connecting may take, including TLS
 * @see spec/1.0/contract.md#delivery
 */
export function createGuardedAgent(policy: OutgoingPolicy, connectSeconds = CONNECT_SECONDS): Agent {
  const createConnector = (protocol: string) =>
    buildConnector({
      allowH2: false,
      timeout: connectSeconds * 1000,
      autoSelectFamily: true,
      lookup: policy.lookup(protocol),
    });
  const connectors = { "https:": createConnector("https:"), "http:": createConnector("http:") } as const;
  return new Agent({
    allowH2: false,
    // The agent needs no separate timeout, because each caller limits the time for the whole response.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (options, callback) => {
      const protocol = options.protocol === "http:" ? "http:" : "https:";
      const refusal = refuseLiteral(policy, protocol, options.hostname);
      return refusal ? callback(refusal, null) : connectors[protocol](options, callback);
    },
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
 * @throws {DestinationRefusedError} `destination_refused`, as the `cause` of the `TypeError` that `fetch` throws
 */
export function createGuardedFetch(policy: OutgoingPolicy): GuardedFetch {
  const dispatcher = createGuardedAgent(policy, FETCH_CONNECT_SECONDS);
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
