import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { Command, Option } from "commander";
import { redacted } from "../report/redact.ts";
import { reportOf } from "../report/report.ts";
import { terminalReport } from "../report/terminal.ts";
import { runSuite } from "../suite/run.ts";
import { exitCodeOf } from "../suite/verdict.ts";
import { parseRunFlags, type RunFlags } from "./run-options.ts";
import { UsageError } from "./usage-error.ts";

const collectValues = (value: string, before: readonly string[]): readonly string[] => [...before, value];

async function writeReport(file: string, content: string): Promise<void> {
  try {
    await mkdir(dirname(resolve(file)), { recursive: true });
    await writeFile(file, content);
  } catch (error) {
    throw new UsageError(`The report cannot be written to ${file}: ${(error as Error).message}.`);
  }
}

async function run(flags: RunFlags): Promise<void> {
  const { reportFiles, json, ...options } = parseRunFlags(flags);
  // Whether a report can be written is found out before the work, not after it.
  for (const file of reportFiles) await writeReport(file, "");
  const interrupt = new AbortController();
  const stop = () => interrupt.abort(new Error("interrupted"));
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  const finished = await runSuite({
    ...options,
    signal: interrupt.signal,
    progress: (message) => process.stderr.write(`· ${message}\n`),
  });
  process.removeListener("SIGINT", stop);
  process.removeListener("SIGTERM", stop);
  const report = redacted(reportOf(finished), finished, options.apiKey);
  const text = `${JSON.stringify(report, null, 2)}\n`;
  for (const file of reportFiles) await writeReport(file, text);
  const color = Boolean(process.stdout.isTTY) && !process.env["NO_COLOR"];
  process.stdout.write(json ? text : `\n${terminalReport(report, { color })}`);
  process.exitCode = exitCodeOf[finished.conclusion];
}

/** `run`: certify a vendor's cloud. */
export const runCommand = () =>
  new Command("run")
    .description("Certify a vendor's cloud, or find out what is wrong with it.")
    .requiredOption("--target <url>", "the vendor's base URL")
    .addOption(new Option("--api-key <key>", "the API key the vendor issued").env("CONFORMANCE_API_KEY"))
    .option(
      "--profile <name>",
      "what to certify: inventory or health; repeatable (default: by the manifest)",
      collectValues,
      [],
    )
    .option("--only <id>", "judge this requirement only; repeatable; certifies nothing", collectValues, [])
    .option("--report <format=file>", "also write a report: json=FILE; repeatable", collectValues, [])
    .option(
      "--public-url <url>",
      "how the vendor reaches this machine's receiver; it listens on loopback otherwise",
    )
    .option("--receiver-port <port>", "port of the receiver; 0 takes a free one", "0")
    .option("--json", "print the JSON report instead of the checklist", false)
    .addHelpText(
      "after",
      `
Exit codes: 0 certified · 1 not conformant · 2 usage · 3 vendor unreachable · 4 incomplete ·
            5 error of the suite itself · 130 interrupted

Example: convergint-conformance run --target https://sandbox.vendor.example --report json=report.json`,
    )
    .action(run);
