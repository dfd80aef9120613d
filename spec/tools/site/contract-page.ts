import { type Html, html } from "@convergint/internal/html";
import type { Requirement } from "../requirements.ts";
import { renderInline, renderMarkdown, tableOfContents } from "./markdown.ts";
import { page, type SiteFile } from "./page.ts";

/** The page of the site for each link target in the prose. */
const PAGES: Readonly<Record<string, string>> = {
  "openapi.yaml": "api.html",
  "first-steps.md": "first-steps.html",
  "schemas/": "schemas.html",
  "schemas.json": "schemas.json",
  "vectors/": "vectors.html",
  "requirements.json": "requirements.html",
  "event-types.json": "event-types.json",
};

/** Builds the page of the prose, with a table of contents. @param schemaNames the schemas that have a page */
export function contractPage(prose: string, schemaNames: ReadonlySet<string>): SiteFile {
  const { body, headings } = renderMarkdown(
    prose,
    (href) => PAGES[href] ?? href,
    (name) => (schemaNames.has(name) ? `schemas/${name}.html` : null),
  );
  return page({
    path: "contract.html",
    title: "Specification",
    main: body,
    aside: tableOfContents(headings),
    scripts: ["contents.js"],
  });
}

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
<label class="search">Search <input type="search" name="text" autocomplete="off"></label>
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
<div class="scroll" tabindex="0"><table class="requirements">
<thead><tr><th scope="col">Id</th><th scope="col">Level</th><th scope="col">Requirement</th></tr></thead>
<tbody>${requirements.map(row)}</tbody>
</table></div>`;
  return page({ path: "requirements.html", title: "Requirements", main, scripts: ["filter.js"] });
}
