import { readdirSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { html } from "@convergint/internal/html";
import type { Requirement } from "@convergint/spec-tools/requirements";
import { parse } from "yaml";
import { ENTRIES } from "../contents.ts";
import { textsForAgents } from "./agents.ts";
import { apiPages, type OpenApi } from "./api-page.ts";
import { codePages } from "./codes-pages.ts";
import type { SiteFile } from "./page.ts";
import { type Prose, proseMarkdown, prosePage, type Site } from "./prose.ts";
import { decisionsPage, type SourceFile } from "./records.ts";
import { requirementIndex } from "./requirements-page.ts";
import { type PublishedEventType, schemaPages } from "./schema-pages.ts";
import { searchData } from "./search.ts";

const ASSETS = ["style.css", "site.js", "search.js", "filter.js"];

/** Returns every file of the site. @param root the root of the repository, as a directory URL */
function siteFiles(root: URL): SiteFile[] {
  const read = (path: string) => readFileSync(new URL(path, root), "utf8");
  const folder = (path: string, ending: RegExp): SourceFile[] =>
    readdirSync(new URL(path, root))
      .filter((name) => ending.test(name))
      .toSorted()
      .map((name) => ({ name, text: read(`${path}${name}`) }));

  const openapi = read("spec/1.0/openapi.yaml");
  const { requirements } = JSON.parse(read("spec/1.0/requirements.json")) as { requirements: Requirement[] };
  const { event_types: eventTypes } = JSON.parse(read("spec/1.0/event-types.json")) as {
    event_types: PublishedEventType[];
  };
  const schemas = folder("spec/1.0/schemas/", /\.json$/).map(({ name, text }) => ({
    name: name.replace(/\.json$/, ""),
    schema: JSON.parse(text),
    text,
  }));
  const vectors = folder("spec/1.0/vectors/", /\.json$/);
  const decisions = folder("spec/decisions/", /\.md$/);
  const images = readdirSync(new URL("docs/images/", root)).toSorted();

  const prose: Prose[] = [
    ...ENTRIES.flatMap(({ source, ...entry }) =>
      source ? [{ ...entry, source, text: read(source) }] : [],
    ).map((each) => (each.path === "vectors.html" ? { ...each, end: vectorList(vectors) } : each)),
    ...decisions.map(({ name, text }) => ({
      path: `decisions/${name.replace(/\.md$/, ".html")}`,
      source: `spec/decisions/${name}`,
      text,
      parent: "decisions.html",
    })),
  ];
  const downloads = {
    "requirements.json": "spec/1.0/requirements.json",
    "event-types.json": "spec/1.0/event-types.json",
    "schemas.json": "spec/1.0/schemas.json",
  };
  const site: Site = {
    targets: new Map([
      ...prose.map(({ source, path }) => [source, path] as const),
      ["README.md", "index.html"],
      ["spec/1.0/openapi.yaml", "api.html"],
      ["spec/1.0/schemas", "schemas.html"],
      ["spec/1.0/requirements.json", "requirements.html"],
      ["spec/decisions", "decisions.html"],
      ["spec/1.0/event-types.json", "event-types.json"],
      ["spec/1.0/schemas.json", "schemas.json"],
      ...vectors.map(({ name }) => [`spec/1.0/vectors/${name}`, `vectors/${name}`] as const),
      ...images.map((name) => [`docs/images/${name}`, `images/${name}`] as const),
    ]),
    schemas: new Set(schemas.map(({ name }) => name)),
    prose: new Set(prose.map(({ path }) => path)),
    read,
  };
  const pages = [
    ...prose.map((each) => prosePage(site, each).file),
    ...apiPages(openapi, parse(openapi) as OpenApi, site.schemas),
    ...schemaPages(schemas, eventTypes),
    requirementIndex(requirements),
    decisionsPage(decisions),
    ...codePages(read("packages/diagnose/README.md")),
  ];
  return [
    ...pages,
    { path: "search-data.js", content: searchData(pages) },
    ...prose
      .map((each) => ({ ...each, text: proseMarkdown(site, each) }))
      .map(({ path, text, listings = [] }) => ({
        path: path.replace(/html$/, "md"),
        content: [text, ...listings.map((name) => `## ${name}\n\n\`\`\`\n${read(name)}\`\`\`\n`)].join("\n"),
      })),
    ...textsForAgents(read),
    ...vectors.map(({ name, text }) => ({ path: `vectors/${name}`, content: text })),
    ...Object.entries(downloads).map(([path, source]) => ({ path, content: read(source) })),
    ...images.map((name) => ({
      path: `images/${name}`,
      content: readFileSync(new URL(`docs/images/${name}`, root)),
    })),
    ...ASSETS.map((name) => ({
      path: name,
      content: readFileSync(new URL(`assets/${name}`, import.meta.url)),
    })),
  ];
}

/** Lists the files of the test vectors, to download. */
const vectorList = (vectors: readonly SourceFile[]) => html`<h2 id="files">Files</h2>
<ul class="cards">${vectors.map(({ name, text }) => {
  const { description = "" } = JSON.parse(text) as { description?: string };
  return html`<li><a href="vectors/${name}" download>${name}</a><span>${description}</span></li>`;
})}</ul>`;

/**
 * Builds the static site. It loads nothing from other hosts and also works from a local disk.
 *
 * @param root the root of the repository, as a directory URL
 * @param target output folder, as a directory URL; its previous content is removed
 * @returns the number of files written
 */
export async function buildSite(root: URL, target: URL): Promise<number> {
  const files = siteFiles(root);
  await rm(target, { recursive: true, force: true });
  for (const { path, content } of files) {
    const file = new URL(path, target);
    await mkdir(new URL(".", file), { recursive: true });
    await writeFile(file, content);
  }
  return files.length;
}
