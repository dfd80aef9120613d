import { html } from "@convergint/internal/html";
import { page, type SiteFile } from "./page.ts";
import { titleOf } from "./prose.ts";

/** A file of the repo that the site shows or offers for download. */
export interface SourceFile {
  readonly name: string;
  readonly text: string;
}

/** Builds the page that lists the decisions. */
export function decisionsPage(decisions: readonly SourceFile[]): SiteFile {
  const main = html`<h1>Decisions</h1>
<p class="lead">The design decisions, the reasons, and the rejected alternatives.</p>
<ul class="plain">${decisions.map(({ name, text }) => html`<li><a href="decisions/${name.replace(/\.md$/, ".html")}">${titleOf(text)}</a></li>`)}</ul>`;
  return page({ path: "decisions.html", title: "Decisions", main });
}
