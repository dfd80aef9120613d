import { escapeHtml, type Html, html, raw } from "@convergint/internal/html";
import { Marked, type Tokens } from "marked";
import { slug } from "../requirements.ts";

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b/g;

/** Wraps names, strings, numbers and literals of JSON in spans for syntax highlighting. */
export function highlightJson(text: string): Html {
  let written = "";
  let at = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, string, colon = "", number] = match;
    const kind = string ? (colon ? "name" : "string") : number ? "number" : "word";
    const token = string ?? whole;
    written += html`${text.slice(at, match.index)}<span class="${kind}">${token}</span>${colon}`.text;
    at = match.index + whole.length;
  }
  return raw(written + html`${text.slice(at)}`.text);
}

/** A heading, for the table of contents. */
export interface Heading {
  readonly depth: number;
  readonly id: string;
  readonly text: string;
}

/** Rendered Markdown, with its headings. */
export interface Rendered {
  readonly body: Html;
  readonly headings: readonly Heading[];
}

const REQUIREMENT =
  /^<a id="([a-z]+-\d{3})"><\/a>\*\*([A-Z]{2,4}-\d{3})\*\* \((MUST|SHOULD|MAY)\) ([\s\S]+)$/;
const SCOPE = /^\*(Actor: .+)\*$/;

const anchor = (id: string, label: string): Html =>
  html`<a class="anchor" href="#${id}" aria-label="Link to ${label}">#</a>`;

/** Renders a requirement as a separate block that links can point to. */
const requirement = (id: string, name: string, level: string, text: string): Html =>
  html`<p class="requirement" id="${id}"><a class="id" href="#${id}">${name}</a> <span class="level ${level.toLowerCase()}">${level}</span> <span class="text">${raw(text)}</span></p>`;

/**
 * Renders the Markdown of this repo: requirements as blocks, scopes as labels, examples with a link to their schema.
 *
 * @param linkTo maps a link of the text to its target on the site
 * @param schemaPage returns the page of a published schema, or `null` if no schema has that name
 */
export function renderMarkdown(
  markdown: string,
  linkTo: (href: string) => string,
  schemaPage: (name: string) => string | null = () => null,
): Rendered {
  const headings: Heading[] = [];
  const marked = new Marked({ gfm: true });
  marked.use({
    renderer: {
      heading({ tokens, depth, text }) {
        const id = slug(text);
        headings.push({ depth, id, text });
        const inner = raw(this.parser.parseInline(tokens));
        return html`<h${depth} id="${id}">${inner} ${depth > 1 && anchor(id, text)}</h${depth}>\n`.text;
      },
      link({ href, tokens }) {
        return html`<a href="${linkTo(href)}">${raw(this.parser.parseInline(tokens))}</a>`.text;
      },
      paragraph({ tokens, text }) {
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
        const [language, schema = ""] = lang.split(" ");
        const code = language === "json" ? highlightJson(text) : html`${text}`;
        const target = schema && schemaPage(schema);
        const caption = target && html`<figcaption>Example of <a href="${target}">${schema}</a></figcaption>`;
        return html`<figure class="code">${caption}<pre tabindex="0"><code>${code}</code></pre></figure>\n`
          .text;
      },
      table(token) {
        const cell = (tag: "th" | "td") => (each: Tokens.TableCell) =>
          html`<${tag}>${raw(this.parser.parseInline(each.tokens))}</${tag}>`;
        const rows = token.rows.map((row) => html`<tr>${row.map(cell("td"))}</tr>`);
        return html`<div class="scroll" tabindex="0"><table><thead><tr>${token.header.map(cell("th"))}</tr></thead><tbody>${rows}</tbody></table></div>\n`
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

/** Builds a table of contents of the second and third level. */
export function tableOfContents(headings: readonly Heading[]): Html {
  const entries = headings.filter(({ depth }) => depth === 2 || depth === 3);
  return html`<p class="label">On this page</p><ol>${entries.map(
    ({ depth, id, text }) =>
      html`<li class="depth-${depth}"><a href="#${id}">${text.replaceAll("`", "")}</a></li>`,
  )}</ol>`;
}
