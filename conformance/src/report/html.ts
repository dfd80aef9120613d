import { createHash } from "node:crypto";
import { type Html, html, type Part, raw } from "@convergint/internal/html";
import { toPrintable } from "@convergint/internal/printable";
import { describeRegistration } from "../evidence/deliveries.ts";
import { describeTrigger } from "../evidence/trigger-record.ts";
import type { Verdict } from "../suite/verdict.ts";
import { explainConclusion, recommendNextStep, renderHeadline } from "./conclusion.ts";
import { countHidden, describeShare } from "./failure-counts.ts";
import type { Report } from "./report.ts";
import { canReplay, describeRerunArguments, toCurl, toRerunCommand } from "./reproduce.ts";

type Reported = Report["requirements"][number];

const BROKEN: readonly Verdict[] = ["fail", "warn", "info", "harness-error"];
/**
 * How many failures to show per requirement, and how many of them to expand; the JSON report has all
 * failures.
 */
const MAX_FAILURES = 10;
const MAX_UNFOLDED = 3;
/** The maximum number of a vendor's characters that a report shows in any one place. */
const MAX_TEXT = 4000;

const shorten = (text: string) => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);
/** Renders text of the contract or the suite, in which backticks mark code. */
const prose = (text: string): Html[] =>
  shorten(text)
    .split(/`([^`]+)`/)
    .map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));
const pre = (text: string) => html`<pre>${shorten(text)}</pre>`;
const pair = (term: string, description: Part) => html`<dt>${term}</dt><dd>${description}</dd>`;
const renderHeaders = (headers: Readonly<Record<string, string>>) =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");

/** Renders the exchange or delivery of a failure, collapsed. */
function renderEvidence(report: Report, at: string): Part {
  const exchange = report.exchanges.find(({ id }) => id === at);
  if (exchange) {
    const request = `${exchange.method} ${exchange.url}\n${renderHeaders(exchange.request_headers)}`;
    const response =
      exchange.no_answer !== null
        ? `No response: ${exchange.no_answer}`
        : `HTTP ${exchange.status}\n${renderHeaders(exchange.response_headers)}`;
    return html`${canReplay(exchange) && html`<p>To repeat this call:</p>${pre(toCurl(report, exchange))}`}<details class="evidence"><summary>Exchange ${at}: request and response with headers</summary><p>Request</p>${pre(
      exchange.request_body === null ? request : `${request}\n\n${exchange.request_body}`,
    )}<p>Response</p>${pre(`${response}\n\n${exchange.response_body}`)}</details>`;
  }
  const delivery = report.deliveries.find(({ id }) => id === at);
  return (
    delivery &&
    html`<details class="evidence"><summary>Webhook ${at}</summary>${pre(`${renderHeaders(delivery.headers)}\n\n${delivery.body}`)}</details>`
  );
}

/**
 * @param isFirst whether this is the first failure of its exchange; only the first failure shows the exchange
 */
function renderFailure(
  report: Report,
  { at, where, excerpt, expected, actual, hint }: Reported["failures"][number],
  isFirst: boolean,
): Html {
  const exchange = report.exchanges.find(({ id }) => id === at);
  return html`<div class="failure"><dl>${[
    pair("In", shorten(exchange ? `${at}, ${exchange.method} ${exchange.url}: ${exchange.purpose}` : at)),
    where && pair("Where", html`<code>${shorten(where)}</code>`),
    excerpt && pair("Body", html`<code>${shorten(excerpt)}</code>`),
    pair("Expected", shorten(expected)),
    pair("Actual", shorten(actual)),
    pair("Fix", shorten(hint)),
  ]}</dl>${isFirst && renderEvidence(report, at)}</div>`;
}

function renderRequirement(report: Report, requirement: Reported): Html {
  const { id, level, verdict, text, failures, reason } = requirement;
  const omitted = describeRerunArguments(report, id);
  const shown = failures.slice(0, MAX_FAILURES).map((each, index) => {
    const isFirst = failures.findIndex(({ at }) => at === each.at) === index;
    return renderFailure(report, each, isFirst);
  });
  const folded = shown.slice(MAX_UNFOLDED);
  return html`<article class="${verdict}" id="${id}" aria-labelledby="h-${id}">${[
    html`<h3 id="h-${id}"><span class="tone">${verdict}</span> ${id} (${level})</h3>`,
    html`<blockquote>${prose(text)}</blockquote>`,
    describeShare(requirement).map((share) => html`<p class="soft">${share}.</p>`),
    reason && html`<p>${shorten(reason)}</p>`,
    shown.slice(0, MAX_UNFOLDED),
    folded.length > 0 && html`<details><summary>${folded.length} more</summary>${folded}</details>`,
    countHidden(failures, MAX_FAILURES).map(
      (tally) => html`<p class="soft">${shorten(tally)}; see the JSON report for all.</p>`,
    ),
    html`<p>To test only this requirement${omitted !== null && ` (${shorten(omitted)})`}:</p>${pre(toRerunCommand(report, id))}`,
  ]}</article>`;
}

const section = (title: string, content: readonly Html[]) =>
  content.length > 0 && html`<section><h2>${title}</h2>${content}</section>`;

const renderRows = (lines: readonly { id: string; words: string; tone: string }[]): Html[] =>
  lines.length === 0
    ? []
    : [
        html`<ul class="rows">${lines.map(({ id, words, tone }) => html`<li class="${tone}"><span class="tone">${id}</span><span>${prose(words)}</span></li>`)}</ul>`,
      ];

const renderFolded = (summary: string, rows: readonly Html[]): Html[] =>
  rows.length === 0 ? [] : [html`<details><summary>${summary}</summary>${rows}</details>`];

/** Renders a report as one HTML file without scripts or external resources: the conclusion, then each failure with evidence. */
export function renderHtml(reported: Report): string {
  const report = toPrintable(reported, { keepLines: true });
  const { conclusion, requirements, not_judged, profiles } = report;
  const having = (...verdicts: readonly Verdict[]) =>
    requirements.filter(({ verdict }) => verdicts.includes(verdict));
  const failed = having(...BROKEN);
  const counts = Object.entries(Object.groupBy(requirements, ({ verdict }) => verdict));
  const links = failed.map(({ id }, index) => html`${index > 0 && " · "}<a href="#${id}">${id}</a>`);
  const hash = createHash("sha256").update(STYLE).digest("base64");
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">
<title>${renderHeadline(report)}: vendor cloud contract ${report.contract_version}</title><style>${raw(STYLE)}</style></head>
<body><main>
<header class="verdict ${conclusion}"><p class="soft">${shorten(report.vendor ?? report.target)} · vendor cloud contract ${report.contract_version} · ${profiles.map((each) => each.name).join(", ")}</p>
<h1>${renderHeadline(report)}</h1><p>${shorten(explainConclusion(report))}</p><p><strong>Next step:</strong> ${prose(recommendNextStep(report))}</p>
<ul class="counts">${counts.map(([verdict, all]) => html`<li class="${verdict}"><b>${all?.length}</b> ${verdict}</li>`)}</ul></header>
<p class="soft">${shorten(report.target)} · ${report.started_at} to ${report.finished_at} · ${report.suite.name} ${report.suite.version}${report.endpoints !== null && ` · endpoints ${describeRegistration(report.endpoints)}`}${report.trigger !== null && ` · trigger: ${describeTrigger(report.trigger)}`}</p>
${links.length > 0 && html`<nav aria-label="Failures"><p>${links}</p></nav>`}
${section(
  having("fail", "harness-error").length > 0 ? "Failures" : "Warnings",
  failed.map((each) => renderRequirement(report, each)),
)}
${section("Could not be tested", renderRows(having("could-not-run").map(({ id, verdict, reason }) => ({ id, tone: verdict, words: reason ?? "" }))))}
${section("Passed, partly untested", renderRows(having("pass").flatMap(({ id, verdict, reason }) => (reason === null ? [] : [{ id, tone: verdict, words: reason }]))))}
${report.through !== null && section("Met by the profile, not by the vendor", [html`<p>${report.through.title}, <code>${report.through.digest}</code></p><p>${requirements.flatMap(({ id, met_by }) => (met_by === "profile" ? [id] : [])).join(", ")}</p>`])}
${report.through !== null && section("What the vendor lacks", renderRows(report.through.gaps.map(({ profile, lacks, cost }) => ({ id: profile, tone: "warn" as const, words: `${lacks}. ${cost}` }))))}
${section(
  "All tested requirements",
  renderFolded(
    `${requirements.length} requirements`,
    renderRows(
      requirements.map(({ id, verdict, text }) => ({ id: `${id} ${verdict}`, tone: verdict, words: text })),
    ),
  ),
)}
${section(
  "Not tested",
  renderFolded(
    `${not_judged.length} requirements in these profiles are not tested by this version of the suite`,
    renderRows(not_judged.map(({ id, reason }) => ({ id, tone: "not-applicable", words: reason }))),
  ),
)}
</main></body></html>
`.text;
}

