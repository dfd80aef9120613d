import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import type { VirtualClock } from "@convergint/testing/virtual-clock";
import { vi } from "vitest";

/** A received request. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly at: number;
}

/** The response: `"hang"` sends none, `"reset"` closes the connection. */
export type Reply = "hang" | "reset" | { status: number; headers?: Record<string, string> };

/** An HTTP server that plays the consumer in tests. */
export interface WebhookReceiver {
  readonly url: string;
  readonly received: Received[];
  /** Waits until `count` webhooks have arrived. */
  receives(count: number, timeout?: number): Promise<Received[]>;
  close(): Promise<void>;
}

/** How a receiver tells the time and waits until a condition holds. */
interface Waiting {
  now(): number;
  until(holds: () => boolean, timeout: number): Promise<void>;
}

/** Starts a receiver on the system's clock. @param replies the responses, in turn; the last one repeats */
export const startReceiver = (...replies: Reply[]): Promise<WebhookReceiver> =>
  serve(replies, {
    now: () => Date.now(),
    until: (holds, timeout) => vi.waitFor(() => requireHolds(holds), { timeout, interval: 5 }),
  });

/** Starts a receiver that lets virtual time pass while it waits. */
export const startVirtualReceiver = (
  clock: VirtualClock,
  replies: readonly Reply[],
): Promise<WebhookReceiver> =>
  serve(replies, { now: clock.now, until: (holds) => passTimeUntil(clock, holds) });

/** Lets virtual time pass until a condition holds. @throws {VirtualTimeLimitError} after a minute */
const passTimeUntil = (clock: VirtualClock, holds: () => boolean | Promise<boolean>): Promise<void> =>
  clock.run(
    async () => {
      while (!(await holds())) await new Promise<void>((resolve) => clock.setTimer(resolve, 5));
    },
    { maxSeconds: 60 },
  );

function requireHolds(holds: () => boolean): void {
  if (!holds()) throw new Error("not enough webhooks have arrived");
}

async function serve(replies: readonly Reply[], { now, until }: Waiting): Promise<WebhookReceiver> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const reply = replies[received.length] ?? replies.at(-1) ?? { status: 204 };
    received.push({ headers: request.headers, body: Buffer.concat(chunks).toString(), at: now() });
    if (reply === "reset") response.destroy();
    else if (reply !== "hang") response.writeHead(reply.status, reply.headers).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hooks`,
    received,
    async receives(count, timeout = 5_000) {
      await until(() => received.length >= count, timeout);
      return received;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
