import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";

/** When this process started, by its own clock: a restarted container often has the same process id again. */
const startedAt = () => Date.now() - process.uptime() * 1000;
/** How far two computations of the same start may differ, because the clock may be corrected in between. */
const START_TOLERANCE_MS = 10_000;

/** Identifies where process ids are unique, also among machines with the same host name: this boot and, on Linux, this container. */
function readPlace(): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    const addresses = Object.values(networkInterfaces()).flatMap((all) => all?.map(({ mac }) => mac) ?? []);
    return [...new Set(addresses)].toSorted().join(" ");
  }
}

/** Names a worker of this process, so that a store can tell whether the process still runs. */
export const createWorkerName = (): string =>
  JSON.stringify([hostname(), process.pid, Math.round(startedAt()), readPlace(), randomUUID()]);

/**
 * Whether a worker's process has ended, as far as this process can tell.
 *
 * @param reach which processes may have opened the store: those of this `machine`, or those of any machine, of which
 *   several may have the same host name
 */
export function isDeadWorker(name: string, reach: "machine" | "anywhere"): boolean {
  const [, host, pid, started, place] = /^\["([^"]+)",(\d+),(\d+),"([^"]*)"/.exec(name) ?? [];
  if (host !== hostname() || (reach === "anywhere" && place !== readPlace())) return false;
  if (Number(pid) === process.pid) return Math.abs(startedAt() - Number(started)) > START_TOLERANCE_MS;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
