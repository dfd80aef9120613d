import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { encryptionKey } from "./world.ts";

const PROGRAM = join(import.meta.dirname, "vendor-process.ts");

/** A vendor's process that is killed and started again. */
export interface KilledVendor {
  /** The ids of all events whose enqueue has resolved. */
  readonly durable: Set<string>;
  /** @param betweenMs how long it waits between events; absent where it is to enqueue none */
  start(betweenMs?: number): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
  /** What it wrote to standard error, and whether it ended by itself. */
  readonly complaints: string[];
}

/**
 * @param address of its store
 * @param url of the receiver
 */
export function killedVendor(address: string, url: string): KilledVendor {
  const durable = new Set<string>();
  const complaints: string[] = [];
  let child: ChildProcess | undefined;
  let starts = 0;
  return {
    durable,
    complaints,
    async start(betweenMs) {
      starts += 1;
      const settings = [address, url, encryptionKey, String(starts), String(betweenMs ?? "")];
      const args = ["--conditions=@convergint/source", PROGRAM, ...settings];
      // A proxy that leads nowhere: deliveries must not go by the environment.
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
    },
    async kill() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      // What it has said is read to the end.
      const closed = once(child, "close");
      child.kill("SIGKILL");
      await closed;
    },
  };
}
