import { type Html, html } from "@convergint/internal/html";
import type { Requirement } from "@convergint/spec-tools/requirements";
import { renderInline } from "./markdown.ts";
import { page, type SiteFile } from "./page.ts";

const select = (name: string, label: string, values: readonly string[]): Html =>
  html`<label>${label} <select name="${name}"><option value="">all</option>${values.map(
    (value) => html`<option>${value}</option>`,
  )}</select></label>`;

const row = ({ id, level, actor, profile, capability, text, anchor }: Requirement): Html =>
  html`<tr data-actor="${actor}" data-profile="${profile}" data-level="${level}">
<th scope="row"><a href="contract.html${anchor}">${id}</a></th>
<td><span class="level ${level.toLowerCase()}">${level}</span></td>
<td>${renderInline(text, "contract.html")}<span class="notes">${actor} · ${profile}${capability && ` · ${capability}`}</span></td>
</tr>`;

/** Builds a table of all requirements. A short script filters the table; without the script, the page shows the whole table. */
export function requirementIndex(requirements: readonly Requirement[]): SiteFile {
  const distinct = (of: (requirement: Requirement) => string) => [...new Set(requirements.map(of))];
  const main = html`<h1>Requirements</h1>
<p class="lead">All ${requirements.length} requirements, each with a link to its section. As data: <a href="requirements.json" download>requirements.json</a>.</p>
<form class="filter" hidden>
<label class="words">Filter <input type="search" name="text" autocomplete="off"></label>
${select(
  "actor",
  "Who",
  distinct(({ actor }) => actor),
)}
${select(
  "profile",
  "Profile",
  distinct(({ profile }) => profile),
)}
${select(
  "level",
  "Level",
  distinct(({ level }) => level),
)}
<output aria-live="polite"></output>
</form>
<div class="scroll" tabindex="0"><table class="requirements filtered">
<thead><tr><th scope="col">Id</th><th scope="col">Level</th><th scope="col">Requirement</th></tr></thead>
<tbody>${requirements.map(row)}</tbody>
</table></div>`;
  return page({ path: "requirements.html", title: "Requirements", main, scripts: ["filter.js"] });
}
