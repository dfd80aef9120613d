import { html } from "@convergint/internal/html";
import { renderMarkdown, tableOfContents } from "./markdown.ts";
import { page, type SiteFile } from "./page.ts";

/** A file of the repo that the site shows or offers for download. */
export interface SourceFile {
  readonly name: string;
  readonly text: string;
}

const titleOf = (markdown: string): string => (/^# (.+)$/m.exec(markdown)?.[1] ?? "").replaceAll("`", "");

/** Builds a page for each decision, and one that lists them. Links from one decision to another lead to its page. */
export function decisionPages(decisions: readonly SourceFile[]): SiteFile[] {
  const target = (name: string) => `decisions/${name.replace(/\.md$/, ".html")}`;
  const main = html`<h1>Decisions</h1>
<p class="lead">The design decisions of the contract, the reasons, and the rejected alternatives.</p>
<ul class="cards">${decisions.map(({ name, text }) => html`<li><a href="${target(name)}">${titleOf(text)}</a></li>`)}</ul>`;
  return [
    page({ path: "decisions.html", title: "Decisions", main }),
    ...decisions.map(({ name, text }) =>
      page({
        path: target(name),
        title: titleOf(text),
        main: renderMarkdown(text, (href) => href.replace(/^(\d{4}-[\w-]+)\.md\b/, "$1.html")).body,
      }),
    ),
  ];
}

/** Builds the page of the first steps; its links to the prose lead to the page of the prose. */
export const firstStepsPage = (text: string): SiteFile => {
  const { body, headings } = renderMarkdown(text, (href) => href.replace(/^contract\.md/, "contract.html"));
  return page({
    path: "first-steps.html",
    title: titleOf(text),
    main: body,
    aside: tableOfContents(headings),
  });
};

/** Builds the page of the test vectors from their README, with the files to download. */
export function vectorPages(vectors: readonly SourceFile[]): SiteFile[] {
  const files = vectors.filter(({ name }) => name.endsWith(".json"));
  const readme = vectors.find(({ name }) => name === "README.md")?.text ?? "# Test vectors";
  const { body, headings } = renderMarkdown(readme, (href) =>
    files.some(({ name }) => name === href)
      ? `vectors/${href}`
      : href.replace(/^\.\.\/schemas\/?/, "schemas.html"),
  );
  const main = html`${body}
<h2 id="files">Files</h2>
<ul class="cards">${files.map(({ name, text }) => {
    const { description = "" } = JSON.parse(text) as { description?: string };
    return html`<li><a href="vectors/${name}" download>${name}</a><span>${description}</span></li>`;
  })}</ul>`;
  return [
    page({ path: "vectors.html", title: "Test vectors", main, aside: tableOfContents(headings) }),
    ...files.map(({ name, text }) => ({ path: `vectors/${name}`, content: text })),
  ];
}
