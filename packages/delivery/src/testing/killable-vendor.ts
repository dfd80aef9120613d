import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { encryptionKey } from "./world.ts";

const PROGRAM = join(import.meta.dirname, "vendor-process.ts");

/** A vendor's process that a test kills and restarts. */
export interface KillableVendor {
  /** The ids of all events whose `enqueue` has resolved. */
  readonly durable: Set<string>;
  /**
   * Starts the process.
   *
   * @param betweenMs the wait between two events; without it, the process enqueues no events
   */
  start(betweenMs?: number): Promise<void>;
  /** How long the slowest start of the process took, as a measure of how busy the machine is. */
  slowestStartMs(): number;
  /** Kills the process with SIGKILL. */
  kill(): Promise<void>;
  /** What the process wrote to standard error, and a note if the process ended by itself. */
  readonly complaints: string[];
}

/**
 * Creates a vendor's process.
 *
 * @param address of the vendor's store
 * @param url of the receiver
 */
export function createKillableVendor(address: string, url: string): KillableVendor {
  const durable = new Set<string>();
  const complaints: string[] = [];
  let child: ChildProcess | undefined;
  let starts = 0;
  let slowestStartMs = 0;
  return {
    durable,
    slowestStartMs: () => slowestStartMs,
    complaints,
    async start(betweenMs) {
      starts += 1;
      const startedAt = Date.now();
      const settings = [address, url, encryptionKey, String(starts), String(betweenMs ?? "")];
      const args = ["--conditions=@convergint/source", PROGRAM, ...settings];
      // Sets an unreachable proxy: deliveries must ignore the proxy settings of the environment.
      const proxy = "http://127.0.0.1:9";
      const env = {
        ...process.env,
        NODE_USE_ENV_PROXY: "1",
        HTTP_PROXY: proxy,
        HTTPS_PROXY: proxy,
        NO_PROXY: "",
      };
      const started = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], env });
      child = started;
      started.stderr.on("data", (data) => complaints.push(String(data)));
      started.on("exit", (code) => code !== null && complaints.push(`it ended by itself with ${code}`));
      const lines = createInterface(started.stdout);
      const ready = once(lines, "line");
      lines.on("line", (line) => line !== "ready" && durable.add(line));
      await Promise.race([
        ready,
        once(started, "exit").then(() => {
          throw new Error(`the vendor did not start: ${complaints.join("")}`);
        }),
      ]);
      slowestStartMs = Math.max(slowestStartMs, Date.now() - startedAt);
    },
    async kill() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      // Waits until the output has been read to its end.
      const closed = once(child, "close");
      child.kill("SIGKILL");
      await closed;
    },
  };
}
