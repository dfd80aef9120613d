#!/usr/bin/env node
import { explainOldNode } from "@convergint/internal/cli-errors";
import manifest from "../package.json" with { type: "json" };

// On older versions of Node, dependencies of the commands crash instead of reporting an error.
const tooOld = explainOldNode("convergint-ingest", manifest.engines.node, process.versions.node);
if (tooOld) {
  process.stderr.write(`${tooOld}\n`);
  process.exit(2);
}

const { runCommand } = await import("./cli/run-command.ts");
const { env, stdout, stderr } = process;
// A reader such as `head` closes the pipe when it has read enough, so the command ends. A server continues without a reader.
stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
  if (code === "EPIPE" && !["serve", "shim"].includes(process.argv[2] ?? "")) process.exit();
});
const code = await runCommand(process.argv.slice(2), { env, stdout, stderr });
// The callback of `write` runs once standard output is flushed.
if (code !== 0) stdout.write("", () => process.exit(code));
