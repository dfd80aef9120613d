import type { Server } from "node:http";
import type { Socket } from "node:net";

/**
 * Tracks connections on which nothing has been sent yet. Clients open such connections in advance, and a
 * closing server would wait for them as if a request were pending.
 *
 * @returns a function that closes these connections
 */
export function trackUnusedConnections(server: Server): () => void {
  const open = new Set<Socket>();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  return () => {
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
  };
}
