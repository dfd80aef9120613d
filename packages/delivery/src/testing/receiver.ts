import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A received request. */
export interface Received {
  readonly id: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly at: number;
}

/** The response; `"hang"` sends none, `"reset"` cuts the connection. */
export type Reply =
  | "hang"
  | "reset"
  | number
  | { status: number; headers?: Record<string, string>; body?: string };

/** An HTTP server that acts as the consumer. */
export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** Sets the response from now on. */
  reply(reply: Reply | ((request: Received) => Reply | Promise<Reply>)): void;
  /** The number of requests that are open now, and the maximum so far. */
  readonly open: { now: number; max: number };
  /** Waits until `count` requests have arrived; fails if no more arrive for too long. */
  receives(count: number): Promise<Received[]>;
  /** Stops the receiver and cuts its connections, but keeps the list of received requests. */
  die(): Promise<void>;
  /** Starts the receiver again at the same address. */
  comeBack(): Promise<void>;
}

/**
 * How long a test waits without any progress. Even on a busy machine, only a test that hangs waits this long.
 */
export const MAX_WAIT_MS = 45_000;

const listen = (server: Server, port: number) =>
  new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));

/** Starts a receiver. @param replies the responses in order; the last one repeats */
export async function startReceiver(...replies: Reply[]): Promise<Receiver & AsyncDisposable> {
  const received: Received[] = [];
  const open = { now: 0, max: 0 };
  let choose = (_: Received): Reply | Promise<Reply> => replies[received.length - 1] ?? replies.at(-1) ?? 204;
  const start = () =>
    createServer(async (request, response) => {
      open.now += 1;
      open.max = Math.max(open.max, open.now);
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
        // The sender died in the middle of a request, so there is nothing to answer.
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
    async receives(count) {
      let seen = received.length;
      let progressAt = Date.now();
      while (received.length < count) {
        if (received.length > seen) [seen, progressAt] = [received.length, Date.now()];
        if (Date.now() - progressAt > MAX_WAIT_MS)
          throw new Error(`${seen} of ${count} webhooks received, none for ${MAX_WAIT_MS} ms`);
        await sleep(5);
      }
      return received;
    },
    die,
    async comeBack() {
      server = start();
      await listen(server, port);
    },
    [Symbol.asyncDispose]: die,
  };
}
