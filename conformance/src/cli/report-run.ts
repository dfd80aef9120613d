import { writeBundle } from "../bundle/bundle.ts";
import { createTracker, type Tracker } from "../harness/activity.ts";
import type { Run } from "../suite/grade.ts";
import { exitCodeOf } from "../suite/verdict.ts";
import { writeOutput } from "./files.ts";
import { showRun, type WantedReport } from "./report-options.ts";

/** What is made of a run when it is over. */
export interface Reporting {
  readonly reports: readonly WantedReport[];
  /** File that everything recorded is kept in. */
  readonly bundle: string | undefined;
  /** Whether the JSON report is printed instead of the checklist. */
  readonly json: boolean;
}

/** What a run is carried out with. */
export interface Running {
  readonly signal: AbortSignal;
  readonly tracker: Tracker;
}

/**
 * Carries a run out, stops it on Ctrl-C, reports it, and sets the exit code that its conclusion has.
 *
 * @param start begins the run
 * @throws {UsageError} where a file cannot be written
 */
export async function reportRun(
  { reports, bundle, json }: Reporting,
  start: (running: Running) => Promise<Run>,
): Promise<void> {
  // Whether a file can be written is found out before the work, not after it.
  for (const { file } of reports) await writeOutput("The report", file, "");
  if (bundle !== undefined) await writeOutput("The bundle", bundle, "");
  const interrupt = new AbortController();
  const stop = () => interrupt.abort(new Error("interrupted"));
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  const run = await start({
    signal: interrupt.signal,
    tracker: createTracker((step) => process.stderr.write(`· ${step}\n`)),
  });
  process.removeListener("SIGINT", stop);
  process.removeListener("SIGTERM", stop);
  if (bundle !== undefined) await writeOutput("The bundle", bundle, writeBundle(run));
  await showRun(run, { reports, json });
  process.exitCode = exitCodeOf[run.conclusion];
}
