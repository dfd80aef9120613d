import { styleText } from "node:util";
import { toPrintable } from "@convergint/internal/printable";
import { describeRegistration } from "../evidence/deliveries.ts";
import { isObject, parseJson } from "../evidence/read.ts";
import { describeTrigger } from "../evidence/trigger-record.ts";
import { describeThrough } from "../suite/through.ts";
import type { Verdict } from "../suite/verdict.ts";
import { endedEarly, explainConclusion, renderHeadline } from "./conclusion.ts";
import { countHidden, describeShare } from "./failure-counts.ts";
import type { Report } from "./report.ts";
import { canReplay, describeRerunArguments, toCurl, toRerunCommand } from "./reproduce.ts";

/** Styles a text, or returns it unchanged. */
export type StyleText = (
  format: "bold" | "dim" | "green" | "red" | "yellow" | "cyan",
  text: string,
) => string;

/** Returns whether to write color codes: on a terminal, unless `NO_COLOR` is set. */
export const shouldUseColor = (
  screen: { readonly isTTY?: boolean | undefined },
  environment: Readonly<Record<string, string | undefined>>,
): boolean => Boolean(screen.isTTY) && !environment["NO_COLOR"];

/** Creates the function that styles text. @param color whether to write color codes */
export const createStyle = (color: boolean): StyleText =>
  color ? (format, text) => styleText(format, text, { validateStream: false }) : (_, text) => text;

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

const LEGEND =
  "x… is a call that the suite made. d… is a webhook that the suite received. --report html=FILE shows both in full. `try` repeats a single call. `rerun` tests the requirement again.";

/** How many failures to show per requirement. */
const MAX_FAILURES = 2;

type Reported = Report["requirements"][number];

const indent = (lines: readonly string[], by: string) => lines.map((line) => by + line);

/** The maximum length of a body excerpt. */
const MAX_BODY = 240;

/** Excerpts a body in one line. For an event, the data comes before the rest of the envelope. */
function excerpt(body: string): string {
  const event = parseJson(body);
  const text =
    isObject(event) && isObject(event["data"])
      ? JSON.stringify({ type: event["type"], time: event["time"], data: event["data"], ...event })
      : body.replace(/[\s\ufffd]+/g, " ");
  return text.length > MAX_BODY ? `${text.slice(0, MAX_BODY)}…` : text;
}

/**
 * @param isRepeated whether the previous failure is of the same exchange, so that the exchange's command is
 *   already shown
 */
function renderFailure(report: Report, failure: Reported["failures"][number], isRepeated: boolean): string[] {
  const exchange = report.exchanges.find(({ id }) => id === failure.at);
  const delivery = report.deliveries.find(({ id }) => id === failure.at);
  const shown = exchange ? `${exchange.method} ${exchange.url}` : delivery ? "webhook from the vendor" : "";
  return [
    `in        ${failure.at}${shown ? `, ${shown}` : ""}`,
    ...(exchange ? [`purpose   ${exchange.purpose}`] : []),
    ...(failure.where ? [`at        ${failure.where}`] : []),
    `expected  ${failure.expected}`,
    `actual    ${failure.actual}`,
    `fix       ${failure.hint}`,
    ...(exchange && canReplay(exchange) && !isRepeated ? [`try       ${toCurl(report, exchange)}`] : []),
    ...(failure.excerpt !== undefined
      ? [`body      ${failure.excerpt}`]
      : delivery
        ? [`body      ${excerpt(delivery.body)}`]
        : []),
  ];
}

function renderRequirement(report: Report, requirement: Reported, style: StyleText): string[] {
  const shown = requirement.failures.slice(0, MAX_FAILURES);
  const omitted = describeRerunArguments(report, requirement.id);
  return [
    "",
    style(
      STYLE[requirement.verdict],
      `${MARK[requirement.verdict]} ${requirement.id} (${requirement.level})`,
    ),
    `  ${requirement.text}`,
    ...describeShare(requirement).map((share) => `  ${share}`),
    ...shown.flatMap((failure, index) => [
      "",
      ...indent(renderFailure(report, failure, shown[index - 1]?.at === failure.at), "    "),
    ]),
    ...countHidden(requirement.failures, shown.length).flatMap((tally) => [
      "",
      `    ${tally}; see the JSON report for all`,
    ]),
    ...(requirement.reason ? [`    ${requirement.reason}`] : []),
    "",
    `    rerun     ${toRerunCommand(report, requirement.id)}`,
    ...(omitted === null ? [] : [`              ${omitted}`]),
  ];
}

function renderChecklist(report: Report, style: StyleText): string[] {
  const profiles = [...new Set(report.requirements.map(({ profile }) => profile))];
  return profiles.flatMap((profile) => {
    const own = report.requirements.filter((requirement) => requirement.profile === profile);
    const judged = own.filter(({ verdict }) => verdict !== "could-not-run");
    const left = own.length - judged.length;
    // If the run ended early, its last line says why.
    if (judged.length === 0 && endedEarly(report)) return [];
    return [
      "",
      style("bold", profile),
      ...judged.map(({ id, verdict, text }) => {
        const short = text.length > 88 ? `${text.slice(0, 87)}…` : text;
        return `  ${style(STYLE[verdict], MARK[verdict])} ${id.padEnd(9)} ${style("dim", short)}`;
      }),
      ...(left === 0
        ? []
        : [
            `  ${style(STYLE["could-not-run"], MARK["could-not-run"])} ${style("dim", `${left} could not be tested`)}`,
          ]),
    ];
  });
}

