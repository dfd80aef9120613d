import { Command } from "commander";
import { readBundle, serializeVerdicts } from "../bundle/bundle.ts";
import { grade } from "../suite/grade.ts";
import { exitCodeOf } from "../suite/verdict.ts";
import { readInput } from "./files.ts";
import { collectValues, parseReports, type ReportFlags, showRun } from "./report-options.ts";

async function regrade(file: string, { report, json }: ReportFlags): Promise<void> {
  const reports = parseReports(report);
  const bundle = readBundle(await readInput("The bundle", file));
  const run = await grade(bundle.recorded);
  const isSame = serializeVerdicts(run) === bundle.verdicts;
  await showRun(run, { reports, json });
  process.stderr.write(
    isSame
      ? `· the same verdicts as when it was recorded, byte for byte (sha256 ${bundle.sha256})\n`
      : `· OTHER VERDICTS than when it was recorded, by ${bundle.suite.name} ${bundle.suite.version}\n`,
  );
  process.exitCode = isSame ? exitCodeOf[run.conclusion] : exitCodeOf.harness_error;
}

/** `regrade`: judge a bundle again, anywhere and offline. */
export const regradeCommand = () =>
  new Command("regrade")
    .description("Judge the evidence in a bundle again, without the vendor: the verdicts come out the same.")
    .argument("<bundle>", "what `run --bundle FILE` wrote")
    .option("--report <format=file>", "also write a report; repeatable", collectValues, [])
    .option("--json", "print the JSON report instead of the checklist", false)
    .action(regrade);