/** The style of the HTML report: light and dark, any width, and print. */
export const STYLE = `
:root { color-scheme: light dark; --ink: light-dark(#1f2328, #e6edf3); --soft: light-dark(#57606a, #9da7b3);
  --paper: light-dark(#ffffff, #0d1117); --card: light-dark(#f6f8fa, #161b22); --line: light-dark(#d0d7de, #30363d);
  --pass: light-dark(#1a7f37, #4ac26b); --fail: light-dark(#b42318, #ff8178); --warn: light-dark(#7d4e00, #e3b341);
  --link: light-dark(#0550ae, #79b8ff); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; overflow-wrap: anywhere; }
h1 { font-size: 2rem; line-height: 1.15; margin: .25rem 0 .75rem; letter-spacing: -.01em; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 1rem; }
h3 { font-size: 1.05rem; margin: 0 0 .5rem; }
p { margin: .5rem 0; max-width: 44rem; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.verdict { border: 1px solid var(--line); border-left: 6px solid var(--tone); border-radius: 8px; padding: 1.5rem; background: var(--card); }
.verdict h1, .tone { color: var(--tone); }
.pass, .certified { --tone: var(--pass); } .fail, .harness-error, .not_conformant, .harness_error { --tone: var(--fail); }
.warn, .info, .could-not-run, .incomplete, .interrupted, .unreachable { --tone: var(--warn); } .not-applicable { --tone: var(--soft); }
.soft { color: var(--soft); font-size: .9rem; }
.counts { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; list-style: none; padding: 0; margin: 1rem 0 0; }
.counts b { font-size: 1.25rem; color: var(--tone); }
article { border: 1px solid var(--line); border-top: 4px solid var(--tone); border-radius: 8px; padding: 1.25rem; margin: 0 0 1.5rem; }
blockquote { margin: .5rem 0 1rem; padding-left: 1rem; border-left: 3px solid var(--line); }
dl { display: grid; grid-template-columns: 8.5rem 1fr; gap: .35rem 1rem; margin: 0 0 1rem; }
dt { color: var(--soft); } dd { margin: 0; min-width: 0; }
.failure { border-top: 1px solid var(--line); padding-top: 1rem; margin-top: 1rem; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: .75rem; margin: .25rem 0 .75rem; white-space: pre-wrap; overflow-wrap: anywhere; font: .85rem/1.5 ui-monospace, monospace; }
summary { cursor: pointer; padding: .35rem 0; }
ul.rows { list-style: none; padding: 0; margin: 0; } ul.rows li { padding: .4rem 0; border-bottom: 1px solid var(--line); display: grid; grid-template-columns: 8.5rem 1fr; gap: .75rem; }
@media (max-width: 600px) { main { padding: 1rem .75rem 3rem; } dl, ul.rows li { grid-template-columns: 1fr; gap: .1rem; } dd { margin-bottom: .5rem; } .verdict, article { padding: 1rem; } }
@media print { :root { color-scheme: light; } body { font-size: 10pt; } main { max-width: none; padding: 0; } nav { display: none; }
  .failure, .verdict, li { break-inside: avoid; } h2, h3, summary, dt { break-after: avoid; } pre { font-size: 8pt; }
  .soft { font-size: 9pt; }
  /* Print expands everything except the evidence, which would take hundreds of pages. */
  details:not(.evidence)::details-content { content-visibility: visible; block-size: auto; } }
`;
