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
