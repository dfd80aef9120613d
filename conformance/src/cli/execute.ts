import { explainListenError } from "@convergint/internal/cli-errors";
import { toPrintable } from "@convergint/internal/printable";
import { Command, CommanderError } from "commander";
import suite from "../../package.json" with { type: "json" };
import { BundleError } from "../bundle/bundle.ts";
import { ConfigError } from "../config/read-config.ts";
import { createScrubber } from "../redaction/redact.ts";
import { EXIT_USAGE, exitCodeOf } from "../suite/verdict.ts";
import { certifyCommand, confirmCommand } from "./certify-command.ts";
import { compareCommand } from "./compare-command.ts";
import { type CliContext, UsageError } from "./context.ts";
import { devCommand } from "./dev-command.ts";
import { explainCommand } from "./explain-command.ts";
import { fuzzCommand } from "./fuzz-command.ts";
import { initCommand } from "./init-command.ts";
import { inventoryCommand } from "./inventory-command.ts";
import { keygenCommand } from "./keygen-command.ts";
import { listCommand } from "./list-command.ts";
import { listenCommand } from "./listen-command.ts";
import { collectSecrets, hideFlagValues } from "./options.ts";
import { regradeCommand } from "./regrade-command.ts";
import { revokeCommand } from "./revoke-command.ts";
import { runCommand } from "./run-command.ts";
import { sendCommand } from "./send-command.ts";
import { verifyCommand } from "./verify-command.ts";
import { watchCommand } from "./watch-command.ts";

/** Reports a bug of the suite, without secrets, and returns the exit code for it. */
export function reportCrash(
  args: readonly string[],
  { environment, stderr }: Pick<CliContext, "environment" | "stderr">,
  error: unknown,
): number {
  const clean = createScrubber(collectSecrets(args, environment));
  const message = error instanceof Error ? error.message : String(error);
  stderr.write(`${clean(`The suite itself failed: ${message}`)}\n`);
  return exitCodeOf.harness_error;
}

/**
 * Executes a command line.
 *
 * @param args the arguments after the name of the program
 * @returns the exit code
 */
export async function execute(args: readonly string[], context: CliContext): Promise<number> {
  // Error messages can repeat secrets from the command line or the environment.
  const clean = createScrubber(collectSecrets(args, context.environment));
  const program = new Command("convergint-conformance")
    .description("Certify a vendor's cloud, or a consumer, against the vendor cloud contract.")
    .version(suite.version)
    // Options after the name of a subcommand belong to the subcommand.
    .enablePositionalOptions()
    .addCommand(initCommand(context))
    .addCommand(runCommand(context))
    .addCommand(fuzzCommand(context))
    .addCommand(devCommand(context))
    .addCommand(listenCommand(context))
    .addCommand(sendCommand(context))
    .addCommand(inventoryCommand(context))
    .addCommand(listCommand(context))
    .addCommand(explainCommand(context))
    .addCommand(regradeCommand(context))
    .addCommand(compareCommand(context))
    .addCommand(watchCommand(context))
    .addCommand(certifyCommand(context))
    .addCommand(verifyCommand(context))
    .addCommand(confirmCommand(context))
    .addCommand(revokeCommand(context))
    .addCommand(keygenCommand(context));
  const listAll = (command: Command): Command[] => [command, ...command.commands.flatMap(listAll)];
  for (const command of listAll(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      outputError: (message, write) => write(hideFlagValues(clean(message))),
    });
  }
  try {
    await program.parseAsync(args, { from: "user" });
    return context.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has already printed the error. Help and version also end here, but are not errors.
      return error.exitCode === 0 ? 0 : EXIT_USAGE;
    }
    if (error instanceof UsageError || error instanceof BundleError || error instanceof ConfigError) {
      context.stderr.write(`${toPrintable(clean(error.message), { keepLines: true })}\n`);
      return EXIT_USAGE;
    }
    const reason = explainListenError(error);
    if (reason === null) return reportCrash(args, context, error);
    context.stderr.write(`${reason}\n`);
    return EXIT_USAGE;
  }
}
