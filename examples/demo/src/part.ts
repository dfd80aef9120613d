import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** A part of the kit that runs as a process of its own, as it would in use. */
export interface Part {
  /** What it said on its first line, as JSON. */
  readonly said: Readonly<Record<string, unknown>>;
  readonly baseUrl: string;
  stop(): Promise<void>;
}

/** How to start a part: a file below the repository's root, with its arguments. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A part that did not start, or did not end as the story needs. */
export class PartError extends Error {
  override readonly name = "PartError";
  readonly code = "part_failed";
}

function start({ file, args, env }: Command): ChildProcess & { stdout: NonNullable<ChildProcess["stdout"]> } {
  // What is published runs as it was built; the mutants are not published, and run from source.
  const source = file.endsWith(".ts") ? ["--conditions=@convergint/source"] : [];
  return spawn(process.execPath, [...source, file, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  }) as ChildProcess & { stdout: NonNullable<ChildProcess["stdout"]> };
}

/**
 * Starts a part that stands until it is stopped, and waits until it listens.
 *
 * @throws {PartError} with the part's own words where it ends instead
 */
export async function stand(command: Command): Promise<Part> {
  const child = start(command);
  const complaint = child.stderr ? text(child.stderr) : Promise.resolve("");
  const ended = once(child, "exit").then(async ([code]) => {
    throw new PartError(`${command.file} ended with ${code}: ${(await complaint).trim()}`);
  });
  // When it is stopped in the end, nobody waits for this any more.
  ended.catch(() => {});
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([once(lines, "line"), ended])) as [string];
  const said = JSON.parse(line) as Record<string, unknown>;
  return {
    said,
    baseUrl: String(said["base_url"]),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}

/** Runs a part to its end. */
export async function run(command: Command): Promise<{ readonly code: number; readonly output: string }> {
  const child = start(command);
  const [output, complaint, [code]] = await Promise.all([
    text(child.stdout),
    child.stderr ? text(child.stderr) : "",
    once(child, "exit") as Promise<[number | null]>,
  ]);
  return { code: code ?? -1, output: output || complaint };
}
