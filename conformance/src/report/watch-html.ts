import { createHash } from "node:crypto";
import { type Html, html, raw } from "@convergint/internal/html";
import { toPrintable } from "@convergint/internal/printable";
import { findChanges, listWatched, type WatchedRequirement } from "../history/watch-entry.ts";
import type { WatchEntry } from "../history/watch-history.ts";
import { requirements } from "../registry/requirements.ts";
import { STYLE } from "./html.ts";

/** How many runs the page shows; the history file has more. */
const MAX_COLUMNS = 40;

const TABLE_STYLE = `
main { max-width: 90rem; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; font-size: .85rem; overflow-wrap: normal; }
th, td { padding: .3rem .6rem; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top; }
time { white-space: nowrap; } td.run, th.run { text-align: center; } td.run { color: var(--tone); }
th[scope="row"] { position: sticky; left: 0; background: var(--paper); min-width: 16rem; font-weight: normal; }
.met { --tone: var(--pass); } .broken { --tone: var(--fail); } .unreachable { --tone: var(--warn); }
`;

const MARK: Readonly<Record<string, string>> = {
  pass: "✓",
  fail: "✗",
  warn: "!",
  info: "i",
  "could-not-run": "?",
  "not-applicable": "–",
  "harness-error": "E",
};

const HEADLINE: Readonly<Record<WatchEntry["state"], string>> = {
  met: "MET",
  broken: "BROKEN",
  incomplete: "INCOMPLETE",
  unreachable: "DOWN",
  harness_error: "SUITE ERROR",
};

const minute = (time: string) => time.slice(0, 16).replace("T", " ");
const timeOf = (time: string): Html => html`<time datetime="${time}">${minute(time)}</time>`;

const cell = (verdict: string | undefined, { finished_at }: WatchEntry): Html =>
  verdict === undefined
    ? html`<td class="run"></td>`
    : html`<td class="run ${verdict}" title="${verdict}, ${minute(finished_at)}">${MARK[verdict] ?? verdict}</td>`;

const headOf = (runs: readonly WatchEntry[]): Html =>
  html`<thead><tr><th scope="col">Requirement</th><th scope="col">Last confirmed</th>${runs.map(
    ({ finished_at, state }) =>
      html`<th scope="col" class="run ${state}"><time datetime="${finished_at}">${finished_at.slice(0, 10)}<br>${finished_at.slice(11, 16)}</time><br><span class="tone">${HEADLINE[state]}</span></th>`,
  )}</tr></thead>`;

const rowOf = (
  { id, level, text, lastConfirmed, failingSince }: WatchedRequirement,
  runs: readonly WatchEntry[],
): Html =>
  html`<tr><th scope="row" title="${text}"><b>${id}</b> (${level})${failingSince !== null && html`<br><span class="fail"><span class="tone">failing since ${timeOf(failingSince)}</span></span>`}</th><td>${lastConfirmed === null ? "never" : timeOf(lastConfirmed)}</td>${runs.map((run) => cell(run.verdicts[id], run))}</tr>`;

/**
 * Renders one row for each requirement that is judged by comparing two runs. A failure in such a row happens
 * once; a later pass does not cancel it.
 */
function renderCompared(entries: readonly WatchEntry[], runs: readonly WatchEntry[]): Html[] {
  const ids = [...new Set(entries.flatMap(({ compared }) => Object.keys(compared)))].toSorted();
  return ids.map((id) => {
    const broken = entries.findLast(({ compared }) => compared[id] === "fail");
    const met = entries.findLast(({ compared }) => compared[id] === "pass");
    return html`<tr><th scope="row"><b>${id}</b> compared with the run before${broken && html`<br><span class="fail"><span class="tone">last broken ${timeOf(broken.finished_at)}</span></span>`}</th><td>${met ? timeOf(met.finished_at) : "never"}</td>${runs.map((run) => cell(run.compared[id], run))}</tr>`;
  });
}

