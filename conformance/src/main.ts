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
import { secretsGiven, withoutValues } from "./cli/secrets-given.ts";
import { UsageError } from "./cli/usage-error.ts";
import { verifyCommand } from "./cli/verify-command.ts";
import { ConfigError } from "./config/config-error.ts";
import { createScrubber } from "./redaction/scrub.ts";
import { EXIT_USAGE, exitCodeOf } from "./suite/verdict.ts";

/** Whatever went wrong, and whoever says so: the words may hold what they were given. */
const clean = createScrubber(secretsGiven(process.argv, process.env));
const complain = (message: string) => process.stderr.write(`${clean(message)}\n`);

function fail(error: unknown): void {
  complain(`The suite itself failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = exitCodeOf.harness_error;
}
// What nobody awaited must not end in Node's own words, which show whatever they hold, nor in the code of a verdict.
// Whoever reads only the beginning, as `head` does, has had enough.
process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
  if (code === "EPIPE") process.exit();
});
process.once("uncaughtException", (error) => {
  fail(error);
  process.exit();
});

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
for (const command of all(program)) {
  command.exitOverride().configureOutput({
    outputError: (message, write) => write(clean(withoutValues(message))),
  });
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has said what is wrong already. Help and version are not errors.
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  } else if (error instanceof UsageError || error instanceof BundleError || error instanceof ConfigError) {
    complain(error.message);
    process.exitCode = EXIT_USAGE;
  } else {
    fail(error);
  }
}
