import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** A part of the kit that runs as a separate process, as in production. */
export interface Part {
  /** The parsed JSON of the first line that the process prints. */
  readonly ready: Readonly<Record<string, unknown>>;
  readonly baseUrl: string;
  stop(): Promise<void>;
}

/** How to start a part of the kit: a file, relative to the root of the repository, with its arguments. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A part exited before it was ready. */
class PartError extends Error {
  override readonly name = "PartError";
  readonly code = "part_failed";
}

function start({ file, args, env }: Command): ChildProcess & { stdout: NonNullable<ChildProcess["stdout"]> } {
  // From source, so that the demo of a fresh clone waits for no build; `pnpm packed` tests the builds.
  return spawn(process.execPath, ["--conditions=@convergint/source", file, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  }) as ChildProcess & { stdout: NonNullable<ChildProcess["stdout"]> };
}

/**
 * Starts a part and waits until it listens. The part runs until it is stopped.
 *
 * @throws {PartError} with the part's error output if the part exits before it listens
 */
export async function startPart(command: Command): Promise<Part> {
  const child = start(command);
  const errorOutput = child.stderr ? text(child.stderr) : Promise.resolve("");
  const ended = once(child, "exit").then(async ([code]) => {
    throw new PartError(`${command.file} exited with ${code}: ${(await errorOutput).trim()}`);
  });
  // After the part is stopped deliberately, nothing else handles this rejection.
  ended.catch(() => {});
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([once(lines, "line"), ended])) as [string];
  const ready = JSON.parse(line) as Record<string, unknown>;
  return {
    ready,
    baseUrl: String(ready["base_url"]),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}

/**
 * Runs a part until it exits.
 *
 * @param onProgress called with each line that the part writes to standard error
 */
export async function runPart(
  command: Command,
  onProgress: (line: string) => void,
): Promise<{ readonly code: number; readonly output: string }> {
  const child = start(command);
  if (child.stderr) createInterface({ input: child.stderr }).on("line", onProgress);
  const [output, errorOutput, [code]] = await Promise.all([
    text(child.stdout),
    child.stderr ? text(child.stderr) : "",
    once(child, "exit") as Promise<[number | null]>,
  ]);
  return { code: code ?? -1, output: output || errorOutput };
}
