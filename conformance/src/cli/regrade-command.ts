import { Command } from "commander";
import { readBundle, serializeVerdicts } from "../bundle/bundle.ts";
import { parseReports } from "../config/resolve-settings.ts";
import { grade } from "../suite/grade.ts";
import { exitCodeOf } from "../suite/verdict.ts";
import type { CliContext } from "./context.ts";
import { readInput } from "./files.ts";
import { collectValues } from "./options.ts";
import { showRun } from "./report-run.ts";

interface RegradeFlags {
  readonly report: readonly string[];
  readonly json: boolean;
}

async function regrade(file: string, { report, json }: RegradeFlags, context: CliContext): Promise<void> {
  const reports = parseReports(report, "--report");
  const bundle = readBundle(await readInput(context, "the bundle", file));
  const run = await grade(bundle.recorded);
  const isSame = serializeVerdicts(run) === bundle.verdicts;
  await showRun(run, { reports, json }, context);
  context.stderr.write(
    isSame
      ? `· same verdicts as in the recorded run, byte for byte (sha256 ${bundle.sha256})\n`
      : `· DIFFERENT VERDICTS from the run recorded with ${bundle.suite.name} ${bundle.suite.version}\n`,
  );
  context.exitCode = isSame ? exitCodeOf[run.conclusion] : exitCodeOf.harness_error;
}

/** Creates `regrade`, which grades a bundle again offline. */
export const regradeCommand = (context: CliContext) =>
  new Command("regrade")
    .description("Grade an evidence bundle again, offline. The verdicts are the same as in the recorded run.")
    .argument("<bundle>", "evidence bundle, written by `run --bundle FILE`")
    .option("--report <format=file>", "write a report; repeatable", collectValues, [])
    .option("--json", "print the JSON report instead of the checklist", false)
    .action((file: string, flags: RegradeFlags) => regrade(file, flags, context));
