import type { Delivery, Exchange } from "../evidence/exchange.ts";
import { trafficIn } from "../evidence/traffic.ts";
import type { Run } from "../suite/grade.ts";
import { inNameOrder } from "./header-order.ts";
import { marking } from "./redact.ts";
import type { Report } from "./report.ts";

const pairs = (headers: Readonly<Record<string, string>>) =>
  Object.entries(inNameOrder(headers)).map(([name, value]) => ({ name, value }));
const UNKNOWN = -1;
const MESSAGE = { httpVersion: "HTTP/1.1", cookies: [], headersSize: UNKNOWN };
const queryOf = (url: string) => [...new URL(url).searchParams].map(([name, value]) => ({ name, value }));

/** What the suite asked. An exchange without an answer has status 0, as browsers write it. */
const asked = ({ id, purpose, request, response, failure, startedAt, durationMs }: Exchange) => ({
  startedDateTime: startedAt,
  time: durationMs,
  request: {
    ...MESSAGE,
    method: request.method,
    url: request.url,
    headers: pairs(request.headers),
    queryString: queryOf(request.url),
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
    headers: pairs(response?.headers ?? {}),
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
  comment: `${id}: ${purpose}${failure ? `; no answer: ${failure}` : ""}`,
});

/** What the vendor posted. */
const posted = ({ id, receivedAt, headers, bodyBase64, answeredStatus }: Delivery) => ({
  startedDateTime: receivedAt,
  time: 0,
  request: {
    ...MESSAGE,
    method: "POST",
    url: `http://${headers["host"] ?? "receiver"}/`,
    headers: pairs(headers),
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
  comment: `${id}: a webhook that the vendor posted`,
});

/** Everything that went over the wire as an HTTP archive (HAR 1.2), which browsers and proxies open. */
export function harReport({ suite }: Report, run: Pick<Run, "record" | "standIns">): string {
  const { exchanges, deliveries } = trafficIn(run.record);
  const entries = [...exchanges.map(asked), ...deliveries.map(posted)].toSorted((one, other) =>
    one.startedDateTime.localeCompare(other.startedDateTime),
  );
  const log = { version: "1.2", creator: suite, entries };
  return `${JSON.stringify({ log: marking(run)(log) }, null, 2)}\n`;
}
