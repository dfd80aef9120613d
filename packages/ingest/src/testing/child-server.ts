import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

/** How a process ended, and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as a process of its own. */
export interface Child {
  readonly process: ChildProcess;
  /** Everything it has said so far. */
  said(): { readonly stdout: string; readonly stderr: string };
  /** What the server prints when it listens. */
  ready(): Promise<{ readonly base_url: string; readonly admin_token_file: string | null }>;
  ended(): Promise<Ended>;
}

/** Starts the command line from the source, below another command where one is given, such as `strace`. */
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
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  // A test that fails leaves no server behind.
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
    said: () => ({ stdout, stderr }),
    ended,
    ready: () =>
      Promise.race([
        new Promise<{ base_url: string; admin_token_file: string | null }>((resolve) => {
          const look = () => {
            if (stdout.includes("\n")) resolve(JSON.parse(stdout.split("\n", 1)[0] ?? ""));
          };
          child.stdout.on("data", look);
          // It may have said so before anybody asked.
          look();
        }),
        ended().then(({ code, stderr }) => {
          throw new Error(`The server ended with ${code} before it listened: ${stderr}`);
        }),
      ]),
  };
}
