import { explainListenError } from "@convergint/internal/cli-errors";
import { toPrintable } from "@convergint/internal/printable";
import { Command, CommanderError } from "commander";
import { ConfigError } from "../config.ts";
import { bindCommands } from "./bind.ts";
import { integrationCommands } from "./integration.ts";
import { profileCommands } from "./profile.ts";
import { serveCommand } from "./serve.ts";
import { shimCommand } from "./shim.ts";
import { storeCommands } from "./store-commands.ts";
import type { Terminal } from "./terminal.ts";
import { tokenCommands } from "./token.ts";

const FAILED = 1;
const INVALID_USAGE = 2;

function createProgram(terminal: Terminal): Command {
  const program = new Command("convergint-ingest")
    .description(
      "The reference ingestion server: receives vendors' webhooks, polls their inventories and tracks the status of each device.",
    )
    // Subcommands inherit both settings. Without the override, Commander ends the process itself.
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
    });
  serveCommand(program, terminal);
  integrationCommands(program, terminal);
  bindCommands(program, terminal);
  tokenCommands(program, terminal);
  profileCommands(program, terminal);
  shimCommand(program, terminal);
  storeCommands(program, terminal);
  return program;
}

/**
 * Runs one command line and prints its answer or error.
 *
 * @param args without the names of the runtime and the script
 * @returns the exit code; `serve` returns 0 as soon as the server listens
 */
export async function runCommand(
  args: readonly string[],
  terminal: Omit<Terminal, "setExitCode">,
): Promise<number> {
  let exitCode = 0;
  const setExitCode = (code: number) => {
    exitCode = code;
  };
  try {
    await createProgram({ ...terminal, setExitCode }).parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has already printed the usage error, or the help that was requested.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : INVALID_USAGE;
    const message = explainListenError(error) ?? (error instanceof Error ? error.message : String(error));
    terminal.stderr.write(`convergint-ingest: ${toPrintable(message, { keepLines: true })}\n`);
    return error instanceof ConfigError ? INVALID_USAGE : FAILED;
  }
}
