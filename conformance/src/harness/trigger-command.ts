import { spawn } from "node:child_process";
import type { Exchange } from "../evidence/exchange.ts";
import { type Clock, dateOf, startTimeout, systemClock } from "./clock.ts";

/** The change that a command or a person is asked to make. */
export interface DeviceCommand {
  readonly command: "status";
  readonly device_id: string;
  readonly status: string;
  readonly status_reason?: string;
}

/** Changes devices with the vendor's own command or by a person's hands, and records each change as evidence. */
export interface TriggerCommand {
  readonly kind: "command" | "person";
  run(purpose: string, command: DeviceCommand): Promise<Exchange>;
}

export interface TriggerCommandOptions {
  /** A shell command line. */
  readonly commandLine: string;
  readonly signal: AbortSignal;
  /** Time limit of one change. Default: 60. */
  readonly timeoutSeconds?: number;
  readonly clock?: Clock;
}

/** The URL of an exchange that ran a command instead of an HTTP request. */
const TRIGGER_URL = "trigger-cmd:status";
const MAX_CHARACTERS = 16 * 1024;

/**
 * Creates a trigger that changes devices by running the vendor's command. The command reads one JSON object
 * from standard input and exits with 0 after the device has changed. The trigger records the command's output.
 * It records a failed command in the same way as a missing response.
 */
export function createTriggerCommand({
  commandLine,
  signal,
  timeoutSeconds = 60,
  clock = systemClock,
}: TriggerCommandOptions): TriggerCommand {
  let runs = 0;
  return {
    kind: "command",
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
        written[name] = (written[name] + text).slice(-MAX_CHARACTERS);
      });
    }
    /** Kills the shell and its children. */
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
      if (signals[1].aborted) finish("timed out; exit with 0 after the device has changed");
      else if (code === 0) finish(null);
      else finish(`exited with ${code ?? "a signal"}${last ? `: ${last}` : ""}`);
    });
    // A command that does not read its input may have closed standard input already.
    child.stdin.on("error", () => {});
    child.stdin.end(`${input}\n`);
  });
}
