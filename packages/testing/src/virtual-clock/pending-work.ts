import { watchSockets } from "./socket-ledger.ts";
import { watchThreadPool } from "./thread-pool.ts";

/**
 * Kinds of resources that only keep a process alive and do nothing by themselves.
 * Every other kind means that work is under way.
 */
const IDLE =
  /^(?:Timeout|TCPServerWrap|TCPSocketWrap|PipeWrap|PipeServerWrap|TTYWrap|UDPWrap|SignalWrap|MessagePort|Worker|StatWatcher|FSEventWrap)$/;

/** The work of this process that is neither computed nor waiting for a timer. */
export interface Pending {
  /** Names some work that is under way; `null` if there is none. */
  reason(): string | null;
  /** Counts the sockets opened and closed so far. */
  connections(): number;
}

/** Watches everything that can give this process work to do without a timer. */
export function watchPendingWork(): Pending {
  const sockets = watchSockets();
  const threadPool = watchThreadPool();
  return {
    reason: () =>
      process.getActiveResourcesInfo().find((kind) => !IDLE.test(kind)) ??
      threadPool.reason() ??
      sockets.reason(),
    connections: sockets.changes,
  };
}
