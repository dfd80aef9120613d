/** One webhook on its way: the same for every way of sending it. */
export interface Delivery {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** What the receiver answered. */
export interface DeliveryAnswer {
  readonly status: number;
  readonly retryAfterSeconds?: number;
}

/** Posts one webhook; rejects when no answer came. */
export type Send = (delivery: Delivery) => Promise<DeliveryAnswer>;

const TIMEOUT_MS = 15_000;

/**
 * Posts by `fetch`. A redirect is an answer like any other, hence a failure: following it would hand the event to
 * an address nobody registered.
 *
 * @param closing ends what is under way
 */
export function fetchSender(closing: AbortSignal): Send {
  return async ({ url, headers, body }) => {
    const response = await fetch(url, {
      method: "POST",
      headers,
      body,
      redirect: "manual",
      signal: AbortSignal.any([closing, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    // The status says it all; an unread body would hold the connection.
    await response.body?.cancel();
    const retryAfterSeconds = readRetryAfter(response.headers.get("retry-after"), new Date());
    return { status: response.status, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
  };
}

/** Reads `Retry-After`: seconds or an HTTP date (RFC 9110, section 10.2.3). Anything else is as good as absent. */
export function readRetryAfter(header: string | null, now: Date): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header)) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now.getTime()) / 1000);
}