/** Lists what was not tested, one line for each reason, so that a certificate does not seem to claim more than it does. */
function listUntested({ not_judged }: Report, style: StyleText): string[] {
  if (not_judged.length === 0) return [];
  const musts = not_judged.filter(({ level }) => level === "MUST").length;
  return [
    "",
    style("bold", `${not_judged.length} more requirements (${musts} MUST) are not tested`),
    ...listReasons(not_judged, style),
  ];
}

/** Lists each reason in one line, after the ids of its requirements, because one cause often affects several requirements. */
const listReasons = (
  requirements: readonly { readonly id: string; readonly reason: string | null }[],
  style: StyleText,
): string[] =>
  [...Map.groupBy(requirements, ({ reason }) => reason)].map(
    ([reason, alike]) => `  ${style("dim", alike.map(({ id }) => id).join(", "))}  ${reason}`,
  );

/** Lists the passed requirements that were tested only in part, with the reason. */
function listPartlyUntested(passed: readonly Reported[], style: StyleText): string[] {
  const inPart = passed.filter(({ reason }) => reason !== null);
  return inPart.length === 0
    ? []
    : ["", style("bold", `${inPart.length} passed, partly untested`), ...listReasons(inPart, style)];
}

/** Lists the requirements that only the vendor profile meets, and what the vendor lacks, with the cost of each lack. */
function listGaps({ through, requirements }: Report, style: StyleText): string[] {
  if (through === null) return [];
  const byProfile = requirements.filter(({ met_by }) => met_by === "profile").map(({ id }) => id);
  return [
    "",
    style("bold", `${byProfile.length} of the passed requirements are met by the profile, not by the vendor`),
    `  ${style("dim", byProfile.join(", "))}`,
    "",
    style("bold", "What the vendor lacks, and what it costs"),
    ...through.gaps.map(
      ({ profile, lacks, cost }) => `  ${style("yellow", profile.padEnd(10))} ${lacks}. ${cost}`,
    ),
  ];
}

/** Groups requirements by reason, because one cause often affects several. */
const groupByReason = (requirements: readonly Reported[], style: StyleText, verdict: Verdict): string[] =>
  [...Map.groupBy(requirements, ({ reason }) => reason)].flatMap(([reason, alike]) => [
    "",
    style(STYLE[verdict], `${MARK[verdict]} could not be tested: ${reason}`),
    `    ${alike.map(({ id }) => id).join(", ")}`,
  ]);

/**
 * Renders a report for a terminal: the checklist, then each failure with expected and actual values and how to reproduce it.
 *
 * @param color whether to write color codes
 */
export function renderTerminal(reported: Report, { color }: { readonly color: boolean }): string {
  const report = toPrintable(reported);
  const style = createStyle(color);
  const having = (...verdicts: Verdict[]) =>
    report.requirements.filter(({ verdict }) => verdicts.includes(verdict));
  const counts = (Object.keys(MARK) as Verdict[])
    .filter((verdict) => having(verdict).length > 0)
    .map((verdict) => `${having(verdict).length} ${verdict}`);
  const headline = renderHeadline(report);
  const details = [
    ...renderChecklist(report, style),
    ...having("fail", "warn", "info", "harness-error").flatMap((each) =>
      renderRequirement(report, each, style),
    ),
    ...(having("fail", "warn", "info").length > 0 ? ["", style("dim", LEGEND)] : []),
    ...groupByReason(
      having("could-not-run").filter(({ reason }) => !endedEarly(report) || reason !== report.stop_reason),
      style,
      "could-not-run",
    ),
    ...listPartlyUntested(having("pass"), style),
    ...listUntested(report, style),
    "",
    `${report.requirements.length} requirements: ${counts.join(", ")}`,
    ...listGaps(report, style),
  ];
  return [
    style(
      "bold",
      `Vendor cloud contract ${report.contract_version} · ${report.suite.name} ${report.suite.version}`,
    ),
    `target   ${report.target}${report.vendor ? ` (${report.vendor})` : ""}`,
    ...(report.through ? [`profile  ${describeThrough(report.through)}`] : []),
    ...(report.seed === null ? [] : [`seed     ${report.seed}`]),
    ...(report.trigger ? [`trigger  ${describeTrigger(report.trigger)}`] : []),
    ...(report.endpoints ? [`endpoints ${describeRegistration(report.endpoints)}`] : []),
    // Without a response from the target, every line would say the same, so the lines are left out.
    ...(report.conclusion === "unreachable" && report.stopped === null ? [""] : details),
    `${style(report.conclusion === "certified" ? "green" : "red", headline)}  ${explainConclusion(report)}`,
    "",
  ].join("\n");
}
