import { createHash } from "node:crypto";
import type { Verdict } from "../suite/verdict.ts";
import { explainConclusion, recommendNextStep, renderHeadline } from "./conclusion.ts";
import { countHidden, describeShare } from "./failure-counts.ts";
import { STYLE } from "./html-style.ts";
import type { Report } from "./report.ts";
import { canReplay, describeRerunArguments, toCurl, toRerunCommand } from "./reproduce.ts";
import { escapeMarkup, toPrintable } from "./safe-text.ts";

type Reported = Report["requirements"][number];

const BROKEN: readonly Verdict[] = ["fail", "warn", "info", "harness-error"];
/** The failures shown per requirement, and how many of them unfolded; the JSON report has all. */
const MAX_FAILURES = 10;
const MAX_UNFOLDED = 3;
/** The longest text of a vendor shown in one place. */
const MAX_TEXT = 4000;

const t = (text: string) => escapeMarkup(text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);
/** Renders text of the contract or the suite, in which backticks mark code. */
const prose = (text: string) => t(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>");
const pre = (text: string) => `<pre>${t(text)}</pre>`;
const pair = (term: string, description: string) => `<dt>${term}</dt><dd>${description}</dd>`;
const renderHeaders = (headers: Readonly<Record<string, string>>) =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");

/** Renders the exchange or delivery of a failure, folded. */
function renderEvidence(report: Report, at: string): string {
  const exchange = report.exchanges.find(({ id }) => id === at);
  if (exchange) {
    const request = `${exchange.method} ${exchange.url}\n${renderHeaders(exchange.request_headers)}`;
    const response =
      exchange.no_answer !== null
        ? `No response: ${exchange.no_answer}`
        : `HTTP ${exchange.status}\n${renderHeaders(exchange.response_headers)}`;
    const replay = canReplay(exchange) ? `<p>To repeat this call:</p>${pre(toCurl(report, exchange))}` : "";
    return `${replay}<details class="evidence"><summary>Exchange ${t(at)}: request and response with headers</summary><p>Request</p>${pre(
      exchange.request_body === null ? request : `${request}\n\n${exchange.request_body}`,
    )}<p>Response</p>${pre(`${response}\n\n${exchange.response_body}`)}</details>`;
  }
  const delivery = report.deliveries.find(({ id }) => id === at);
  return delivery
    ? `<details class="evidence"><summary>Webhook ${t(at)}</summary>${pre(`${renderHeaders(delivery.headers)}\n\n${delivery.body}`)}</details>`
    : "";
}

/** @param isFirst whether this is the first failure of its exchange, which is shown once */
function renderFailure(
  report: Report,
  { at, where, expected, actual, hint }: Reported["failures"][number],
  isFirst: boolean,
): string {
  const exchange = report.exchanges.find(({ id }) => id === at);
  return `<div class="failure"><dl>${[
    pair("In", t(exchange ? `${at}, ${exchange.method} ${exchange.url}: ${exchange.purpose}` : at)),
    where ? pair("Where", `<code>${t(where)}</code>`) : "",
    pair("Expected", t(expected)),
    pair("Actual", t(actual)),
    pair("Fix", t(hint)),
  ].join("")}</dl>${isFirst ? renderEvidence(report, at) : ""}</div>`;
}

function renderRequirement(report: Report, requirement: Reported): string {
  const { id, level, verdict, text, failures, reason } = requirement;
  const omitted = describeRerunArguments(report, id);
  const shown = failures.slice(0, MAX_FAILURES).map((each, index) => {
    const isFirst = failures.findIndex(({ at }) => at === each.at) === index;
    return renderFailure(report, each, isFirst);
  });
  const folded = shown.slice(MAX_UNFOLDED);
  return [
    `<article class="${verdict}" id="${id}" aria-labelledby="h-${id}">`,
    `<h3 id="h-${id}"><span class="tone">${verdict}</span> ${id} (${level})</h3>`,
    `<blockquote>${prose(text)}</blockquote>`,
    ...describeShare(requirement).map((share) => `<p class="soft">${share}.</p>`),
    reason ? `<p>${t(reason)}</p>` : "",
    ...shown.slice(0, MAX_UNFOLDED),
    folded.length > 0 ? `<details><summary>${folded.length} more</summary>${folded.join("")}</details>` : "",
    ...countHidden(failures, MAX_FAILURES).map(
      (tally) => `<p class="soft">${t(tally)}; see the JSON report for all.</p>`,
    ),
    `<p>To test only this requirement${omitted === null ? "" : ` (${t(omitted)})`}:</p>${pre(toRerunCommand(report, id))}</article>`,
  ].join("");
}

const section = (title: string, content: string) =>
  content === "" ? "" : `<section><h2>${title}</h2>${content}</section>`;

const renderRows = (lines: readonly { id: string; words: string; tone: string }[]) =>
  lines.length === 0
    ? ""
    : `<ul class="rows">${lines.map(({ id, words, tone }) => `<li class="${tone}"><span class="tone">${id}</span><span>${prose(words)}</span></li>`).join("")}</ul>`;

/** Renders a report as one HTML file without scripts or external resources: the conclusion, then each failure with evidence. */
export function renderHtml(reported: Report): string {
  const report = toPrintable(reported, { keepLines: true });
  const { conclusion, requirements, not_judged, profiles } = report;
  const having = (...verdicts: readonly Verdict[]) =>
    requirements.filter(({ verdict }) => verdicts.includes(verdict));
  const failed = having(...BROKEN);
  const counts = Object.entries(Object.groupBy(requirements, ({ verdict }) => verdict));
  const name = report.vendor ?? report.target;
  const hash = createHash("sha256").update(STYLE).digest("base64");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">
<title>${t(renderHeadline(report))}: vendor cloud contract ${report.contract_version}</title><style>${STYLE}</style></head>
<body><main>
<header class="verdict ${conclusion}"><p class="soft">${t(name)} · vendor cloud contract ${report.contract_version} · ${t(profiles.map((each) => each.name).join(", "))}</p>
<h1>${t(renderHeadline(report))}</h1><p>${t(explainConclusion(report))}</p><p><strong>Next step:</strong> ${prose(recommendNextStep(report))}</p>
<ul class="counts">${counts.map(([verdict, all]) => `<li class="${verdict}"><b>${all?.length}</b> ${verdict}</li>`).join("")}</ul></header>
<p class="soft">${t(report.target)} · ${report.started_at} to ${report.finished_at} · ${t(report.suite.name)} ${t(report.suite.version)}${report.trigger ? ` · changes triggered by ${t(report.trigger)}` : ""}</p>
${failed.length > 0 ? `<nav aria-label="Failures"><p>${failed.map(({ id }) => `<a href="#${id}">${id}</a>`).join(" · ")}</p></nav>` : ""}
${section(having("fail", "harness-error").length > 0 ? "Failures" : "Warnings", failed.map((each) => renderRequirement(report, each)).join("\n"))}
${section("Could not be tested", renderRows(having("could-not-run").map(({ id, verdict, reason }) => ({ id, tone: verdict, words: reason ?? "" }))))}
${section("Passed, partly untested", renderRows(having("pass").flatMap(({ id, verdict, reason }) => (reason === null ? [] : [{ id, tone: verdict, words: reason }]))))}
${section("All tested requirements", `<details><summary>${requirements.length} requirements</summary>${renderRows(requirements.map(({ id, verdict, text }) => ({ id: `${id} ${verdict}`, tone: verdict, words: text })))}</details>`)}
${section("Not tested", not_judged.length === 0 ? "" : `<details><summary>${not_judged.length} requirements in these profiles are not tested by this version of the suite</summary>${renderRows(not_judged.map(({ id, reason }) => ({ id, tone: "not-applicable", words: reason })))}</details>`)}
</main></body></html>
`;
}
