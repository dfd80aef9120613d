import type { Run } from "../suite/grade.ts";
import type { Report } from "./report.ts";

/** Makes a report in each format that `--report` takes. */
export const formats: Readonly<Record<"json", (report: Report, run: Run) => string>> = {
  json: (report) => `${JSON.stringify(report, null, 2)}\n`,
};

export type Format = keyof typeof formats;

export const formatNames = Object.keys(formats) as Format[];
