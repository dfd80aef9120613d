import { toPrintable } from "@convergint/internal/printable";
import { explainConclusion, recommendNextStep, renderHeadline } from "./conclusion.ts";
import type { Report } from "./report.ts";

type Kind = "error" | "warning" | "notice";

/** Escapes a printable text, which has no carriage return. */
const escapeMessage = (text: string) => text.replaceAll("%", "%25").replaceAll("\n", "%0A");
const escapeTitle = (text: string) => escapeMessage(text).replaceAll(":", "%3A").replaceAll(",", "%2C");

const annotate = (kind: Kind, title: string, ...lines: readonly string[]) =>
  `::${kind} title=${escapeTitle(title)}::${escapeMessage(lines.join("\n"))}`;

const KINDS = {
  fail: "error",
  "harness-error": "error",
  warn: "warning",
  info: "notice",
} as const satisfies Partial<Record<Report["requirements"][number]["verdict"], Kind>>;

function annotateRequirement(
  { baseline }: Report,
  { id, level, text, verdict, failures, reason }: Report["requirements"][number],
): string[] {
  const kind = KINDS[verdict as keyof typeof KINDS];
  if (kind === undefined) return [];
  const known = verdict === "fail" && baseline?.known.find((entry) => entry.id === id);
  const [first, ...more] = failures;
  return [
    annotate(
      known ? "notice" : kind,
      `${id} (${level})`,
      text,
      ...(first
        ? [`expected: ${first.expected}`, `actual: ${first.actual}`, `fix: ${first.hint}`]
        : [reason ?? ""]),
      ...(more.length > 0 ? [`${more.length} more; see the HTML report.`] : []),
      ...(known ? [`Known failure until ${known.expires}: ${known.reason}`] : []),
    ),
  ];
}

/**
 * Renders a report as workflow commands of GitHub Actions, one annotation per line: the conclusion first, then every
 * requirement that is not met. GitHub shows at most ten errors, ten warnings and ten notices of a step.
 */
export function renderGithub(reported: Report): string {
  const report = toPrintable(reported, { keepLines: true });
  const passed = report.conclusion === "certified" || report.baseline?.holds === true;
  const judged = report.conclusion === "unreachable" ? [] : report.requirements;
  const lines = [
    annotate(
      passed ? "notice" : "error",
      renderHeadline(report),
      explainConclusion(report),
      recommendNextStep(report),
    ),
    ...judged.flatMap((requirement) => annotateRequirement(report, requirement)),
  ];
  return `${lines.join("\n")}\n`;
}
