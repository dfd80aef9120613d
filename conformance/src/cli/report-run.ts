import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { redacted } from "../report/redact.ts";
import { reportOf } from "../report/report.ts";
import { terminalReport } from "../report/terminal.ts";
import type { Run } from "../suite/run.ts";
import { exitCodeOf } from "../suite/verdict.ts";
import { UsageError } from "./usage-error.ts";

/** What is made of a run when it is over. */
export interface Reporting {
  /** Files that the JSON report is written to. */
  readonly reportFiles: readonly string[];
  /** Whether the JSON report is printed instead of the checklist. */
  readonly json: boolean;
  /** What the run was given and nobody may read. */
  readonly secrets: readonly string[];
}

async function writeReport(file: string, content: string): Promise<void> {
  try {
    await mkdir(dirname(resolve(file)), { recursive: true });
    await writeFile(file, content);
  } catch (error) {
    throw new UsageError(`The report cannot be written to ${file}: ${(error as Error).message}.`);
  }
}

/**
 * Carries a run out, stops it on Ctrl-C, reports it, and sets the exit code that its conclusion has.
 *
 * @param start begins the run
 * @throws {UsageError} where a report cannot be written
 */
export async function reportRun(
  { reportFiles, json, secrets }: Reporting,
  start: (running: {
    readonly signal: AbortSignal;
    readonly progress: (message: string) => void;
  }) => Promise<Run>,
): Promise<void> {
  // Whether a report can be written is found out before the work, not after it.
  for (const file of reportFiles) await writeReport(file, "");
  const interrupt = new AbortController();
  const stop = () => interrupt.abort(new Error("interrupted"));
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  const run = await start({
    signal: interrupt.signal,
    progress: (message) => process.stderr.write(`· ${message}\n`),
  });
  process.removeListener("SIGINT", stop);
  process.removeListener("SIGTERM", stop);
  const report = redacted(reportOf(run), run, secrets);
  const text = `${JSON.stringify(report, null, 2)}\n`;
  for (const file of reportFiles) await writeReport(file, text);
  const color = Boolean(process.stdout.isTTY) && !process.env["NO_COLOR"];
  process.stdout.write(json ? text : `\n${terminalReport(report, { color })}`);
  process.exitCode = exitCodeOf[run.conclusion];
}
