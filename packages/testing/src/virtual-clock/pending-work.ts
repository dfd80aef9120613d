import { watchSockets } from "./socket-ledger.ts";
import { watchThreadPool } from "./thread-pool.ts";

/** Resources that only keep a process alive and do nothing by themselves; any other kind is work under way. */
const IDLE =
  /^(?:Timeout|TCPServerWrap|TCPSocketWrap|PipeWrap|PipeServerWrap|TTYWrap|UDPWrap|SignalWrap|MessagePort|Worker|StatWatcher|FSEventWrap)$/;

/** The work of this process that is neither computed nor waiting for a timer. */
export interface Pending {
  /** Names something that is under way; `null` if nothing is. */
  reason(): string | null;
  /** Counts the sockets opened and closed so far. */
  connections(): number;
}

/** Watches everything by which this process can get work without a timer. */
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
