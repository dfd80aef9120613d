import { Writable } from "node:stream";
import { runCommand } from "../cli/run-command.ts";

/** How a command ended, and its output. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function collect(isTTY = false): { readonly stream: Writable; readonly text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY }), text: () => Buffer.concat(chunks).toString("utf8") };
}

/**
 * Runs a command in this process. Its environment contains nothing except `env`.
 *
 * @param isTTY whether the command writes to a terminal
 */
export async function runCli(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
  { isTTY = false } = {},
): Promise<CommandResult> {
  const [stdout, stderr] = [collect(isTTY), collect(isTTY)];
  const code = await runCommand(args, { env, stdout: stdout.stream, stderr: stderr.stream });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}
