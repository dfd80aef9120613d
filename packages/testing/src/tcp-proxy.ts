import { once } from "node:events";
import { type AddressInfo, createServer, connect as open, type Socket } from "node:net";

/** A proxy of one TCP port, which shows how a program behaves when its network fails. */
export interface TcpProxy {
  readonly port: number;
  /** How many connections were opened. */
  connections(): number;
  /**
   * Drops every byte from now on, in both directions and without closing anything, as a host does whose network
   * cable is pulled out. New connections are accepted and get no answer.
   */
  silence(): void;
  /** Resets every connection, and accepts no new ones. */
  refuse(): void;
  /** Forwards new connections. Those that were opened before stay as they are. */
  resume(): void;
  /** Resets every connection. */
  reset(): void;
  close(): Promise<void>;
}

/** Starts a proxy. @param target the port on this machine to forward to */
export async function startTcpProxy(target: number): Promise<TcpProxy> {
  let mode: "forwarding" | "silent" | "refusing" = "forwarding";
  let count = 0;
  const pairs = new Set<{ readonly sockets: readonly Socket[]; isSilent: boolean }>();

  const server = createServer((client) => {
    count += 1;
    if (mode === "refusing") {
      client.resetAndDestroy();
      return;
    }
    const upstream = open(target, "127.0.0.1");
    const pair = { sockets: [client, upstream], isSilent: mode === "silent" };
    pairs.add(pair);
    const link = (from: Socket, to: Socket) => {
      from.on("data", (chunk) => {
        if (!pair.isSilent) to.write(chunk);
      });
      from.on("error", () => {});
      from.on("close", () => {
        if (pair.isSilent) return;
        pairs.delete(pair);
        to.destroy();
      });
    };
    link(client, upstream);
    link(upstream, client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const reset = () => {
    for (const { sockets } of pairs) for (const socket of sockets) socket.resetAndDestroy();
    pairs.clear();
  };
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => count,
    silence() {
      mode = "silent";
      for (const pair of pairs) pair.isSilent = true;
    },
    refuse() {
      mode = "refusing";
      reset();
    },
    resume() {
      mode = "forwarding";
    },
    reset,
    async close() {
      reset();
      server.close();
      await once(server, "close");
    },
  };
}
