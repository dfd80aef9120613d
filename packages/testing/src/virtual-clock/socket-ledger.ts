import { subscribe } from "node:diagnostics_channel";
import type { AddressInfo, Server, Socket } from "node:net";

/**
 * Compares the bytes that sockets of this process wrote with the bytes
 * that their peers in the same process have read.
 */
export interface SocketLedger {
  /** Names a connection with bytes on their way; `null` if there is no such connection. */
  reason(): string | null;
  /** Counts the sockets opened and closed so far. */
  changes(): number;
}

/** Names a connection by both of its ports, because the client and the server know the same two ports. */
const nameOf = (clientPort: number | undefined, serverPort: number | undefined) =>
  `${clientPort}>${serverPort}`;

const servers = new Set<Server>();
/** A client's socket, and the connection's name, if it already has one. */
const clients = new Map<Socket, string | null>();
const accepted = new Map<string, Socket>();
let changes = 0;

// Subscribes when this module is imported, so that the ledger also knows servers that listen before the first
// clock is created.
subscribe("tracing:net.server.listen:asyncEnd", (message) => {
  const { server } = message as { server: Server };
  servers.add(server);
  server.once("close", () => servers.delete(server));
});
subscribe("net.client.socket", (message) => {
  const { socket } = message as { socket: Socket };
  changes += 1;
  clients.set(socket, null);
  socket.once("connect", () => clients.set(socket, nameOf(socket.localPort, socket.remotePort)));
  socket.once("close", () => forget(socket));
});
subscribe("net.server.socket", (message) => {
  const { socket } = message as { socket: Socket };
  const name = nameOf(socket.remotePort, socket.localPort);
  changes += 1;
  accepted.set(name, socket);
  socket.once("close", () => {
    changes += 1;
    // If the client's socket closed first, the ledger kept it until this socket closes.
    if (accepted.get(name) === socket) accepted.delete(name);
    for (const [client, other] of clients) if (other === name && client.closed) clients.delete(client);
  });
});

function forget(client: Socket): void {
  changes += 1;
  const name = clients.get(client) ?? null;
  if (name === null || !accepted.has(name)) clients.delete(client);
}

function isListening(port: number): boolean {
  return [...servers].some((server) => server.listening && (server.address() as AddressInfo).port === port);
}

function reasonOf(client: Socket, name: string | null): string | null {
  if (name === null) return client.destroyed ? null : "a connection is being opened";
  const server = accepted.get(name);
  if (server === undefined) {
    const port = Number(name.split(">")[1]);
    return !client.closed && isListening(port) ? "a connection is not accepted yet" : null;
  }
  if (client.destroyed || server.destroyed) return "a connection is being closed";
  // A server that has stopped reading a large body waits for something else first, such as a timer.
  if (client.bytesWritten !== server.bytesRead && !server.isPaused()) return "a request is on its way";
  if (server.bytesWritten !== client.bytesRead) return "an answer is on its way";
  return null;
}

export function watchSockets(): SocketLedger {
  return {
    reason() {
      for (const [client, name] of clients) {
        const reason = reasonOf(client, name);
        if (reason !== null) return reason;
      }
      return null;
    },
    changes: () => changes,
  };
}
