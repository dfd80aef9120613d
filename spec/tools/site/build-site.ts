import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { html } from "@convergint/internal/html";
import { parse } from "yaml";
import type { Requirement } from "../requirements.ts";
import { apiPages } from "./api-page.ts";
import { contractPage, requirementIndex } from "./contract-page.ts";
import { page, type SiteFile } from "./page.ts";
import { decisionPages, firstStepsPage, type SourceFile, vectorPages } from "./records.ts";
import { type PublishedEventType, schemaPages } from "./schema-pages.ts";

/** The numbers that the first page shows. */
interface Counts {
  readonly requirements: number;
  readonly schemas: number;
  readonly eventTypes: number;
  readonly vectors: number;
}

/** Builds the first page: a summary, and links to all parts. */
function indexPage({ requirements, schemas, eventTypes, vectors }: Counts): SiteFile {
  const main = html`<h1>Vendor cloud contract</h1>
<p class="lead">It connects the cloud of a security device vendor with the cloud of an integrator. The vendor serves an inventory API and sends
signed webhooks; the consumer polls the inventory and receives the webhooks. The contract is what both sides agree on.</p>
<ul class="cards large">
<li><a href="contract.html">Specification</a><span>The normative text: ${requirements} numbered requirements, the reasons behind them, and an example of every payload.</span></li>
<li><a href="first-steps.html">First steps</a><span>For a vendor who read Convergint's documentation page: what to add in one step, and what each missing piece costs.</span></li>
<li><a href="api.html">API reference</a><span>Every call and every webhook, from the OpenAPI 3.1 document.</span></li>
<li><a href="schemas.html">Schemas</a><span>${schemas} payloads as JSON Schema 2020-12, ${eventTypes} of them event types, described field by field.</span></li>
<li><a href="requirements.html">Requirements</a><span>All requirements in one table, searchable and with links.</span></li>
<li><a href="vectors.html">Test vectors</a><span>${vectors} files of test cases that any language can load: signatures, payloads, pagination, event order.</span></li>
<li><a href="decisions.html">Decisions</a><span>The design decisions and the rejected alternatives.</span></li>
</ul>
<h2 id="start">Where to start</h2>
<ol class="steps">
<li>Read the <a href="contract.html#where-to-start">first table of the specification</a>: it lists what to build for each profile.</li>
<li>Generate a server or client from <a href="openapi.yaml" download>openapi.yaml</a>, or validate with the <a href="schemas.html">schemas</a>.</li>
<li>Check your signatures against the <a href="vectors.html">vectors</a>; any Standard Webhooks library can create them.</li>
<li>Certify in your own CI with the conformance suite: each line of its report names a <a href="requirements.html">requirement</a>. Its <code>fuzz</code> command then makes random calls, for defects that no fixed test looks for.</li>
</ol>`;
  return page({ path: "index.html", title: "Overview", main });
}

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
    firstStepsPage(await read("1.0/first-steps.md")),
    ...apiPages(openapi, parse(openapi), await readFile(redoc, "utf8")),
    ...schemaPages(schemas, eventTypes),
    requirementIndex(requirements),
    ...vectorPages(vectors),
    ...decisionPages(await folder(new URL("decisions/", spec), /\.md$/)),
    { path: "requirements.json", content: registry },
    { path: "event-types.json", content: eventTypesText },
    { path: "schemas.json", content: await read("1.0/schemas.json") },
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
