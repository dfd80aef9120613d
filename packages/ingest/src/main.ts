#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { bindCommands } from "./cli/bind.ts";
import { integrationCommands } from "./cli/integration.ts";
import { serveCommand } from "./cli/serve.ts";
import { storeCommands } from "./cli/store-commands.ts";
import { tokenCommands } from "./cli/token.ts";
import { ConfigError } from "./config.ts";

/** On an older Node the database's binary does not fail: it crashes. */
const OLDEST_NODE = 24;
if (Number(process.versions.node.split(".")[0]) < OLDEST_NODE) {
  process.stderr.write(
    `convergint-ingest: this is Node ${process.version}; run Node ${OLDEST_NODE} or later.\n`,
  );
  process.exit(2);
}

const program = new Command("convergint-ingest").description(
  "The reference ingestion server: receives vendors' webhooks, polls their inventories, knows each device's status.",
);
serveCommand(program);
integrationCommands(program);
bindCommands(program);
tokenCommands(program);
storeCommands(program);

/** Commander ends the process by itself otherwise, with a code of its own. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const each of command.commands) throwInsteadOfExit(each);
}
throwInsteadOfExit(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has said what is wrong already; help that was asked for is no error.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    process.stderr.write(`convergint-ingest: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(error instanceof ConfigError ? 2 : 1);
  }
}