const renderIds = (title: string, ids: readonly string[], tone: string) =>
  ids.length > 0 &&
  html`<li class="${tone}"><span class="tone">${title}</span><span>${ids.join(", ")}</span></li>`;

function renderChanges(earlier: readonly WatchEntry[], last: WatchEntry): Html {
  const changes = findChanges(earlier, last);
  const isSame = Object.values(changes).every((ids) => ids.length === 0);
  return isSame
    ? html`<p>Nothing.</p>`
    : html`<ul class="rows">${[
        renderIds("Newly failing", changes.newly_failing, "fail"),
        renderIds("Broken between two runs", changes.broken_between_runs, "fail"),
        renderIds("No longer tested", changes.no_longer_tested, "could-not-run"),
        renderIds("Healed", changes.healed, "pass"),
      ]}</ul>`;
}

const renderProblems = ({ problems }: WatchEntry): Html[] =>
  problems.map(
    ({ id, at, expected, actual, hint }) =>
      html`<article class="fail"><h3>${id}</h3><blockquote>${requirements.find((each) => each.id === id)?.text}</blockquote><dl><dt>Where</dt><dd>${at}</dd><dt>Expected</dt><dd>${expected}</dd><dt>Actual</dt><dd>${actual}</dd><dt>Fix</dt><dd>${hint}</dd></dl></article>`,
  );

/**
 * Renders the history of `watch` as one HTML file without scripts or external resources. The file shows the
 * state, what changed with the last run, and what is broken. A table has one row per requirement and one
 * column per run, newest first.
 *
 * @param recorded the history, from old to new; not empty
 */
export function renderWatchHtml(recorded: readonly WatchEntry[]): string {
  const entries = toPrintable(recorded, { keepLines: true });
  const last = entries.at(-1) as WatchEntry;
  const lastUp = entries.findLast(({ state }) => state !== "unreachable");
  const runs = entries.slice(-MAX_COLUMNS).toReversed();
  const watched = listWatched(entries);
  // Failing requirements come first.
  const tested = watched
    .filter(({ isTested }) => isTested)
    .toSorted((one, other) => Number(other.failingSince !== null) - Number(one.failingSince !== null));
  const untested = watched.filter(({ isTested }) => !isTested).map(({ id }) => id);
  const lastMet = entries.findLast(({ state }) => state === "met");
  const style = STYLE + TABLE_STYLE;
  const hash = createHash("sha256").update(style).digest("base64");
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">
<title>${HEADLINE[last.state]}: ${last.target}</title><style>${raw(style)}</style></head>
<body><main>
<header class="verdict ${last.state}"><p class="soft">${last.target}</p><h1>${HEADLINE[last.state]}</h1>
<p>Last run: ${timeOf(last.finished_at)}. ${lastMet ? html`All requirements that can be watched were last met at ${timeOf(lastMet.finished_at)}.` : "No run has met all requirements."} Times are in UTC.</p>
${last.reason !== null && html`<p>${last.reason}</p>`}</header>
<section><h2>Changed with the last run</h2>${renderChanges(entries.slice(0, -1), last)}</section>
${lastUp && lastUp.problems.length > 0 && html`<section><h2>Broken</h2>${lastUp !== last && html`<p>The vendor does not respond; this was found at ${timeOf(lastUp.finished_at)}.</p>`}${renderProblems(lastUp)}</section>`}
<section><h2>Runs</h2><div class="scroll" role="region" aria-label="Runs" tabindex="0"><table>${headOf(runs)}<tbody>${tested.map((each) => rowOf(each, runs))}${renderCompared(entries, runs)}</tbody></table></div>
<p class="soft">✓ met · ✗ MUST broken · ! SHOULD broken · i MAY broken · ? could not be tested · – not applicable. The page shows the last ${runs.length} of ${entries.length} runs.</p>
${untested.length > 0 && html`<details><summary>${untested.length} requirements could never be tested</summary><p>${untested.join(", ")}</p></details>`}</section>
</main></body></html>
`.text;
}
