#!/usr/bin/env node
import { spawn } from "node:child_process";
import { createInterface } from "node:readline/promises";
import { explainOldNode } from "@convergint/internal/cli-errors";
import suite from "../package.json" with { type: "json" };

const tooOld = explainOldNode("create-vendor", suite.engines.node, process.versions.node);
if (tooOld) {
  process.stderr.write(`${tooOld}\n`);
  process.exit(2);
}
const { runCreate } = await import("./create.ts");

async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}

/** On Windows, npm is a script, which only a shell can run. */
const install = (folder: string) =>
  new Promise<number>((resolve) => {
    const options = { cwd: folder, stdio: "inherit", shell: process.platform === "win32" } as const;
    const npm = spawn("npm", ["install", "--no-audit", "--no-fund"], options);
    npm.on("error", () => resolve(1)).on("exit", (code) => resolve(code ?? 1));
  });

process.exitCode = await runCreate(process.argv.slice(2), {
  folder: process.cwd(),
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  ask: process.stdin.isTTY && process.stderr.isTTY ? ask : null,
  install,
  nodeVersion: process.versions.node,
});
