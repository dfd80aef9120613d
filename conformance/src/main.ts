#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import suite from "../package.json" with { type: "json" };
import { BundleError } from "./bundle/bundle-error.ts";
import { certifyCommand } from "./cli/certify-command.ts";
import { explainCommand } from "./cli/explain-command.ts";
import { initCommand } from "./cli/init-command.ts";
import { inventoryCommand } from "./cli/inventory-command.ts";
import { keygenCommand } from "./cli/keygen-command.ts";
import { listCommand } from "./cli/list-command.ts";
import { listenCommand } from "./cli/listen-command.ts";
import { regradeCommand } from "./cli/regrade-command.ts";
import { runCommand } from "./cli/run-command.ts";
import { UsageError } from "./cli/usage-error.ts";
import { verifyCommand } from "./cli/verify-command.ts";
import { ConfigError } from "./config/config-error.ts";
import { EXIT_USAGE, exitCodeOf } from "./suite/verdict.ts";

const program = new Command("convergint-conformance")
  .description("Certifies a vendor's cloud against the vendor cloud contract.")
  .version(suite.version)
  // A command within a command gets what comes behind its name.
  .enablePositionalOptions()
  .addCommand(initCommand())
  .addCommand(runCommand())
  .addCommand(listenCommand())
  .addCommand(inventoryCommand())
  .addCommand(listCommand())
  .addCommand(explainCommand())
  .addCommand(regradeCommand())
  .addCommand(certifyCommand())
  .addCommand(verifyCommand())
  .addCommand(keygenCommand());
const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];
for (const command of all(program)) command.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has said what is wrong already. Help and version are not errors.
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  } else if (error instanceof UsageError || error instanceof BundleError || error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = EXIT_USAGE;
  } else {
    process.stderr.write(
      `The suite itself failed: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    process.exitCode = exitCodeOf.harness_error;
  }
}
