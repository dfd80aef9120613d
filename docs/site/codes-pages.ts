import { html } from "@convergint/internal/html";
import { CODE_GROUPS, type CodeText } from "../codes.ts";
import { renderInline } from "./markdown.ts";
import { page, type SiteFile } from "./page.ts";

interface Entry extends CodeText {
  readonly code: string;
  readonly from: string;
  readonly where: string;
}

const DIAGNOSE_FIX =
  "`convergint-conformance listen` and `diagnose` name this mistake and print the line to change, in your language.";

/** Reads the mistakes that a diagnosis names from the README of the package, which a test keeps complete. */
function mistakesOf(readme: string): Entry[] {
  const [, mistakes = ""] = readme.split("## Mistakes");
  return [...mistakes.matchAll(/^\| `([a-z0-9_]+)` \| (.+) \|$/gm)].map(([, code = "", title = ""]) => ({
    code,
    from: "@convergint/diagnose",
    where: "mistake of a signature",
    means: `${title}.`,
    fix: DIAGNOSE_FIX,
  }));
}

const packageName = (folder: string): string =>
  folder === "packages/internal"
    ? "several packages"
    : folder.replace(/^packages\//, "@convergint/").replace(/^conformance$/, "@convergint/conformance");

/** Lists every code with its texts, by code. */
function listEntries(diagnoseReadme: string): Entry[] {
  const raised = CODE_GROUPS.flatMap(({ folder, where, texts }) =>
    Object.entries(texts).map(([code, text]) => ({ code, from: packageName(folder), where, ...text })),
  );
  return [...raised, ...mistakesOf(diagnoseReadme)].toSorted((a, b) => a.code.localeCompare(b.code));
}

/** Builds the page of all error codes, and a page for each. */
export function codePages(diagnoseReadme: string): SiteFile[] {
  const entries = listEntries(diagnoseReadme);
  const names = [...new Set(entries.map(({ from }) => from))].toSorted();
  const row = ({ code, from, where, means, fix }: Entry, isFirst: boolean) =>
    html`<tr data-package="${from}"${isFirst && html` id="${code}"`}><th scope="row"><a href="codes/${code}.html"><code>${code}</code></a><span class="notes">${from}<br>${where}</span></th>
<td>${renderInline(means)}<span class="fix">${renderInline(fix)}</span></td></tr>`;
  const main = html`<h1>Error codes</h1>
<p class="lead">Every error of the kit has a stable <code>code</code>. Each entry says what the code means and what to do. A page with
only one code is at <code>codes/CODE.html</code>.</p>
<form class="filter" hidden><label class="words">Filter <input type="search" name="text" autocomplete="off" placeholder="a code, or a word of the message"></label>
<label>Package <select name="package"><option value="">all</option>${names.map((name) => html`<option>${name}</option>`)}</select></label><output aria-live="polite"></output></form>
<p>In the answers of the server, a failed call to a vendor has the client's code after <code>vendor_</code>, such as
<code>vendor_unauthorized</code>: look for the part after it.</p>
<div class="scroll" tabindex="0"><table class="codes filtered"><thead><tr><th scope="col">Code</th><th scope="col">Meaning, and what to do</th></tr></thead>
<tbody>${entries.map((entry, at) => row(entry, entries[at - 1]?.code !== entry.code))}</tbody></table></div>`;
  const single = [...Map.groupBy(entries, ({ code }) => code)].map(([code, same]) =>
    page({
      path: `codes/${code}.html`,
      title: code,
      parent: "troubleshooting.html",
      main: html`<h1><code>${code}</code></h1>${same.map(
        ({
          from,
          where,
          means,
          fix,
        }) => html`<h2 id="${from.replace("@convergint/", "").replaceAll(" ", "-")}-${where.replaceAll(/\W+/g, "-").toLowerCase()}">${from} <span class="notes">${where}</span></h2>
<p>${renderInline(means)}</p><p class="fix">${renderInline(fix)}</p>`,
      )}<p><a href="../troubleshooting.html">All error codes</a></p>`,
    }),
  );
  return [
    page({ path: "troubleshooting.html", title: "Error codes", main, scripts: ["filter.js"] }),
    ...single,
  ];
}
