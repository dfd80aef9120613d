import { isObject, parseJson } from "../evidence/read.ts";
import type { Verdict } from "../suite/verdict.ts";
import { headlineOf, summaryOf } from "./headline.ts";
import { printable } from "./printable.ts";
import type { Report } from "./report.ts";
import { canBeTried, curlOf, rerunOf, rerunTakes } from "./reproduce.ts";
import { type StyleText, styled } from "./style.ts";
import { shareOf, tallyOf } from "./tally.ts";

const MARK: Record<Verdict, string> = {
  pass: "✓",
  fail: "✗",
  warn: "!",
  info: "i",
  "not-applicable": "–",
  "could-not-run": "?",
  "harness-error": "‼",
};

const STYLE: Record<Verdict, Parameters<StyleText>[0]> = {
  pass: "green",
  fail: "red",
  warn: "yellow",
  info: "cyan",
  "not-applicable": "dim",
  "could-not-run": "yellow",
  "harness-error": "red",
};

const WHERE_THE_REST_IS =
  "x… is a call of this run and d… a webhook that came: --report html=FILE shows each whole. What one `try` cannot show again, `rerun` does.";

/** How many failures of one requirement are shown whole. */
const MOST_FAILURES = 2;

type Reported = Report["requirements"][number];

const indent = (lines: readonly string[], by: string) => lines.map((line) => by + line);

/** How much of a body is shown. */
const MOST_BODY = 240;

/** What a body says, as far as one line has room: an event's own words before those of its envelope. */
function inShort(body: string): string {
  const event = parseJson(body);
  const text =
    isObject(event) && isObject(event["data"])
      ? JSON.stringify({ type: event["type"], time: event["time"], data: event["data"], ...event })
      : body.replace(/[\s\ufffd]+/g, " ");
  return text.length > MOST_BODY ? `${text.slice(0, MOST_BODY)}…` : text;
}

/** @param again whether the failure before it was of the same exchange, whose command need not be said twice */
function failureLines(report: Report, failure: Reported["failures"][number], again: boolean): string[] {
  const exchange = report.exchanges.find(({ id }) => id === failure.at);
  const delivery = report.deliveries.find(({ id }) => id === failure.at);
  const shown = exchange
    ? `${exchange.method} ${exchange.url}`
    : delivery
      ? "the webhook the vendor posted"
      : "";
  return [
    `in        ${failure.at}${shown ? `, ${shown}` : ""}`,
    ...(exchange ? [`${exchange.signed ? "posted   " : "asked    "} ${exchange.purpose}`] : []),
    ...(failure.where ? [`at        ${failure.where}`] : []),
    `expected  ${failure.expected}`,
    `got       ${failure.actual}`,
    `change    ${failure.hint}`,
    ...(exchange && canBeTried(exchange) && !again ? [`try       ${curlOf(report, exchange)}`] : []),
    ...(delivery ? [`body      ${inShort(delivery.body)}`] : []),
  ];
}

function explained(report: Report, requirement: Reported, style: StyleText): string[] {
  const shown = requirement.failures.slice(0, MOST_FAILURES);
  const takes = rerunTakes(report, requirement.id);
  return [
    "",
    style(
      STYLE[requirement.verdict],
      `${MARK[requirement.verdict]} ${requirement.id} (${requirement.level})`,
    ),
    `  ${requirement.text}`,
    ...shareOf(requirement).map((share) => `  ${share}`),
    ...shown.flatMap((failure, index) => [
      "",
      ...indent(failureLines(report, failure, shown[index - 1]?.at === failure.at), "    "),
    ]),
    ...tallyOf(requirement.failures, shown.length).flatMap((tally) => [
      "",
      `    ${tally}; the JSON report has them all`,
    ]),
    ...(requirement.reason ? [`    ${requirement.reason}`] : []),
    "",
    `    rerun     ${rerunOf(report, requirement.id)}`,
    ...(takes === null ? [] : [`              ${takes}`]),
  ];
}

function overview(report: Report, style: StyleText): string[] {
  const profiles = [...new Set(report.requirements.map(({ profile }) => profile))];
  return profiles.flatMap((profile) => [
    "",
    style("bold", profile),
    ...report.requirements
      .filter((requirement) => requirement.profile === profile)
      .map(({ id, verdict, text }) => {
        const short = text.length > 88 ? `${text.slice(0, 87)}…` : text;
        return `  ${style(STYLE[verdict], MARK[verdict])} ${id.padEnd(9)} ${style("dim", short)}`;
      }),
  ]);
}

/** What no run of this version judges, as one line: a certificate must not seem to say more than it does. */
function outOfReach({ not_judged, profiles }: Report): string[] {
  if (not_judged.length === 0) return [];
  const musts = not_judged.filter(({ level }) => level === "MUST").length;
  const names = profiles.map(({ name }) => name).join(", ");
  return [
    `${not_judged.length} more of ${names} (${musts} MUST) are not judged by this version of the suite; \`convergint-conformance list\` says which and why`,
  ];
}

/** What requirements have a reason for, once for each: one cause seldom stops one requirement alone. */
function byReason(
  requirements: readonly Reported[],
  style: StyleText,
  verdict: Verdict,
  words: string,
): string[] {
  return [...Map.groupBy(requirements, ({ reason }) => reason)].flatMap(([reason, alike]) => [
    "",
    style(STYLE[verdict], `${MARK[verdict]} ${words}: ${reason}`),
    `    ${alike.map(({ id }) => id).join(", ")}`,
  ]);
}

/**
 * A report for people: the checklist, then each failure with what was expected, what came and how to see it again.
 *
 * @param color whether the reader is a terminal that shows colours
 */
export function terminalReport(reported: Report, { color }: { readonly color: boolean }): string {
  const report = printable(reported);
  const style = styled(color);
  const having = (...verdicts: Verdict[]) =>
    report.requirements.filter(({ verdict }) => verdicts.includes(verdict));
  const counts = (Object.keys(MARK) as Verdict[])
    .filter((verdict) => having(verdict).length > 0)
    .map((verdict) => `${having(verdict).length} ${verdict}`);
  const headline = headlineOf(report);
  const details = [
    ...overview(report, style),
    ...having("fail", "warn", "info", "harness-error").flatMap((each) => explained(report, each, style)),
    ...(having("fail", "warn", "info").length > 0 ? ["", style("dim", WHERE_THE_REST_IS)] : []),
    ...byReason(having("could-not-run"), style, "could-not-run", "could not be judged"),
    ...byReason(
      having("pass").filter(({ reason }) => reason !== null),
      style,
      "pass",
      "met as far as was seen",
    ),
    "",
    `${report.requirements.length} requirements: ${counts.join(", ")}`,
    ...outOfReach(report),
  ];
  return [
    style(
      "bold",
      `Vendor cloud contract ${report.contract_version} · ${report.suite.name} ${report.suite.version}`,
    ),
    `target   ${report.target}${report.vendor ? ` (${report.vendor})` : ""}`,
    ...(report.seed === null ? [] : [`seed     ${report.seed}`]),
    ...(report.trigger
      ? [`trigger  ${report.trigger === "sandbox" ? "sandbox control" : "--trigger-cmd"}`]
      : []),
    // Where nothing answered, there is nothing to list.
    ...(report.conclusion === "unreachable" ? [""] : details),
    `${style(report.conclusion === "certified" ? "green" : "red", headline)}  ${summaryOf(report)}`,
    "",
  ].join("\n");
}
