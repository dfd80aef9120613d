import type { Delivery, Exchange } from "../evidence/exchange.ts";
import { collectTraffic } from "../evidence/traffic.ts";
import type { Run } from "../suite/grade.ts";
import { createMarker } from "./redact.ts";
import { type Report, sortHeaders } from "./report.ts";

const toPairs = (headers: Readonly<Record<string, string>>) =>
  Object.entries(sortHeaders(headers)).map(([name, value]) => ({ name, value }));
const UNKNOWN = -1;
const MESSAGE = { httpVersion: "HTTP/1.1", cookies: [], headersSize: UNKNOWN };
const parseQuery = (url: string) => [...new URL(url).searchParams].map(([name, value]) => ({ name, value }));

/** Converts a call of the suite. The status of a missing response is 0, as in HAR files of browsers. */
const toCallEntry = ({ id, purpose, request, response, failure, startedAt, durationMs }: Exchange) => ({
  startedDateTime: startedAt,
  time: durationMs,
  request: {
    ...MESSAGE,
    method: request.method,
    url: request.url,
    headers: toPairs(request.headers),
    queryString: parseQuery(request.url),
    bodySize: Buffer.byteLength(request.body ?? ""),
    ...(request.body === null
      ? {}
      : {
          postData: {
            mimeType: request.headers["content-type"] ?? "application/json",
            text: request.body,
          },
        }),
  },
  response: {
    ...MESSAGE,
    status: response?.status ?? 0,
    statusText: "",
    headers: toPairs(response?.headers ?? {}),
    content: {
      size: Buffer.byteLength(response?.body ?? ""),
      mimeType: response?.headers["content-type"] ?? "",
      text: response?.body ?? "",
    },
    redirectURL: response?.headers["location"] ?? "",
    bodySize: UNKNOWN,
  },
  cache: {},
  timings: { send: 0, wait: durationMs, receive: 0 },
  comment: `${id}: ${purpose}${failure ? `; no response: ${failure}` : ""}`,
});

/** Converts a webhook that the vendor posted. */
const toWebhookEntry = ({ id, receivedAt, headers, bodyBase64, answeredStatus }: Delivery) => ({
  startedDateTime: receivedAt,
  time: 0,
  request: {
    ...MESSAGE,
    method: "POST",
    url: `http://${headers["host"] ?? "receiver"}/`,
    headers: toPairs(headers),
    queryString: [],
    bodySize: Buffer.from(bodyBase64, "base64").length,
    postData: {
      mimeType: headers["content-type"] ?? "",
      text: Buffer.from(bodyBase64, "base64").toString("utf8"),
    },
  },
  response: {
    ...MESSAGE,
    status: answeredStatus ?? 0,
    statusText: "",
    headers: [],
    content: { size: 0, mimeType: "" },
    redirectURL: "",
    bodySize: 0,
  },
  cache: {},
  timings: { send: 0, wait: 0, receive: 0 },
  comment: `${id}: a webhook from the vendor`,
});

/** Renders all traffic as an HTTP archive (HAR 1.2), which browsers and proxies can open. */
export function renderHar({ suite }: Report, run: Pick<Run, "record" | "placeholders">): string {
  const { exchanges, deliveries } = collectTraffic(run.record);
  const entries = [...exchanges.map(toCallEntry), ...deliveries.map(toWebhookEntry)].toSorted((one, other) =>
    one.startedDateTime.localeCompare(other.startedDateTime),
  );
  const log = { version: "1.2", creator: suite, entries };
  return `${JSON.stringify({ log: createMarker(run)(log) }, null, 2)}\n`;
}
