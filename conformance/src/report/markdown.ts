import { toPrintable } from "@convergint/internal/printable";
import { describeRegistration } from "../evidence/deliveries.ts";
import { describeTrigger } from "../evidence/trigger-record.ts";
import { describeThrough } from "../suite/through.ts";
import type { Verdict } from "../suite/verdict.ts";
import { explainConclusion, recommendNextStep, renderHeadline } from "./conclusion.ts";
import { countHidden, describeShare } from "./failure-counts.ts";
import type { Report } from "./report.ts";
import { canReplay, toCurl, toRerunCommand } from "./reproduce.ts";

const BROKEN: readonly Verdict[] = ["fail", "warn", "info", "harness-error"];
/** How many failures to show in full per requirement. */
const MAX_FAILURES = 3;

/** Escapes a vendor's text, so that it cannot become markup or a mention. */
const escapeText = (words: string) =>
  words
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(/[\\`*_{}[\]()#+!|~@]/g, "\\$&")
    .replaceAll(/\s+/g, " ");

/** Renders a code block whose fence is longer than any fence in the text. */
function renderCode(words: string, language = ""): string {
  const longest = Math.max(2, ...[...words.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${words}\n${fence}`;
}

function renderFailure(
  report: Report,
  { at, where, excerpt, expected, actual, hint }: Report["requirements"][number]["failures"][number],
) {
  const exchange = report.exchanges.find(({ id }) => id === at);
  return [
    `- In ${escapeText(exchange ? `${exchange.method} ${exchange.url}` : `the webhook ${at}`)}${where ? `, at ${escapeText(where)}` : ""}`,
    `  - expected: ${escapeText(expected)}`,
    `  - actual: ${escapeText(actual)}`,
    ...(excerpt === undefined ? [] : [`  - body: ${escapeText(excerpt)}`]),
    `  - fix: ${escapeText(hint)}`,
    ...(exchange && canReplay(exchange) ? ["", renderCode(toCurl(report, exchange), "sh")] : []),
  ].join("\n");
}

/** Lists requirements by reason, because one cause often affects several. */
const groupByReason = (
  requirements: readonly { readonly id: string; readonly reason: string | null }[],
): string =>
  [...Map.groupBy(requirements, ({ reason }) => reason)]
    .map(([reason, alike]) => `- ${escapeText(reason ?? "")}: ${alike.map(({ id }) => id).join(", ")}`)
    .join("\n");

/** Lists what only the profile meets, and what the vendor lacks. */
function renderGaps({ through, requirements }: Report): string[] {
  if (through === null) return [];
  const byProfile = requirements.filter(({ met_by }) => met_by === "profile").map(({ id }) => id);
  const rows = through.gaps.map((each) => [each.profile, each.lacks, each.cost].map(escapeText).join(" | "));
  return [
    `## Met by the profile, not by the vendor\n\n${byProfile.join(", ") || "None."}`,
    [
      "## What the vendor lacks",
      "",
      "| profile | lacks | cost |",
      "|---|---|---|",
      ...rows.map((row) => `| ${row} |`),
    ].join("\n"),
  ];
}

/** Renders a report for the summary page of a CI job. */
export function renderMarkdown(reported: Report): string {
  const report = toPrintable(reported);
  const having = (...verdicts: readonly Verdict[]) =>
    report.requirements.filter(({ verdict }) => verdicts.includes(verdict));
  const counts = Object.entries(Object.groupBy(report.requirements, ({ verdict }) => verdict));
  const untested = having("could-not-run");
  const passedInPart = having("pass").filter(({ reason }) => reason !== null);
  const sections = [
    `# ${renderHeadline(report)}`,
    `**${escapeText(report.vendor ?? report.target)}** against the vendor cloud contract ${report.contract_version}. ${escapeText(explainConclusion(report))}`,
    recommendNextStep(report),
    ...(report.endpoints === "by_hand"
      ? [`Webhook endpoints: ${describeRegistration(report.endpoints)}.`]
      : []),
    ...(report.through ? [`Tested ${escapeText(describeThrough(report.through))}.`] : []),
    ...(report.trigger ? [`Trigger: ${escapeText(describeTrigger(report.trigger))}.`] : []),
    [
      "| verdict | requirements |",
      "|---|---|",
      ...counts.map(([verdict, all]) => `| ${verdict} | ${all?.length} |`),
    ].join("\n"),
    ...having(...BROKEN).flatMap((requirement) => [
      `## ${requirement.id} (${requirement.level})`,
      `> ${escapeText(requirement.text)}`,
      ...describeShare(requirement).map((share) => `${share}.`),
      ...requirement.failures.slice(0, MAX_FAILURES).map((each) => renderFailure(report, each)),
      ...countHidden(requirement.failures, MAX_FAILURES).map((tally) => `${escapeText(tally)}.`),
      ...(requirement.reason ? [escapeText(requirement.reason)] : []),
      renderCode(toRerunCommand(report, requirement.id), "sh"),
    ]),
    ...(untested.length > 0 ? ["## Could not be tested", groupByReason(untested)] : []),
    ...(passedInPart.length > 0 ? ["## Passed, partly untested", groupByReason(passedInPart)] : []),
    `${report.not_judged.length} more requirements in these profiles are not tested (suite ${report.suite.version}).`,
    ...(report.not_judged.length > 0 ? [groupByReason(report.not_judged)] : []),
    ...renderGaps(report),
  ];
  return `${sections.join("\n\n")}\n`;
}
