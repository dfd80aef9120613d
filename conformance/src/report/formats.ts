import { stringifyPrintable } from "@convergint/internal/printable";
import type { Run } from "../suite/grade.ts";
import { renderBadge } from "./badge.ts";
import { renderGithub } from "./github.ts";
import { renderHar } from "./har.ts";
import { renderHtml } from "./html.ts";
import { renderJunit } from "./junit.ts";
import { renderMarkdown } from "./markdown.ts";
import type { Report } from "./report.ts";

/** The formats of `--report`. */
export type Format = "json" | "junit" | "html" | "markdown" | "badge" | "github" | "har";

/** Renders a report in each format. */
export const formats: Readonly<Record<Format, (report: Report, run: Run) => string>> = {
  json: (report) => `${stringifyPrintable(report, 2)}\n`,
  junit: renderJunit,
  html: renderHtml,
  markdown: renderMarkdown,
  badge: renderBadge,
  github: renderGithub,
  har: renderHar,
};

export const formatNames = Object.keys(formats) as Format[];
