import type { Verdict } from "../suite/verdict.ts";
import { headlineOf, nextStepOf, summaryOf } from "./headline.ts";
import { printable } from "./printable.ts";
import type { Report } from "./report.ts";
import { canBeTried, curlOf, rerunOf } from "./reproduce.ts";
import { shareOf, tallyOf } from "./tally.ts";

const BROKEN: readonly Verdict[] = ["fail", "warn", "info", "harness-error"];
/** How many failures of one requirement are shown whole. */
const MOST_FAILURES = 3;

/** A vendor's words, where they can be neither markup nor a mention. */
const text = (words: string) =>
  words
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(/[\\`*_{}[\]()#+!|~@]/g, "\\$&")
    .replaceAll(/\s+/g, " ");

/** Code, in a fence longer than any in it. */
function code(words: string, language = ""): string {
  const longest = Math.max(2, ...[...words.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${words}\n${fence}`;
}

function failure(
  report: Report,
  { at, where, expected, actual, hint }: Report["requirements"][number]["failures"][number],
) {
  const exchange = report.exchanges.find(({ id }) => id === at);
  return [
    `- In ${text(exchange ? `${exchange.method} ${exchange.url}` : `the webhook ${at}`)}${where ? `, at ${text(where)}` : ""}`,
    `  - expected: ${text(expected)}`,
    `  - got: ${text(actual)}`,
    `  - what to change: ${text(hint)}`,
    ...(exchange && canBeTried(exchange) ? ["", code(curlOf(report, exchange), "sh")] : []),
  ].join("\n");
}

/** A report for the summary page of a CI job. */
export function markdownReport(reported: Report): string {
  const report = printable(reported);
  const having = (...verdicts: readonly Verdict[]) =>
    report.requirements.filter(({ verdict }) => verdicts.includes(verdict));
  const counts = Object.entries(Object.groupBy(report.requirements, ({ verdict }) => verdict));
  const unjudged = having("could-not-run");
  const seenInPart = having("pass").filter(({ reason }) => reason !== null);
  const sections = [
    `# ${headlineOf(report)}`,
    `**${text(report.vendor ?? report.target)}** against the vendor cloud contract ${report.contract_version}. ${text(summaryOf(report))}`,
    nextStepOf(report),
    [
      "| verdict | requirements |",
      "|---|---|",
      ...counts.map(([verdict, all]) => `| ${verdict} | ${all?.length} |`),
    ].join("\n"),
    ...having(...BROKEN).flatMap((requirement) => [
      `## ${requirement.id} (${requirement.level})`,
      `> ${text(requirement.text)}`,
      ...shareOf(requirement).map((share) => `${share}.`),
      ...requirement.failures.slice(0, MOST_FAILURES).map((each) => failure(report, each)),
      ...tallyOf(requirement.failures, MOST_FAILURES).map((tally) => `${text(tally)}.`),
      ...(requirement.reason ? [text(requirement.reason)] : []),
      code(rerunOf(report, requirement.id), "sh"),
    ]),
    ...(unjudged.length > 0
      ? [
          "## Could not be judged",
          unjudged.map(({ id, reason }) => `- ${id}: ${text(reason ?? "")}`).join("\n"),
        ]
      : []),
    ...(seenInPart.length > 0
      ? [
          "## Met as far as was seen",
          seenInPart.map(({ id, reason }) => `- ${id}: ${text(reason ?? "")}`).join("\n"),
        ]
      : []),
    `${report.not_judged.length} more requirements of these profiles are not judged by this version of the suite (${report.suite.version}).`,
  ];
  return `${sections.join("\n\n")}\n`;
}
