import { type Html, html, type Part } from "@convergint/internal/html";

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
  /** The navigation that is shown next to the text, or above the text on a narrow screen. */
  readonly aside?: Html;
  /** The paths of scripts in the site's folder. */
  readonly scripts?: readonly string[];
  /** Whether the page uses the full width with its own layout. */
  readonly wide?: boolean;
}

const NAVIGATION = [
  ["index.html", "Overview"],
  ["contract.html", "Specification"],
  ["first-steps.html", "First steps"],
  ["api.html", "API reference"],
  ["schemas.html", "Schemas"],
  ["requirements.html", "Requirements"],
  ["vectors.html", "Test vectors"],
  ["decisions.html", "Decisions"],
] as const;

/** Returns the path from a page to the site's folder: `""` or `../`. */
const rootFrom = (path: string): string => "../".repeat(path.split("/").length - 1);

/** Returns the navigation entry that a page belongs to. */
const sectionOf = (path: string): string => (path.includes("/") ? `${path.split("/")[0]}.html` : path);

/** Builds a complete page. It loads only files of the site. */
export function page({ path, title, main, aside, scripts = [], wide = false }: PageParts): SiteFile {
  const root = rootFrom(path);
  const current = (target: string): Part => target === sectionOf(path) && html` aria-current="page"`;
  const links = NAVIGATION.map(
    ([target, label]) => html`<li><a href="${root}${target}"${current(target)}>${label}</a></li>`,
  );
  const content = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Vendor cloud contract 1.0</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${root}style.css">
${scripts.map((script) => html`<script src="${root}${script}" defer></script>`)}
</head>
<body class="${wide ? "wide" : "prose"}">
<a class="skip" href="#main">Skip to content</a>
<header class="top">
<a class="brand" href="${root}index.html">Vendor cloud contract <span>1.0</span></a>
<nav aria-label="Site"><ul>${links}</ul></nav>
</header>
<div class="columns">
${aside && html`<nav class="toc" aria-label="On this page">${aside}</nav>`}
<main id="main" tabindex="-1">
${main}
</main>
</div>
</body>
</html>
`;
  return { path, content: content.text };
}
