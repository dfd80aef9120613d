#!/usr/bin/env node
import { runCommand } from "./cli/run-command.ts";

/** On older versions of Node, the database's binary crashes instead of reporting an error. */
const MIN_NODE = 24;
if (Number(process.versions.node.split(".")[0]) < MIN_NODE) {
  process.stderr.write(
    `convergint-ingest: Node ${process.version} is too old. Run Node ${MIN_NODE} or later.\n`,
  );
  process.exit(2);
}

const { env, stdout, stderr } = process;
const code = await runCommand(process.argv.slice(2), { env, stdout, stderr });
// The callback of `write` runs once standard output is flushed.
if (code !== 0) stdout.write("", () => process.exit(code));
