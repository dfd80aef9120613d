#!/usr/bin/env node
import { createInterface } from "node:readline/promises";
import { explainOldNode } from "@convergint/internal/cli-errors";
import suite from "../package.json" with { type: "json" };
import type { CliContext, InterruptWatch } from "./cli/context.ts";
import { systemClock } from "./harness/clock.ts";
import { EXIT_USAGE } from "./suite/verdict.ts";

// Older versions of Node cannot load a config file in TypeScript, nor the dependencies of the commands.
const tooOld = explainOldNode("convergint-conformance", suite.engines.node, process.versions.node);
if (tooOld) {
  process.stderr.write(`${tooOld}\n`);
  process.exit(EXIT_USAGE);
}
const { execute, reportCrash } = await import("./cli/execute.ts");

async function ask(question: string, signal?: AbortSignal): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // While a terminal asks, Ctrl-C sends no signal, and Ctrl-D ends the input: both interrupt the command.
  const interrupt = () => process.kill(process.pid, "SIGINT");
  terminal.once("SIGINT", interrupt).once("close", interrupt);
  try {
    return await terminal.question(question, signal ? { signal } : {});
  } finally {
    terminal.removeListener("close", interrupt);
    terminal.close();
  }
}

/** Aborts the signal on the first Ctrl-C; a second Ctrl-C kills the process. */
function watchInterrupt(): InterruptWatch {
  const controller = new AbortController();
  const stop = () => controller.abort(new Error("interrupted"));
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.once(signal, stop);
  return {
    signal: controller.signal,
    release: () => {
      for (const signal of signals) process.removeListener(signal, stop);
    },
  };
}

const args = process.argv.slice(2);
const context: CliContext = {
  environment: process.env,
  folder: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  ask: process.stdin.isTTY ? ask : null,
  watchInterrupt,
  clock: systemClock,
  exitCode: 0,
};

// A reader such as `head` closes the pipe when it has read enough.
process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
  if (code === "EPIPE") process.exit();
});
// Node would print the error with its secrets, and exit with a code that means a verdict.
process.once("uncaughtException", (error) => {
  process.exit(reportCrash(args, context, error));
});

process.exitCode = await execute(args, context);
