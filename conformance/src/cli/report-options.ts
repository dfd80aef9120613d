import { type Format, formatNames, formats } from "../report/formats.ts";
import { redactReport } from "../report/redact.ts";
import { createReport } from "../report/report.ts";
import { renderTerminal } from "../report/terminal.ts";
import type { BaselineOutcome } from "../suite/baseline.ts";
import type { Run } from "../suite/grade.ts";
import { writeOutput } from "./files.ts";
import { UsageError } from "./usage-error.ts";

/** The flags of reports as commander gives them. */
export interface ReportFlags {
  readonly report: readonly string[];
  readonly json: boolean;
}

/** A report that was asked for. */
export interface WantedReport {
  readonly format: Format;
  readonly file: string;
}

/** Lets an option be given several times. */
export const collectValues = (value: string, before: readonly string[]): readonly string[] => [
  ...before,
  value,
];

/** Reads the reports that are wanted. @param where what they were given by @throws {UsageError} naming the formats there are */
export const parseReports = (texts: readonly string[], where = "--report"): WantedReport[] =>
  texts.map((text) => {
    const [name, ...rest] = text.split("=");
    const file = rest.join("=");
    const format = formatNames.find((known) => known === name);
    if (format && file !== "") return { format, file };
    throw new UsageError(
      `${where} takes FORMAT=FILE, where FORMAT is one of ${formatNames.join(", ")}; got ${JSON.stringify(text)}.`,
    );
  });

/** Writes the reports that were asked for, and prints the run: as a checklist, or as JSON. */
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
): Promise<void> {
  const report = redactReport(createReport(run, baseline), run);
  for (const { format, file } of reports) await writeOutput("The report", file, formats[format](report, run));
  const color = Boolean(process.stdout.isTTY) && !process.env["NO_COLOR"];
  process.stdout.write(json ? formats.json(report, run) : `\n${renderTerminal(report, { color })}`);
}
