import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { vi } from "vitest";

/** One request as it came over the wire. */
export interface Received {
  readonly id: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly at: number;
}

/** What to answer; `"hang"` never answers, `"reset"` cuts the connection. */
export type Reply =
  | "hang"
  | "reset"
  | number
  | { status: number; headers?: Record<string, string>; body?: string };

/** A real HTTP server in the consumer's place. */
export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** Replaces what is answered from now on. */
  reply(reply: Reply | ((request: Received) => Reply | Promise<Reply>)): void;
  /** How many requests are open now, and were at most. */
  readonly open: { now: number; most: number };
  /** Waits until this many have come. */
  receives(count: number, timeout?: number): Promise<Received[]>;
  /** Dies, connections and all; what it has received is kept. */
  die(): Promise<void>;
  /** Comes back at the same address. */
  comeBack(): Promise<void>;
}

const listen = (server: Server, port: number) =>
  new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));

/** @param replies the answers, in turn; the last one stays */
export async function startReceiver(...replies: Reply[]): Promise<Receiver & AsyncDisposable> {
  const received: Received[] = [];
  const open = { now: 0, most: 0 };
  let choose = (_: Received): Reply | Promise<Reply> => replies[received.length - 1] ?? replies.at(-1) ?? 204;
  const start = () =>
    createServer(async (request, response) => {
      open.now += 1;
      open.most = Math.max(open.most, open.now);
      response.once("close", () => {
        open.now -= 1;
      });
      try {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk);
        const id = String(request.headers["webhook-id"]);
        const one = { id, headers: request.headers, body: Buffer.concat(chunks).toString(), at: Date.now() };
        received.push(one);
        const reply = await choose(one);
        if (reply === "reset") response.destroy();
        else if (typeof reply === "number") response.writeHead(reply).end();
        else if (reply !== "hang") response.writeHead(reply.status, reply.headers).end(reply.body);
      } catch {
        // The sender died in the middle of a request.
      }
    });
  let server = start();
  await listen(server, 0);
  const { port } = server.address() as AddressInfo;
  const die = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    url: `http://127.0.0.1:${port}/hooks`,
    received,
    open,
    reply(reply) {
      choose = typeof reply === "function" ? reply : () => reply;
    },
    receives: (count, timeout = 5_000) =>
      vi.waitFor(
        () => {
          if (received.length < count) throw new Error(`${received.length} of ${count} webhooks have come`);
          return received;
        },
        { timeout, interval: 5 },
      ),
    die,
    async comeBack() {
      server = start();
      await listen(server, port);
    },
    [Symbol.asyncDispose]: die,
  };
}
