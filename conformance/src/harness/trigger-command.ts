import { spawn } from "node:child_process";
import type { Exchange } from "../evidence/exchange.ts";
import { type Clock, dateOf, startTimeout, systemClock } from "./clock.ts";

/** What a command is told to bring about. */
export interface DeviceCommand {
  readonly command: "status";
  readonly device_id: string;
  readonly status: string;
  readonly status_reason?: string;
}

/** Runs the vendor's own command for each change, and keeps each run as evidence. */
export interface TriggerCommand {
  run(purpose: string, command: DeviceCommand): Promise<Exchange>;
}

export interface TriggerCommandOptions {
  /** As a shell takes it. */
  readonly commandLine: string;
  readonly signal: AbortSignal;
  /** How long one change may take. Default: 60. */
  readonly timeoutSeconds?: number;
  readonly clock?: Clock;
}

/** How an exchange is known as one that went through a command and not over the wire. */
export const TRIGGER_URL = "trigger-cmd:status";
const MOST_CHARACTERS = 16 * 1024;

/**
 * Makes a device change by a command of the vendor's engineer: it gets one JSON object on its standard input and ends in 0
 * when the device has changed. What it writes is kept; what goes wrong is recorded like an answer that did not come.
 */
export function createTriggerCommand({
  commandLine,
  signal,
  timeoutSeconds = 60,
  clock = systemClock,
}: TriggerCommandOptions): TriggerCommand {
  let runs = 0;
  return {
    async run(purpose, command) {
      runs += 1;
      const id = `t${runs}`;
      const started = dateOf(clock);
      const body = JSON.stringify(command);
      const timeout = startTimeout(clock, timeoutSeconds * 1000);
      const { failure, output } = await runOnce(commandLine, body, [signal, timeout.signal]);
      timeout.cancel();
      signal.throwIfAborted();
      return {
        id,
        purpose,
        request: { method: "TRIGGER", url: TRIGGER_URL, headers: {}, body },
        response: failure === null ? { status: 200, headers: {}, body: output } : null,
        failure: failure && `--trigger-cmd ${failure}`,
        startedAt: started.toISOString(),
        durationMs: clock.now() - started.getTime(),
      };
    },
  };
}

function runOnce(
  commandLine: string,
  input: string,
  signals: readonly [AbortSignal, AbortSignal],
): Promise<{ failure: string | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(commandLine, { shell: true, stdio: ["pipe", "pipe", "pipe"], detached: true });
    const written = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        written[name] = (written[name] + text).slice(-MOST_CHARACTERS);
      });
    }
    /** The shell's own children too. */
    const kill = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        child.kill("SIGKILL");
      }
    };
    const ending = AbortSignal.any([...signals]);
    ending.addEventListener("abort", kill, { once: true });
    const finish = (failure: string | null) => {
      ending.removeEventListener("abort", kill);
      resolve({ failure, output: written.stdout });
    };
    child.once("error", (error) => finish(`could not be started: ${error.message}`));
    child.once("close", (code) => {
      const last = written.stderr.trim().split("\n").at(-1);
      if (signals[1].aborted) finish("did not end in time; end it with 0 when the device has changed");
      else if (code === 0) finish(null);
      else finish(`ended with ${code ?? "a signal"}${last ? `: ${last}` : ""}`);
    });
    // One that reads nothing has closed its end by now, which is its affair.
    child.stdin.on("error", () => {});
    child.stdin.end(`${input}\n`);
  });
}
