import { escapeHtml, type Html, html, raw } from "@convergint/internal/html";
import { slug } from "@convergint/spec-tools/requirements";
import { Marked, type Tokens } from "marked";
import { highlight, languageName } from "./highlight.ts";

/** A heading, for the table of contents. */
export interface Heading {
  readonly depth: number;
  readonly id: string;
  /** The text without Markdown. */
  readonly text: string;
}

/** Rendered Markdown, with its headings. */
export interface Rendered {
  readonly body: Html;
  readonly headings: readonly Heading[];
}

/** How a page's links, images and inclusions are resolved. */
export interface Surroundings {
  /** Maps a link of the text to its target on the site. */
  readonly linkTo: (href: string) => string;
  /** Returns the page of a published schema, or `null` if no schema has that name. */
  readonly schemaPage?: (name: string) => string | null;
  /** Returns the text of a file that the page includes. */
  readonly include?: (href: string) => string;
}

const REQUIREMENT =
  /^<a id="([a-z]+-\d{3})"><\/a>\*\*([A-Z]{2,4}-\d{3})\*\* \((MUST|SHOULD|MAY)\) ([\s\S]+)$/;
const SCOPE = /^\*(Actor: .+)\*$/;
/** A paragraph that consists of one link with the title "include": GitHub shows the link, the site the file. */
const INCLUDE = /^\[([^\]]*)\]\((\S+) "include"\)$/;

const anchor = (id: string, label: string): Html =>
  html`<a class="anchor" href="#${id}" aria-label="Link to ${label}">#</a>`;

/** Renders a requirement as a separate block that links can point to. */
const requirement = (id: string, name: string, level: string, text: string): Html =>
  html`<p class="requirement" id="${id}"><a class="id" href="#${id}">${name}</a> <span class="level ${level.toLowerCase()}">${level}</span> <span class="text">${raw(text)}</span></p>`;

/** Renders a code block. @param caption what the block shows, in place of its language */
export function codeBlock(code: string, language: string, caption?: Html | string): Html {
  const label = caption ?? languageName(language);
  return html`<figure class="code">${label && html`<figcaption>${label}</figcaption>`}<pre tabindex="0"><code>${highlight(code, language)}</code></pre></figure>\n`;
}

const plainText = (text: string): string =>
  text.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll(/[`*]/g, "");

/**
 * Renders the Markdown of this repo: requirements as blocks, scopes as labels, examples with a link to their schema,
 * and included files.
 */
export function renderMarkdown(
  markdown: string,
  { linkTo, schemaPage = () => null, include = () => "" }: Surroundings,
): Rendered {
  const headings: Heading[] = [];
  const used = new Map<string, number>();
  const idOf = (text: string) => {
    const id = slug(text);
    const times = used.get(id) ?? 0;
    used.set(id, times + 1);
    return times === 0 ? id : `${id}-${times}`;
  };
  const marked = new Marked({ gfm: true });
  marked.use({
    renderer: {
      heading({ tokens, depth, text }) {
        const id = idOf(text);
        headings.push({ depth, id, text: plainText(text) });
        const inner = raw(this.parser.parseInline(tokens));
        return html`<h${depth} id="${id}">${inner} ${depth > 1 && anchor(id, plainText(text))}</h${depth}>\n`
          .text;
      },
      link({ href, tokens }) {
        return html`<a href="${linkTo(href)}">${raw(this.parser.parseInline(tokens))}</a>`.text;
      },
      image({ href, text }) {
        return html`<img src="${linkTo(href)}" alt="${text}" loading="lazy">`.text;
      },
      paragraph({ tokens, text }) {
        const [, name = "", included] = INCLUDE.exec(text) ?? [];
        if (included) {
          const language = /\.(\w+)$/.exec(included)?.[1] ?? "";
          return codeBlock(include(included).trimEnd(), language, name.replaceAll("`", "")).text;
        }
        const scope = SCOPE.exec(text)?.[1];
        if (!scope) return html`<p>${raw(this.parser.parseInline(tokens))}</p>\n`.text;
        const labels = scope.split(" · ").map((label) => html`<li>${label}</li>`);
        return html`<ul class="scope" aria-label="Applies to">${labels}</ul>\n`.text;
      },
      list(token) {
        const found = token.items.map(({ text }) => REQUIREMENT.exec(text));
        if (!found.every((match) => match !== null)) return false;
        return found
          .map(
            ([, id = "", name = "", level = "", text = ""]) =>
              requirement(id, name, level, marked.parseInline(text, { async: false })).text,
          )
          .join("\n");
      },
      code({ text, lang = "" }: Tokens.Code) {
        const [language = "", schema = ""] = lang.split(" ");
        const target = schema && schemaPage(schema);
        return codeBlock(
          text,
          language,
          target ? html`Example of <a href="${target}">${schema}</a>` : undefined,
        ).text;
      },
      table(token) {
        const cell = (tag: "th" | "td") => (each: Tokens.TableCell) =>
          html`<${tag}>${raw(this.parser.parseInline(each.tokens))}</${tag}>`;
        const rows = token.rows.map((row) => html`<tr>${row.map(cell("td"))}</tr>`);
        const head = token.header.some(({ text }) => text !== "")
          ? html`<thead><tr>${token.header.map(cell("th"))}</tr></thead>`
          : "";
        return html`<div class="scroll" tabindex="0"><table>${head}<tbody>${rows}</tbody></table></div>\n`
          .text;
      },
    },
  });
  return { body: raw(marked.parse(markdown, { async: false })), headings };
}

/**
 * Renders one line of Markdown, such as a description. HTML in it is escaped.
 *
 * @param proseAt the page for links that consist only of a fragment
 */
export function renderInline(markdown: string, proseAt = ""): Html {
  const marked = new Marked({ gfm: true });
  marked.use({
    renderer: {
      html: ({ text }) => escapeHtml(text),
      link({ href, tokens }) {
        const target = href.startsWith("#") ? proseAt + href : href;
        return html`<a href="${target}">${raw(this.parser.parseInline(tokens))}</a>`.text;
      },
    },
  });
  return raw(marked.parseInline(markdown, { async: false }));
}

/** Builds a table of contents. */
export const tableOfContents = (headings: readonly Heading[]): Html =>
  html`<ol>${headings.map(
    ({ depth, id, text }) => html`<li class="depth-${depth}"><a href="#${id}">${text}</a></li>`,
  )}</ol>`;
