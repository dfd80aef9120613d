import { type Html, html, type Part, raw } from "@convergint/internal/html";
import { CONTENTS, ENTRIES } from "../contents.ts";
import { type Heading, tableOfContents } from "./markdown.ts";

/** A file of the site. */
export interface SiteFile {
  /** Path in the site's folder, with slashes. */
  readonly path: string;
  readonly content: string | Uint8Array;
}

/** The parts that differ between pages. */
export interface PageParts {
  readonly path: string;
  readonly title: string;
  readonly main: Html;
  /** The headings that "On this page" lists. */
  readonly headings?: readonly Heading[];
  /** The file of the repository that the page is made from, for the link at its end. */
  readonly source?: string | undefined;
  /** The entry of the navigation that the page belongs to, if it has no entry itself. */
  readonly parent?: string;
  /** The paths of more scripts in the site's folder. */
  readonly scripts?: readonly string[];
}

/** The repository's address, for links to files that are not part of the site. */
export const REPOSITORY = "https://github.com/convergint/vendor-cloud-kit";

/** Returns the path from a page to the site's folder: `""` or `../`. */
const rootFrom = (path: string): string => "../".repeat(path.split("/").length - 1);

const icon = (path: string): Html =>
  raw(
    `<svg viewBox="0 0 24 24" width="18" height="18" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${path}</svg>`,
  );
const SEARCH = icon('<circle cx="11" cy="11" r="7"/><path d="m20 20-3.8-3.8"/>');
const MENU = icon('<path d="M4 7h16M4 12h16M4 17h16"/>');
const THEME = icon('<circle cx="12" cy="12" r="8"/><path d="M12 4a8 8 0 0 1 0 16z" fill="currentColor"/>');

/** Runs before the page is drawn, so that a chosen theme does not flash. */
const EARLY = raw(
  `<script>try{const t=localStorage.getItem("theme");if(t)document.documentElement.dataset.theme=t}catch{}</script>`,
);

function navigation(root: string, current: string): Html {
  const mark = (path: string): Part => path === current && html` aria-current="page"`;
  return html`${CONTENTS.map(
    ({ title, entries }) =>
      html`<p class="label">${title}</p><ul>${entries.map(
        (entry) => html`<li><a href="${root}${entry.path}"${mark(entry.path)}>${entry.title}</a></li>`,
      )}</ul>`,
  )}`;
}

/** Links to the pages before and after this one in the navigation. */
function neighbours(root: string, path: string): Part {
  const at = ENTRIES.findIndex((entry) => entry.path === path);
  if (at < 0) return null;
  const link = (entry: (typeof ENTRIES)[number] | undefined, rel: string, label: string): Part =>
    entry && html`<a rel="${rel}" href="${root}${entry.path}"><span>${label}</span>${entry.title}</a>`;
  return html`<nav class="neighbours" aria-label="Previous and next page">${link(ENTRIES[at - 1], "prev", "Previous")}${link(ENTRIES[at + 1], "next", "Next")}</nav>`;
}

/** Builds a complete page. It loads only files of the site. */
export function page({
  path,
  title,
  main,
  headings = [],
  source,
  parent,
  scripts = [],
}: PageParts): SiteFile {
  const root = rootFrom(path);
  const current = parent ?? path;
  const toc = headings.filter(({ depth }) => depth === 2 || depth === 3);
  const content = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Vendor cloud kit</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${root}style.css">
${EARLY}
<script src="${root}site.js" data-root="${root}" defer></script>
${scripts.map((script) => html`<script src="${root}${script}" defer></script>`)}
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="top">
<button class="menu" type="button" aria-label="Menu" aria-expanded="false" aria-controls="navigation">${MENU}</button>
<a class="brand" href="${root}index.html">Vendor cloud kit <span>contract 1.0</span></a>
<button class="search" type="button" aria-haspopup="dialog">${SEARCH}<span>Search</span><kbd>/</kbd></button>
<button class="theme" type="button" aria-label="Switch between light and dark">${THEME}</button>
</header>
<div class="columns">
<nav id="navigation" class="side" aria-label="Site">${navigation(root, current)}</nav>
<main id="main" tabindex="-1">
${toc.length > 2 && html`<details class="toc-small"><summary>On this page</summary>${tableOfContents(toc)}</details>`}
<article>
${main}
</article>
<footer>${source && html`<p class="source">Source: <a href="${REPOSITORY}/blob/main/${source}"><code>${source}</code></a></p>`}${neighbours(root, path)}</footer>
</main>
${toc.length > 2 ? html`<nav class="toc" aria-label="On this page"><p class="label">On this page</p>${tableOfContents(toc)}</nav>` : html`<div class="toc"></div>`}
</div>
</body>
</html>
`;
  return { path, content: content.text };
}
