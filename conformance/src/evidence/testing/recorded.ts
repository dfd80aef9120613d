import type { Delivery, Exchange, Listing } from "../exchange.ts";

let made = 0;

/**
 * Makes an exchange like those that the recorder records.
 *
 * @param body a value to send as JSON, or a string to send as is
 */
export function exchange(
  body: unknown,
  { status = 200, headers = {}, url = "https://vendor.example/v1" } = {},
): Exchange {
  made += 1;
  return {
    id: `x${made}`,
    purpose: "ask",
    request: { method: "GET", url, headers: {}, body: null },
    response: {
      status,
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    },
    failure: null,
    startedAt: "2026-11-23T08:30:00.000Z",
    durationMs: 5,
  };
}

/** Makes a listing with one page. */
export const listing = (...data: readonly unknown[]): Listing => ({
  limit: null,
  pages: [exchange({ data, next_cursor: null })],
  end: "last_page",
});

/** Makes a webhook like those that the receiver records. */
export function delivery(body: unknown, headers: Record<string, string> = {}): Delivery {
  made += 1;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return {
    id: `d${made}`,
    receivedAt: "2026-11-23T08:30:01.000Z",
    headers: { "content-type": "application/cloudevents+json", ...headers },
    bodyBase64: Buffer.from(text).toString("base64"),
    answeredStatus: 204,
  };
}
