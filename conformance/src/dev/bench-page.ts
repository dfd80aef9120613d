import { html, raw } from "@convergint/internal/html";
import { PAGE_STYLE } from "../listen/live-page.ts";
import { BENCH_SCRIPT } from "./bench-page-script.ts";

/** The answers that the page offers, as `listen --answer` writes them. */
const FAULTS: readonly (readonly [string, string])[] = [
  ["", "as a consumer"],
  ["500", "500"],
  ["429:5", "429, Retry-After 5"],
  ["503:5", "503, Retry-After 5"],
  ["slow:10", "204 after 10 s"],
  ["hang", "no response"],
  ["reset", "connection reset"],
  ["redirect", "307 redirect"],
  ["410", "410 gone"],
];

const STYLE = `
main { max-width: 90rem; }
.bar { position: sticky; top: 0; z-index: 1; background: var(--paper); border-bottom: 1px solid var(--line); padding: .5rem 0; }
.bar p, .tools { margin: .15rem 0; overflow-wrap: anywhere; }
.controls { display: flex; flex-wrap: wrap; gap: .4rem .6rem; align-items: center; margin: .6rem 0; }
.controls fieldset { border: 1px solid var(--line); border-radius: 8px; padding: .2rem .6rem .5rem; margin: 0; display: flex; flex-wrap: wrap; gap: .4rem; align-items: center; }
legend, .soft { color: var(--soft); }
button, select, input, a.button { font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: .3rem .6rem; min-height: 2.2rem; }
button, a.button { cursor: pointer; text-decoration: none; }
button:disabled { color: var(--soft); cursor: not-allowed; }
button:focus-visible, select:focus-visible, input:focus-visible, a:focus-visible { outline: 2px solid var(--mark); outline-offset: 2px; }
input[type=checkbox] { min-height: 0; }
a { color: var(--mark); }
.columns { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 1.5rem; align-items: start; }
.group { display: grid; grid-template-columns: 3.5rem 1fr; gap: .3rem; padding: .15rem 0; align-items: start; }
.group .name { padding-top: .3rem; }
.chips { display: flex; flex-wrap: wrap; gap: .25rem; }
.chip { min-height: 1.9rem; padding: .1rem .4rem; font-size: 13px; min-width: 3.8rem; text-align: left; }
.chip.pass { color: var(--good); border-color: var(--good); }
.chip.fail, .chip.error { color: var(--paper); background: var(--wrong); border-color: var(--wrong); font-weight: 600; }
.chip.warn { color: var(--unsure); border-color: var(--unsure); }
.chip.waiting, .chip.not_live, .chip.not_applicable { color: var(--soft); }
.chip.not_live, .chip.not_applicable { border-style: dashed; }
.chip[aria-pressed="true"] { outline: 2px solid var(--mark); }
.row { border-left: 4px solid var(--line); padding: 0 0 .2rem .8rem; margin: 1rem 0; overflow-wrap: anywhere; }
.row.pass { border-left-color: var(--good); } .row.fail, .row.error { border-left-color: var(--wrong); } .row.warn { border-left-color: var(--unsure); }
.row h3 { font-size: 1rem; margin: 0; } .row p { margin: .2rem 0; }
dl { display: grid; grid-template-columns: 5rem 1fr; gap: .1rem .5rem; margin: .2rem 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.forwarded.ok { color: var(--good); } .forwarded.wrong, .refused, #faulty { color: var(--wrong); }
.forwarded pre { color: var(--ink); }
.tools { display: flex; flex-wrap: wrap; gap: .4rem; }
.columns h2 { font-size: 1.05rem; margin: .2rem 0 .4rem; }
details { scroll-margin-top: 9rem; }
[hidden] { display: none !important; }
@media (max-width: 60rem) { .columns { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 30rem) { main { padding: .6rem; } dl { grid-template-columns: 1fr; } .group { grid-template-columns: 2.8rem 1fr; } }
`;

const button = (action: string, text: string, title: string) =>
  html`<button type="button" id="${action}" data-action="${action}" title="${title}">${text}</button>`;

/** Renders the page. Everything that it shows arrives as messages. @param nonce allows its style and its script */
export const renderBenchPage = (nonce: string): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Test bench</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${raw(PAGE_STYLE + STYLE)}</style>
</head>
<body>
<main>
<header><h1>Test bench</h1><p id="doing" role="status">Connecting…</p></header>
<div class="bar">
<p>Post webhooks to <code id="endpoint"></code> <button type="button" id="copy">Copy</button> <span class="soft" id="registered"></span></p>
<p>Vendor <code id="target"></code> <span class="soft" id="forward"></span> <strong id="faulty"></strong></p>
<p id="told" role="status"></p>
</div>
<div class="controls">
<fieldset><legend>Trigger</legend>
${button("offline", "Take a device offline", "Changes a device, whose event must arrive")}
${button("burst", "Burst", "Takes 20 devices offline at once")}
${button("restore", "Restore", "Restores the devices that the bench took offline")}
${button("rotate", "Rotate secret", "Rotates the secret of the bench's endpoint")}
${button("register", "Register again", "Removes the bench's endpoint and registers it again, such as after a 410")}
<span class="soft" id="no-trigger">Devices can be changed when the manifest declares a sandbox, or with --trigger-cmd.</span>
</fieldset>
<fieldset><legend>Answer</legend>
<label>Answer deliveries with <select id="fault">${FAULTS.map(([value, text]) => html`<option value="${value}">${text}</option>`)}</select></label>
<label><input type="checkbox" id="always"> every attempt, not only the first</label>
</fieldset>
<fieldset><legend>Record</legend>
${button("inventory", "Read the inventory again", "Judges the whole inventory again")}
${button("clear", "Clear", "Forgets all deliveries, and begins a new window")}
<a class="button" id="bundle" href="bundle" download="bench.json">Save as bundle</a>
</fieldset>
</div>
<div class="controls">
<label>Filter <input id="filter" type="search" placeholder="DLV, webhook-id, text"></label>
<label>Show <select id="states">
<option value="live">judged here</option><option value="">all requirements</option><option value="wrong">wrong</option><option value="pass">passed</option><option value="waiting">waiting for traffic</option>
</select></label>
</div>
<div class="columns">
<section aria-label="Requirements"><h2>Requirements</h2><p id="sum" class="soft" role="status"></p><div id="details"></div><div id="matrix"></div></section>
<section aria-label="Webhooks"><h2>Webhooks</h2><p id="empty">No webhooks yet.</p><div id="deliveries"></div></section>
</div>
</main>
<script nonce="${nonce}">${raw(BENCH_SCRIPT)}</script>
</body>
</html>
`.text;
