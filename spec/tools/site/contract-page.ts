import { renderMarkdown, tableOfContents } from "./markdown.ts";
import { page, type SiteFile } from "./page.ts";

/** The page of the site for each link target in the prose. */
const PAGES: Readonly<Record<string, string>> = {
  "openapi.yaml": "api.html",
  "schemas/": "schemas.html",
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
