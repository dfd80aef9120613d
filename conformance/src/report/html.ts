import { createHash } from "node:crypto";
import type { Verdict } from "../suite/verdict.ts";
import { escapeMarkup } from "./escape-markup.ts";
import { headlineOf, nextStepOf, summaryOf } from "./headline.ts";
import { STYLE } from "./html-style.ts";
import { printable } from "./printable.ts";
import type { Report } from "./report.ts";
import { canBeTried, curlOf, rerunOf, rerunTakes } from "./reproduce.ts";
import { shareOf, tallyOf } from "./tally.ts";

type Reported = Report["requirements"][number];

const BROKEN: readonly Verdict[] = ["fail", "warn", "info", "harness-error"];
/** How many failures of one requirement are shown, and how many of them unfolded; the JSON report has them all. */
const MOST_FAILURES = 10;
const MOST_UNFOLDED = 3;
/** The longest text of a vendor's that is shown in one place. */
const MOST_TEXT = 4000;

const t = (text: string) => escapeMarkup(text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text);
/** The contract's words and ours, in which backticks mark code. */
const prose = (text: string) => t(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>");
const pre = (text: string) => `<pre>${t(text)}</pre>`;
const pair = (term: string, description: string) => `<dt>${term}</dt><dd>${description}</dd>`;
const headersOf = (headers: Readonly<Record<string, string>>) =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");

/** The exchange or delivery that a failure points at, folded. */
function evidence(report: Report, at: string): string {
  const exchange = report.exchanges.find(({ id }) => id === at);
  if (exchange) {
    const asked = `${exchange.method} ${exchange.url}\n${headersOf(exchange.request_headers)}`;
    const answer = exchange.no_answer ?? `HTTP ${exchange.status}\n${headersOf(exchange.response_headers)}`;
    const again = canBeTried(exchange)
      ? `<p>A command that shows it:</p>${pre(curlOf(report, exchange))}`
      : "";
    return `${again}<details class="evidence"><summary>The exchange ${t(at)}: request and answer, with their headers</summary><p>Request</p>${pre(
      exchange.request_body === null ? asked : `${asked}\n\n${exchange.request_body}`,
    )}<p>Answer</p>${pre(`${answer}\n\n${exchange.response_body}`)}</details>`;
  }
  const delivery = report.deliveries.find(({ id }) => id === at);
  return delivery
    ? `<details class="evidence"><summary>The webhook ${t(at)}</summary>${pre(`${headersOf(delivery.headers)}\n\n${delivery.body}`)}</details>`
    : "";
}

/** @param isFirst whether no failure before it is of the same exchange, which is shown once */
function failure(
  report: Report,
  { at, where, expected, actual, hint }: Reported["failures"][number],
  isFirst: boolean,
): string {
  const exchange = report.exchanges.find(({ id }) => id === at);
  return `<div class="failure"><dl>${[
    pair("In", t(exchange ? `${at}, ${exchange.method} ${exchange.url}: ${exchange.purpose}` : at)),
    where ? pair("Where", `<code>${t(where)}</code>`) : "",
    pair("Expected", t(expected)),
    pair("Got", t(actual)),
    pair("What to change", t(hint)),
  ].join("")}</dl>${isFirst ? evidence(report, at) : ""}</div>`;
}

function broken(report: Report, requirement: Reported): string {
  const { id, level, verdict, text, failures, reason } = requirement;
  const takes = rerunTakes(report, id);
  const shown = failures.slice(0, MOST_FAILURES).map((each, index) => {
    const isFirst = failures.findIndex(({ at }) => at === each.at) === index;
    return failure(report, each, isFirst);
  });
  const folded = shown.slice(MOST_UNFOLDED);
  return [
    `<article class="${verdict}" id="${id}" aria-labelledby="h-${id}">`,
    `<h3 id="h-${id}"><span class="tone">${verdict}</span> ${id} (${level})</h3>`,
    `<blockquote>${prose(text)}</blockquote>`,
    ...shareOf(requirement).map((share) => `<p class="soft">${share}.</p>`),
    reason ? `<p>${t(reason)}</p>` : "",
    ...shown.slice(0, MOST_UNFOLDED),
    folded.length > 0
      ? `<details><summary>${folded.length} more like this</summary>${folded.join("")}</details>`
      : "",
    ...tallyOf(failures, MOST_FAILURES).map(
      (tally) => `<p class="soft">${t(tally)}; the JSON report has them all.</p>`,
    ),
    `<p>To try this requirement alone${takes === null ? "" : `, ${t(takes)}`}:</p>${pre(rerunOf(report, id))}</article>`,
  ].join("");
}

const section = (title: string, content: string) =>
  content === "" ? "" : `<section><h2>${title}</h2>${content}</section>`;

const rows = (lines: readonly { id: string; words: string; tone: string }[]) =>
  lines.length === 0
    ? ""
    : `<ul class="rows">${lines.map(({ id, words, tone }) => `<li class="${tone}"><span class="tone">${id}</span><span>${prose(words)}</span></li>`).join("")}</ul>`;

/**
 * A report as one HTML file that asks for nothing from anywhere and runs no script: a verdict for who decides, and every
 * failure with its evidence for who mends it.
 */
export function htmlReport(reported: Report): string {
  const report = printable(reported, { keepLines: true });
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
<title>${t(headlineOf(report))}: vendor cloud contract ${report.contract_version}</title><style>${STYLE}</style></head>
<body><main>
<header class="verdict ${conclusion}"><p class="soft">${t(name)} · vendor cloud contract ${report.contract_version} · ${t(profiles.map((each) => each.name).join(", "))}</p>
<h1>${t(headlineOf(report))}</h1><p>${t(summaryOf(report))}</p><p><strong>What to do next:</strong> ${prose(nextStepOf(report))}</p>
<ul class="counts">${counts.map(([verdict, all]) => `<li class="${verdict}"><b>${all?.length}</b> ${verdict}</li>`).join("")}</ul></header>
<p class="soft">${t(report.target)} · ${report.started_at} to ${report.finished_at} · ${t(report.suite.name)} ${t(report.suite.version)}${report.trigger ? ` · changes triggered by ${t(report.trigger)}` : ""}</p>
${failed.length > 0 ? `<nav aria-label="What was found"><p>${failed.map(({ id }) => `<a href="#${id}">${id}</a>`).join(" · ")}</p></nav>` : ""}
${section(having("fail", "harness-error").length > 0 ? "What is broken" : "What should be better", failed.map((each) => broken(report, each)).join("\n"))}
${section("What could not be judged", rows(having("could-not-run").map(({ id, verdict, reason }) => ({ id, tone: verdict, words: reason ?? "" }))))}
${section("Met as far as was seen", rows(having("pass").flatMap(({ id, verdict, reason }) => (reason === null ? [] : [{ id, tone: verdict, words: reason }]))))}
${section("Every requirement that was judged", `<details><summary>${requirements.length} requirements</summary>${rows(requirements.map(({ id, verdict, text }) => ({ id: `${id} ${verdict}`, tone: verdict, words: text })))}</details>`)}
${section("What this report says nothing of", not_judged.length === 0 ? "" : `<details><summary>${not_judged.length} requirements of these profiles are not judged by this version of the suite</summary>${rows(not_judged.map(({ id, reason }) => ({ id, tone: "not-applicable", words: reason })))}</details>`)}
</main></body></html>
`;
}
