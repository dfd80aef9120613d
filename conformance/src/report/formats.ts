import type { Run } from "../suite/grade.ts";
import { badge } from "./badge.ts";
import { harReport } from "./har.ts";
import { htmlReport } from "./html.ts";
import { junitReport } from "./junit.ts";
import { markdownReport } from "./markdown.ts";
import type { Report } from "./report.ts";

/** What `--report` can write. */
export type Format = "json" | "junit" | "html" | "markdown" | "badge" | "har";

/** Makes a report in each format. */
export const formats: Readonly<Record<Format, (report: Report, run: Run) => string>> = {
  json: (report) => `${JSON.stringify(report, null, 2)}\n`,
  junit: junitReport,
  html: htmlReport,
  markdown: markdownReport,
  badge,
  har: harReport,
};

export const formatNames = Object.keys(formats) as Format[];
