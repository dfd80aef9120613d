import type { Server } from "node:http";
import type { Socket } from "node:net";

/**
 * Keeps an eye on connections over which nothing has come yet. Clients open such in advance, and a server that closes
 * would wait for them as though a request were under way.
 *
 * @returns the function that closes them
 */
export function unusedConnections(server: Server): () => void {
  const open = new Set<Socket>();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  return () => {
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
  };
}
