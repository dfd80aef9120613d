import { writeBundle } from "../bundle/bundle.ts";
import type { Tracker } from "../harness/activity.ts";
import { type KnownFailure, setAside } from "../suite/baseline.ts";
import type { Run } from "../suite/grade.ts";
import { exitCodeOf } from "../suite/verdict.ts";
import { writeOutput } from "./files.ts";
import { showRun, type WantedReport } from "./report-options.ts";
import { showProgress } from "./show-progress.ts";

/** What is made of a run when it is over. */
export interface Reporting {
  readonly reports: readonly WantedReport[];
  /** File that everything recorded is kept in. */
  readonly bundle: string | undefined;
  /** The failures that are known; `null` where no baseline was given. */
  readonly baseline: readonly KnownFailure[] | null;
  /** Whether the JSON report is printed instead of the checklist. */
  readonly json: boolean;
}

/** What a run is carried out with. */
export interface Running {
  readonly signal: AbortSignal;
  readonly baselined: boolean;
  readonly tracker: Tracker;
}

/**
 * Carries a run out, stops it on Ctrl-C, reports it, and sets the exit code that its conclusion has.
 *
 * @param start begins the run
 * @throws {UsageError} where a file cannot be written
 */
export async function reportRun(
  { reports, bundle, baseline, json }: Reporting,
  start: (running: Running) => Promise<Run>,
): Promise<void> {
  // Whether a file can be written is found out before the work, not after it.
  for (const { file } of reports) await writeOutput("The report", file, "");
  if (bundle !== undefined) await writeOutput("The bundle", bundle, "");
  const interrupt = new AbortController();
  const stop = () => interrupt.abort(new Error("interrupted"));
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  const { tracker, end } = showProgress(process.stderr, { isDumb: process.env["TERM"] === "dumb" });
  const run = await start({
    signal: interrupt.signal,
    baselined: baseline !== null,
    tracker,
  }).finally(end);
  process.removeListener("SIGINT", stop);
  process.removeListener("SIGTERM", stop);
  if (bundle !== undefined) await writeOutput("The bundle", bundle, writeBundle(run));
  const outcome = baseline && setAside(baseline, run, run.finishedAt.toISOString().slice(0, 10));
  await showRun(run, { reports, json, baseline: outcome });
  process.exitCode = outcome?.exitCode ?? exitCodeOf[run.conclusion];
}
