import { describeFailure } from "../harness/caller.ts";
import { type Clock, startTimeout } from "../harness/clock.ts";

/** How long the developer's service may take to answer, and how much of its answer is shown. */
const ANSWER_MS = 15_000;
const MAX_ANSWER_BYTES = 2000;
/** Deliveries that wait for their turn; more are not forwarded, so that a burst does not fill the memory. */
const MAX_WAITING = 200;

/** Headers that belong to one connection, not to the delivery. */
const OF_CONNECTION = new Set([
  ...["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer"],
  ...["transfer-encoding", "upgrade", "host", "content-length", "expect"],
]);

/** A delivery to send to the developer's service. */
export interface Forwardable {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What the developer's service answered. */
export interface Forwarded {
  /** `null` if no answer came. */
  readonly status: number | null;
  readonly durationMs: number;
  /** The start of the answer, or why there is none. */
  readonly says: string;
}

/** Forwards deliveries one after the other, in the order of arrival. */
export interface Forwarder {
  readonly forward: (delivery: Forwardable) => Promise<Forwarded>;
}

async function readStart(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString("utf8");
}

/**
 * Creates a forwarder. It posts the bytes and headers of a delivery unchanged, without those of the connection. It follows no
 * redirect, and waits at most 15 s for an answer.
 *
 * @param call a `fetch` that makes the call
 */
export function createForwarder(
  url: string,
  {
    fetch: call,
    clock,
    signal,
  }: { readonly fetch: typeof fetch; readonly clock: Clock; readonly signal: AbortSignal },
): Forwarder {
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();

  async function post({ headers, body }: Forwardable): Promise<Forwarded> {
    const timeout = startTimeout(clock, ANSWER_MS);
    const started = clock.monotonic();
    const took = () => Math.round(clock.monotonic() - started);
    try {
      const response = await call(url, {
        method: "POST",
        headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_CONNECTION.has(name))),
        body: Buffer.from(body),
        redirect: "manual",
        signal: AbortSignal.any([timeout.signal, signal]),
      });
      const says = await readStart(response);
      return { status: response.status, durationMs: took(), says };
    } catch (error) {
      return { status: null, durationMs: took(), says: describeFailure(error, ANSWER_MS / 1000) };
    } finally {
      timeout.cancel();
    }
  }

  return {
    async forward(delivery) {
      if (waiting >= MAX_WAITING)
        return { status: null, durationMs: 0, says: `not forwarded: ${MAX_WAITING} deliveries are waiting` };
      waiting += 1;
      const next = last.then(() => post(delivery));
      last = next;
      try {
        return await next;
      } finally {
        waiting -= 1;
      }
    },
  };
}
