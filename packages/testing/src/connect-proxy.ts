import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

/** The password in the URL of every test proxy. It must appear in no message, log or answer. */
export const PROXY_PASSWORD = "canary-pr0xy";

/** An HTTP proxy that makes connections to ports of this machine only. */
export interface ConnectProxy {
  /** The URL with user name and password. */
  readonly url: string;
  /** The host and port of each `CONNECT`, in order. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** What the proxy does: it connects to a port of this machine, or answers with a status. */
type Answer = { readonly port: number } | { readonly status: number };

/** Starts a proxy. It answers 407 to a request without its password. */
export async function startConnectProxy(answer: (authority: string) => Answer): Promise<ConnectProxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const login = `Basic ${Buffer.from(`bob:${PROXY_PASSWORD}`).toString("base64")}`;
  const server = createServer((_request, response) => response.writeHead(405).end());
  server.on("connect", ({ url = "", headers }, client: Socket) => {
    sockets.add(client.on("error", () => {}));
    asked.push(url);
    const answered = headers["proxy-authorization"] === login ? answer(url) : { status: 407 };
    if ("status" in answered) {
      client.end(`HTTP/1.1 ${answered.status} Refused\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const upstream = connect(answered.port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connected\r\n\r\n");
      upstream.pipe(client).pipe(upstream);
    });
    sockets.add(upstream.on("error", () => client.destroy()));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://bob:${PROXY_PASSWORD}@127.0.0.1:${port}`,
    asked,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
