import { encodeBundle, writeBundle } from "../bundle/bundle.ts";
import type { Tracker } from "../harness/activity.ts";
import { type Format, formats } from "../report/formats.ts";
import { redactReport } from "../report/redact.ts";
import { createReport } from "../report/report.ts";
import { renderTerminal, shouldUseColor } from "../report/terminal.ts";
import {
  BaselineError,
  type BaselineOutcome,
  type KnownFailure,
  readBaseline,
  setAside,
} from "../suite/baseline.ts";
import type { Run } from "../suite/grade.ts";
import { exitCodeOf } from "../suite/verdict.ts";
import { type CliContext, UsageError } from "./context.ts";
import { readInput, writeOutput } from "./files.ts";
import { createLeftOverNotice } from "./show-left-over.ts";
import { type Progress, showProgress } from "./show-progress.ts";

/** A report to write. */
export interface WantedReport {
  readonly format: Format;
  readonly file: string;
}

/** What to do with the result of a run. */
export interface Reporting {
  readonly reports: readonly WantedReport[];
  /** The file for the evidence bundle, if any. */
  readonly bundle: string | undefined;
  /** The known failures; `null` without a baseline. */
  readonly baseline: readonly KnownFailure[] | null;
  /** Whether to print the JSON report instead of the checklist. */
  readonly json: boolean;
}

/** Reads a baseline file; returns `null` if none is given. @throws {UsageError} if it is invalid */
export async function readKnownFailures(
  file: string | undefined,
  context: CliContext,
): Promise<readonly KnownFailure[] | null> {
  if (file === undefined) return null;
  const content = await readInput(context, "the baseline", file);
  try {
    return readBaseline(file, content.toString("utf8"));
  } catch (error) {
    if (error instanceof BaselineError) throw new UsageError(error.message);
    throw error;
  }
}

/** Writes the requested reports and prints the run as a checklist or as JSON. @throws {UsageError} */
export async function showRun(
  run: Run,
  {
    reports,
    json,
    baseline = null,
  }: {
    readonly reports: readonly WantedReport[];
    readonly json: boolean;
    readonly baseline?: BaselineOutcome | null;
  },
  context: CliContext,
): Promise<void> {
  const report = redactReport(createReport(run, baseline), run);
  for (const { format, file } of reports) {
    await writeOutput(context, "the report", file, formats[format](report, run));
  }
  const color = shouldUseColor(context.stdout, context.environment);
  context.stdout.write(json ? formats.json(report, run) : `\n${renderTerminal(report, { color })}`);
}

/**
 * Starts a run, stops it on Ctrl-C, reports it and sets the exit code.
 *
 * @throws {UsageError} if a file cannot be written
 */
export async function reportRun(
  { reports, bundle, baseline, json }: Reporting,
  context: CliContext,
  start: (options: {
    readonly signal: AbortSignal;
    readonly baselined: boolean;
    readonly tracker: Tracker;
    readonly pause: Progress["pause"];
    readonly onLeftOver: (calls: readonly string[]) => void;
  }) => Promise<Run>,
): Promise<void> {
  // If a file cannot be written, the command must fail before the run, not after it.
  for (const { file } of reports) await writeOutput(context, "the report", file, "");
  if (bundle !== undefined) await writeOutput(context, "the bundle", bundle, "");
  const { signal, release } = context.watchInterrupt();
  const { tracker, pause, end } = showProgress(context.stderr, context.clock, {
    isDumb: context.environment["TERM"] === "dumb",
  });
  const { onLeftOver, show: showLeftOver } = createLeftOverNotice(context);
  const run = await start({ signal, baselined: baseline !== null, tracker, pause, onLeftOver }).finally(end);
  release();
  if (bundle !== undefined)
    await writeOutput(context, "the bundle", bundle, encodeBundle(bundle, writeBundle(run)));
  const outcome = baseline && setAside(baseline, run, run.finishedAt.toISOString().slice(0, 10));
  await showRun(run, { reports, json, baseline: outcome }, context);
  showLeftOver();
  context.exitCode = outcome?.exitCode ?? exitCodeOf[run.conclusion];
}
