import { renderMarkdown, tableOfContents } from "./markdown.ts";
import { page, type SiteFile } from "./page.ts";

/** Where what the prose links to is found on the site. */
const PAGES: Readonly<Record<string, string>> = {
  "openapi.yaml": "api.html",
  "schemas/": "schemas.html",
  "vectors/": "vectors.html",
  "requirements.json": "requirements.html",
  "event-types.json": "event-types.json",
};

/** The prose, with its contents beside it. @param schemaNames the schemas that have a page */
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
