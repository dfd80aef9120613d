import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { parse } from "yaml";
import type { Requirement } from "../requirements.ts";
import { apiPages } from "./api-page.ts";
import { contractPage } from "./contract-page.ts";
import { indexPage } from "./index-page.ts";
import type { SiteFile } from "./page.ts";
import { decisionPages, type SourceFile, vectorPages } from "./records.ts";
import { requirementIndex } from "./requirement-index.ts";
import { type PublishedEventType, schemaPages } from "./schema-pages.ts";

const ASSETS = ["style.css", "filter.js", "contents.js"];

async function folder(path: URL, ending: RegExp): Promise<SourceFile[]> {
  const names = (await readdir(path)).filter((name) => ending.test(name)).toSorted();
  return Promise.all(
    names.map(async (name) => ({ name, text: await readFile(new URL(name, path), "utf8") })),
  );
}

/** Returns every file of the site, generated from the files in `spec/`. */
async function siteFiles(spec: URL): Promise<SiteFile[]> {
  const read = (path: string) => readFile(new URL(path, spec), "utf8");
  const openapi = await read("1.0/openapi.yaml");
  const registry = await read("1.0/requirements.json");
  const eventTypesText = await read("1.0/event-types.json");
  const { requirements } = JSON.parse(registry) as { requirements: Requirement[] };
  const { event_types: eventTypes } = JSON.parse(eventTypesText) as { event_types: PublishedEventType[] };
  const schemas = (await folder(new URL("1.0/schemas/", spec), /\.json$/)).map(({ name, text }) => ({
    name: name.replace(/\.json$/, ""),
    schema: JSON.parse(text),
    text,
  }));
  const vectors = await folder(new URL("1.0/vectors/", spec), /\.(?:json|md)$/);
  const redoc = createRequire(import.meta.url).resolve("redoc/bundles/redoc.standalone.js");
  return [
    indexPage({
      requirements: requirements.length,
      schemas: schemas.length,
      eventTypes: eventTypes.length,
      vectors: vectors.filter(({ name }) => name.endsWith(".json")).length,
    }),
    contractPage(await read("1.0/contract.md"), new Set(schemas.map(({ name }) => name))),
    ...apiPages(openapi, parse(openapi), await readFile(redoc, "utf8")),
    ...schemaPages(schemas, eventTypes),
    requirementIndex(requirements),
    ...vectorPages(vectors),
    ...decisionPages(await folder(new URL("decisions/", spec), /\.md$/)),
    { path: "requirements.json", content: registry },
    { path: "event-types.json", content: eventTypesText },
    ...(await Promise.all(
      ASSETS.map(async (name) => ({
        path: name,
        content: await readFile(new URL(`assets/${name}`, import.meta.url)),
      })),
    )),
  ];
}

/**
 * Builds the static site of the specification. It loads nothing from other hosts and also works from a local
 * disk.
 *
 * @param spec the folder `spec/`, as a directory URL
 * @param target output folder, as a directory URL; its previous content is removed
 * @returns the number of files written
 */
export async function buildSite(spec: URL, target: URL): Promise<number> {
  const files = await siteFiles(spec);
  await rm(target, { recursive: true, force: true });
  for (const { path, content } of files) {
    const file = new URL(path, target);
    await mkdir(new URL(".", file), { recursive: true });
    await writeFile(file, content);
  }
  return files.length;
}
