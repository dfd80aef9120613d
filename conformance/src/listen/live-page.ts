import { describeAnswer } from "./answer-script.ts";
import { PAGE_SCRIPT } from "./live-page-script.ts";
import { serveLocalPage } from "./local-page.ts";
import type { AnsweredDelivery } from "./test-endpoint.ts";

/** The number of deliveries kept for pages that are opened later. */
const MAX_KEPT = 200;

/** A web page that shows deliveries live. */
export interface LivePage {
  readonly url: string;
  show(delivery: AnsweredDelivery): void;
  close(): Promise<void>;
}

/** What a page shows of a delivery. */
export const toShown = ({ inspection, answer }: AnsweredDelivery) => ({
  ...inspection,
  answered: describeAnswer(answer),
});

/** @param endpointUrl returns the URL to post deliveries to */
export async function startLivePage(endpointUrl: () => string): Promise<LivePage> {
  const kept: ReturnType<typeof toShown>[] = [];
  const page = await serveLocalPage({
    render: (nonce) => renderPage(nonce, endpointUrl()),
    state: () => kept,
  });
  return {
    url: page.url,
    show(delivery) {
      const shown = toShown(delivery);
      kept.push(shown);
      if (kept.length > MAX_KEPT) kept.shift();
      page.send(shown);
    },
    close: page.close,
  };
}

/** The style of deliveries, and of everything around them. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --paper: #ffffff; --card: #f6f8fa;
  --line: #d0d7de; --good: #116329; --wrong: #b3261e; --unsure: #7a5200; --mark: #0550ae; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9da7b3; --paper: #0d1117; --card: #161b22;
  --line: #30363d; --good: #56d364; --wrong: #ff7b72; --unsure: #e3b341; --mark: #79c0ff; } }
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
header { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; }
h1 { font-size: 1.2rem; margin: 0; }
#state { color: var(--soft); }
#empty { border: 1px dashed var(--line); border-radius: 8px; padding: 2rem 1rem; color: var(--soft); text-align: center; }
details { border: 1px solid var(--line); border-left: 4px solid var(--good); border-radius: 8px; margin: .6rem 0; background: var(--card); }
details.wrong { border-left-color: var(--wrong); }
summary { padding: .6rem .8rem; cursor: pointer; overflow-wrap: anywhere; }
summary:focus-visible { outline: 2px solid var(--mark); outline-offset: 2px; border-radius: 6px; }
summary .verdict { font-weight: 600; color: var(--good); }
.wrong > summary .verdict { color: var(--wrong); }
summary .meta { color: var(--soft); }
.inside { padding: 0 .8rem .8rem; }
ul { list-style: none; margin: 0; padding: 0; }
li.step { display: grid; grid-template-columns: 1.2rem 6.5rem 1fr; gap: .4rem; padding: .15rem 0; }
li.step .says { overflow-wrap: anywhere; }
.step.ok .mark { color: var(--good); } .step.wrong .mark { color: var(--wrong); } .step.unknown .mark { color: var(--unsure); }
.name { color: var(--soft); }
.problems { margin: .2rem 0 .4rem 1.6rem; }
.problems li { overflow-wrap: anywhere; }
code, pre { font: 13px/1.45 ui-monospace, Menlo, Consolas, monospace; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--paper); border: 1px solid var(--line); border-radius: 6px; padding: .6rem; margin: .3rem 0; max-height: 24rem; overflow: auto; }
h2 { font-size: .95rem; margin: .8rem 0 .2rem; }
.cause { border-left: 3px solid var(--wrong); padding-left: .7rem; margin: .6rem 0; }
@media (max-width: 30rem) { li.step { grid-template-columns: 1.2rem 1fr; } li.step .says { grid-column: 2; } }
`;

/**
 * Renders the page. It loads no external resources and shows deliveries as text.
 *
 * @param nonce allows the page's own style and script in its content security policy
 */
const renderPage = (nonce: string, endpointUrl: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Live webhooks</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${PAGE_STYLE}</style>
</head>
<body>
<main>
<header><h1>Live webhooks</h1><p id="state" role="status">Connecting…</p><button id="hide" type="button" hidden>Hide these deliveries</button></header>
<p>Post webhooks to <code>${endpointUrl}</code></p>
<p id="empty">No webhooks yet.</p>
<div id="deliveries"></div>
</main>
<script nonce="${nonce}">${PAGE_SCRIPT}</script>
</body>
</html>
`;
