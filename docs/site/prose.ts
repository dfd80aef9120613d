import { dirname, join, normalize, relative } from "node:path/posix";
import { type Html, html } from "@convergint/internal/html";
import { slug } from "@convergint/spec-tools/requirements";
import { codeBlock, type Heading, renderMarkdown } from "./markdown.ts";
import { page, REPOSITORY, type SiteFile } from "./page.ts";

/** A Markdown file of the repository and its page. */
export interface Prose {
  /** The path of the page in the site. */
  readonly path: string;
  /** The Markdown file, from the root of the repository. */
  readonly source: string;
  readonly text: string;
  /** The entry of the navigation, if the page has no entry itself. */
  readonly parent?: string;
  /** Files of the repository that the page shows in full after its text. */
  readonly listings?: readonly string[];
  /** Markup after the text. */
  readonly end?: Html;
}

/** Returns the first heading of a Markdown text. */
export const titleOf = (markdown: string): string =>
  (/^# (.+)$/m.exec(markdown)?.[1] ?? "").replaceAll("`", "");

/** What a page of prose needs to know of the site. */
export interface Site {
  /** The page or file of the site that shows each file or folder of the repository. */
  readonly targets: ReadonlyMap<string, string>;
  /** The paths of the pages that are made from Markdown files. */
  readonly prose: ReadonlySet<string>;
  /** The names of the published schemas. */
  readonly schemas: ReadonlySet<string>;
  /** The text of a file of the repository. */
  readonly read: (path: string) => string;
}

/** Returns the path in the repository that a link of a Markdown file leads to, without its fragment. */
const linkedFile = (source: string, href: string): string =>
  normalize(join(dirname(source), decodeURI(href.replace(/#.*$/, "")))).replace(/\/$/, "");

/**
 * Returns the link of the site for a link of a Markdown file: a page or file of the site, or else the file in the
 * repository.
 */
function siteLink(site: Site, { source, path }: Prose, href: string): string {
  if (/^(?:[a-z]+:|#)/.test(href)) return href;
  const fragment = /#.*$/.exec(href)?.[0] ?? "";
  const file = linkedFile(source, href);
  const target = site.targets.get(file) ?? site.targets.get(`${file}/README.md`);
  if (target === undefined) return `${REPOSITORY}/blob/main/${file}${fragment}`;
  return relative(dirname(path), target) + fragment;
}

/**
 * Returns the Markdown of a page, with links that work in the site: to the Markdown of other pages, and otherwise as on the
 * page.
 */
export const proseMarkdown = (site: Site, prose: Prose): string =>
  prose.text.replaceAll(/(?<=\]\()[^()\s]+(?=\))/g, (href) => {
    const link = siteLink(site, prose, href);
    const [, target = "", fragment = ""] = /^([^:#]+\.html)(#.*)?$/.exec(link) ?? [];
    const isProse = target !== "" && site.prose.has(normalize(join(dirname(prose.path), target)));
    return isProse ? target.replace(/html$/, "md") + fragment : link;
  });

/** Builds the page of a Markdown file, with its headings. */
export function prosePage(site: Site, prose: Prose): { file: SiteFile; headings: readonly Heading[] } {
  const { path, source, text, parent, listings = [], end } = prose;
  const shown = listings.map(
    (name) =>
      html`<h2 id="${slug(name)}">${name}</h2>${codeBlock(site.read(name).trimEnd(), /\.(\w+)$/.exec(name)?.[1] ?? "")}`,
  );
  const { body, headings } = renderMarkdown(text, {
    linkTo: (href) => siteLink(site, prose, href),
    schemaPage: (name) => (site.schemas.has(name) ? relative(dirname(path), `schemas/${name}.html`) : null),
    include: (href) => site.read(linkedFile(source, href)),
  });
  const file = page({
    path,
    title: titleOf(text),
    main: html`${body}${shown}${end}`,
    headings: [...headings, ...listings.map((name) => ({ depth: 2, id: slug(name), text: name }))],
    source,
    ...(parent && { parent }),
  });
  return { file, headings };
}
