import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

/** How a process ended, and its output. */
interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command-line program, running as a separate process. */
export interface Child {
  readonly process: ChildProcess;
  /** The program's output so far. */
  output(): { readonly stdout: string; readonly stderr: string };
  /** Resolves with the line that the server prints as soon as it listens. */
  ready(): Promise<{ readonly base_url: string; readonly admin_token_file: string | null }>;
  ended(): Promise<Ended>;
}

/**
 * Starts the command-line program from source.
 *
 * @param below a command under which to run it, such as `strace`
 */
export function startChild(
  args: readonly string[],
  { env = {}, below = [] }: { readonly env?: NodeJS.ProcessEnv; readonly below?: readonly string[] } = {},
): Child {
  const [command = process.execPath, ...rest] = [
    ...below,
    process.execPath,
    "--conditions=@convergint/source",
    MAIN,
    ...args,
  ];
  const child = spawn(command, rest, {
    // The compile cache halves the CPU time that a start takes.
    // Test vendors and subscribers listen on this machine.
    env: {
      CONVERGINT_INGEST_ALLOW_PRIVATE_NETWORKS: "127.0.0.0/8",
      NODE_COMPILE_CACHE: join(tmpdir(), "ingest-compile-cache"),
      ...process.env,
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  // Kills the server even if the test fails.
  onTestFinished(() => void child.kill("SIGKILL"));
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const closed = once(child, "close");
  const ended = async (): Promise<Ended> => {
    await closed;
    return { code: child.exitCode, stdout, stderr };
  };
  return {
    process: child,
    output: () => ({ stdout, stderr }),
    ended,
    ready: () =>
      Promise.race([
        new Promise<{ base_url: string; admin_token_file: string | null }>((resolve) => {
          const look = () => {
            if (stdout.includes("\n")) resolve(JSON.parse(stdout.split("\n", 1)[0] ?? ""));
          };
          child.stdout.on("data", look);
          // The process may have printed the line before this call.
          look();
        }),
        ended().then(({ code, stderr }) => {
          throw new Error(`The server exited with ${code} before it listened: ${stderr}`);
        }),
      ]),
  };
}
