import { randomBytes } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describeAnswer } from "./answer-script.ts";
import { renderPage } from "./live-page-html.ts";
import type { AnsweredDelivery } from "./test-endpoint.ts";

/** The number of deliveries kept for pages that are opened later. */
const MAX_KEPT = 200;

/** A web page that shows deliveries live. */
export interface LivePage {
  readonly url: string;
  show(delivery: AnsweredDelivery): void;
  close(): Promise<void>;
}

const policy = (nonce: string): string =>
  [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");

/** Serves the page on loopback only, even if the endpoint is public: deliveries are confidential. */
export async function startLivePage(): Promise<LivePage> {
  const kept: string[] = [];
  const watching = new Set<ServerResponse>();
  let port = 0;

  function streamTo(response: ServerResponse): void {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write(`retry: 1000\n\n${kept.join("")}`);
    watching.add(response);
    response.on("close", () => watching.delete(response));
  }

  const server = createServer(({ method, url, headers }, response) => {
    const isLocal = headers.host === `127.0.0.1:${port}` || headers.host === `localhost:${port}`;
    // Prevents DNS rebinding: a page of another site would send the host name of that site.
    if (!isLocal || method !== "GET") response.writeHead(isLocal ? 405 : 421).end();
    else if (url === "/deliveries") streamTo(response);
    else if (url !== "/") response.writeHead(404).end();
    else {
      const nonce = randomBytes(16).toString("base64");
      response.writeHead(200, {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": policy(nonce),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
      });
      response.end(renderPage(nonce));
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  port = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${port}/`,
    show({ inspection, answer }) {
      const data = JSON.stringify({ ...inspection, answered: describeAnswer(answer) });
      const message = `id: ${inspection.number}\ndata: ${data}\n\n`;
      kept.push(message);
      if (kept.length > MAX_KEPT) kept.shift();
      for (const response of watching) response.write(message);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
