import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { readBody } from "../harness/posted-request.ts";

/** An action that a page asks for, or a file that it downloads. */
export interface PageAnswer {
  readonly status: number;
  readonly body: string;
  /** Default: text. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface LocalPageOptions {
  /** Renders the page. @param nonce allows its style and its script */
  readonly render: (nonce: string) => string;
  /** Returns the messages that a page gets when it is opened. */
  readonly state: () => readonly object[];
  /**
   * Answers the other paths of the page; a POST has a JSON body. With actions, the address of the page is secret, because other
   * programs of this machine could cause the actions.
   */
  readonly act?: (action: string, body: unknown) => Promise<PageAnswer>;
}

/** A web page of this machine that gets messages live. */
export interface LocalPage {
  readonly url: string;
  /** Sends a message to every open page. */
  send(message: object): void;
  close(): Promise<void>;
}

/** An action has a few members; no body comes near this size. */
const MAX_ACTION_BYTES = 10_000;
const TEXT = { "content-type": "text/plain; charset=utf-8" };

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

const encode = (message: object): string => `data: ${JSON.stringify(message)}\n\n`;

function parseAction(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return null;
  }
}

/** Serves a page on loopback only, even if an endpoint is public: deliveries are confidential. */
export async function serveLocalPage({ render, state, act }: LocalPageOptions): Promise<LocalPage> {
  const base = act ? `/${randomBytes(16).toString("base64url")}/` : "/";
  const watching = new Set<ServerResponse>();
  let port = 0;

  function stream(response: ServerResponse): void {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write(`retry: 1000\n\n${state().map(encode).join("")}`);
    watching.add(response);
    response.on("close", () => watching.delete(response));
  }

  function show(response: ServerResponse): void {
    const nonce = randomBytes(16).toString("base64");
    response.writeHead(200, {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy(nonce),
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    });
    response.end(render(nonce));
  }

  async function actOn(request: IncomingMessage, response: ServerResponse, action: string): Promise<void> {
    const isPost = request.method === "POST";
    const body = isPost ? await readBody(request, MAX_ACTION_BYTES) : null;
    const answer = act && (!isPost || body) ? await act(action, body && parseAction(body)) : null;
    const headers = { ...TEXT, "cache-control": "no-store", "x-content-type-options": "nosniff" };
    response.writeHead(answer?.status ?? 404, { ...headers, ...answer?.headers }).end(answer?.body);
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = "/", headers } = request;
    const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
    const isOwn = headers.origin === undefined || hosts.some((host) => headers.origin === `http://${host}`);
    // Prevents DNS rebinding, because a page of another site sends the host name of that site.
    if (!hosts.includes(headers.host ?? ""))
      response.writeHead(421, TEXT).end("Open this page by the address that the terminal shows.\n");
    else if (!act && method !== "GET")
      response
        .writeHead(405, { ...TEXT, allow: "GET" })
        .end("This is the page. Send webhooks to the URL that it shows.\n");
    else if (url === base) show(response);
    else if (url === `${base}stream`) stream(response);
    else if (!act || !isOwn || !url.startsWith(base))
      response.writeHead(404, TEXT).end("Open this page by the address that the terminal shows.\n");
    else await actOn(request, response, url.slice(base.length));
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  port = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${port}${base}`,
    send(message) {
      const encoded = encode(message);
      for (const response of watching) response.write(encoded);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
