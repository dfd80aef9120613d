import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { vi } from "vitest";

/** A received request. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly at: number;
}

/** The response: `"hang"` sends none, `"reset"` closes the connection. */
export type Reply = "hang" | "reset" | { status: number; headers?: Record<string, string> };

/** An HTTP server that acts as the consumer. */
export interface WebhookReceiver {
  readonly url: string;
  readonly received: Received[];
  /** Waits until this many webhooks have arrived. */
  receives(count: number, timeout?: number): Promise<Received[]>;
  close(): Promise<void>;
}

/** @param replies the responses, in turn; the last one repeats */
export async function startReceiver(...replies: Reply[]): Promise<WebhookReceiver> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const reply = replies[received.length] ?? replies.at(-1) ?? { status: 204 };
    received.push({ headers: request.headers, body: Buffer.concat(chunks).toString(), at: Date.now() });
    if (reply === "reset") response.destroy();
    else if (reply !== "hang") response.writeHead(reply.status, reply.headers).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hooks`,
    received,
    receives: (count, timeout = 5_000) =>
      vi.waitFor(
        () => {
          if (received.length < count)
            throw new Error(`${received.length} of ${count} webhooks have arrived`);
          return received;
        },
        { timeout, interval: 5 },
      ),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
