import { type Html, html } from "@convergint/internal/html";
import { slug } from "@convergint/spec-tools/requirements";
import { constraintsOf, type JsonSchema, referencesOf, typeOf } from "./json-schema.ts";
import { codeBlock, type Heading, renderInline } from "./markdown.ts";
import { page, type SiteFile } from "./page.ts";

interface Media {
  readonly schema?: JsonSchema;
  readonly examples?: Readonly<Record<string, { readonly summary?: string; readonly value: unknown }>>;
}
interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: JsonSchema;
  readonly example?: unknown;
}
interface Response {
  readonly description: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, Media>>;
}
interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly unknown[];
  readonly parameters?: readonly unknown[];
  readonly requestBody?: { readonly description?: string; readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, unknown>>;
  readonly callbacks?: Readonly<Record<string, Readonly<Record<string, PathItem>>>>;
}
type PathItem = Readonly<Record<string, Operation>>;

/** The parts of an OpenAPI document that the reference shows. */
export interface OpenApi {
  readonly info: { readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly webhooks: Readonly<Record<string, unknown>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Follows a reference inside the document. */
function resolve<T>(document: OpenApi, value: unknown): T {
  const reference = (value as { $ref?: string } | null)?.$ref;
  if (reference === undefined) return value as T;
  const [, , kind = "", name = ""] = reference.split("/");
  return document.components[kind]?.[name] as T;
}

type Link = (name: string) => Html;

/** Links to the page of a published schema. What the document names only for itself has no page. */
const schemaLinks =
  (pages: ReadonlySet<string>): Link =>
  (name) =>
    pages.has(name) ? html`<a href="schemas/${name}.html">${name}</a>` : html`<code>${name}</code>`;

/** Makes the references of the document look like those of the published schemas. */
const published = (schema: JsonSchema): JsonSchema =>
  JSON.parse(
    JSON.stringify(schema).replaceAll(/"#\/components\/schemas\/(\w+)"/g, '"$1.json"'),
  ) as JsonSchema;

function typeText(schema: JsonSchema, link: Link): (string | Html)[] {
  const names = referencesOf(published(schema));
  // A delivery may have every type of event: the list is on the page of schemas.
  if (names.length > 4) return [html`one of the <a href="schemas.html">event types</a>`];
  return typeOf(published(schema), link);
}

function parameterTable(parameters: readonly Parameter[], link: Link): Html {
  return html`<div class="scroll" tabindex="0"><table class="fields">
<thead><tr><th scope="col">Parameter</th><th scope="col">In</th><th scope="col">Meaning</th></tr></thead>
<tbody>${parameters.map((parameter) => {
    const { name, schema = {}, required, description = "", example } = parameter;
    const notes = [...typeOf(schema, link), ...constraintsOf(schema)].filter((note) => note !== "any");
    return html`<tr><th scope="row"><code>${name}</code>${required && html`<span class="required">required</span>`}</th>
<td class="type">${parameter.in}</td>
<td>${renderInline(description, "contract.html")}<span class="notes">${notes.join(" · ")}</span>
${example !== undefined && html`<code class="example">${String(example)}</code>`}</td></tr>`;
  })}</tbody></table></div>`;
}

function mediaBlocks(content: Readonly<Record<string, Media>>, link: Link): Html[] {
  return Object.entries(content).map(([type, { schema, examples = {} }]) => {
    const shapes = schema && html`<p class="media"><code>${type}</code> ${typeText(schema, link)}</p>`;
    const blocks = Object.values(examples).map(({ summary, value }) =>
      codeBlock(JSON.stringify(value, null, 2), "json", summary && renderInline(summary)),
    );
    return html`${shapes}${blocks}`;
  });
}

const succeeds = (status: string): boolean => /^[23]/.test(status);

function responseList(document: OpenApi, responses: Readonly<Record<string, unknown>>, link: Link): Html {
  return html`<div class="responses">${Object.entries(responses).map(([status, value]) => {
    const { description, headers = {}, content = {} } = resolve<Response>(document, value);
    const names = Object.keys(headers).filter((name) => !["Deprecation", "Sunset"].includes(name));
    const inner = html`${names.length > 0 && html`<p class="notes">Headers: ${names.map((name, at) => html`${at > 0 && ", "}<code>${name}</code>`)}</p>`}${mediaBlocks(content, link)}`;
    const title = html`<span class="status ${succeeds(status) ? "good" : "bad"}">${status}</span> <span>${renderInline(description, "contract.html")}</span>`;
    return inner.text === ""
      ? html`<p class="response">${title}</p>`
      : html`<details class="response"${status.startsWith("2") && html` open`}><summary>${title}</summary><div>${inner}</div></details>`;
  })}</div>`;
}

function operationBlock(document: OpenApi, { method, path, operation }: Listed, link: Link): Html {
  const { operationId, summary = "", description = "", requestBody, responses } = operation;
  const parameters = (operation.parameters ?? []).map((each) => resolve<Parameter>(document, each));
  return html`<section class="operation" id="${operationId}">
<h3 id="${slug(operationId)}-heading">${renderInline(summary)} <a class="anchor" href="#${operationId}" aria-label="Link to ${summary}">#</a></h3>
<p class="call"><span class="method ${method}">${method.toUpperCase()}</span> <code>${path}</code>${operation.security?.length === 0 && html` <span class="notes">no credential</span>`}</p>
<p>${renderInline(description, "contract.html")}</p>
${parameters.length > 0 && parameterTable(parameters, link)}
${requestBody && html`<h4>Request body</h4><p>${renderInline(requestBody.description ?? "")}</p>${mediaBlocks(requestBody.content, link)}`}
<h4>Responses</h4>
${responseList(document, responses, link)}
</section>`;
}

interface Listed {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** Lists the operations of the document, with the deliveries that a vendor posts to a registered URL. */
function listOperations(document: OpenApi): Listed[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, operation]) => [
      { method, path, operation },
      ...Object.values(operation.callbacks ?? {}).flatMap((callback) =>
        Object.values(callback).flatMap((posted) =>
          Object.entries(posted).map(([verb, inner]) => ({
            method: verb,
            path: "your webhook URL",
            operation: inner,
          })),
        ),
      ),
    ]),
  );
}

/** Builds the API reference from the OpenAPI document, as plain HTML. */
export function apiPages(openapiYaml: string, document: OpenApi, schemas: ReadonlySet<string>): SiteFile[] {
  const link = schemaLinks(schemas);
  const listed = listOperations(document);
  const headings: Heading[] = [];
  const groups = document.tags.map(({ name, description }) => {
    const id = slug(name);
    headings.push({ depth: 2, id, text: name });
    const operations = listed.filter(({ operation }) => operation.tags?.includes(name));
    for (const { operation } of operations)
      headings.push({
        depth: 3,
        id: operation.operationId,
        text: operation.summary?.replaceAll("`", "") ?? "",
      });
    return html`<h2 id="${id}">${name}</h2><p>${renderInline(description)}</p>
<ul class="calls">${operations.map(({ method, path, operation }) => html`<li><a href="#${operation.operationId}"><span class="method ${method}">${method.toUpperCase()}</span> <code>${path}</code></a></li>`)}</ul>
${operations.map((each) => operationBlock(document, each, link))}`;
  });
  const main = html`<h1>API reference</h1>
<p class="lead">${renderInline(document.info.description)}</p>
<ul class="facts"><li><a href="openapi.yaml" download>openapi.yaml</a></li><li><a href="schemas.html">Schemas</a></li><li><a href="contract.html">Specification</a></li></ul>
${groups}`;
  return [
    page({ path: "api.html", title: "API reference", main, headings, source: "spec/1.0/openapi.yaml" }),
    { path: "openapi.yaml", content: openapiYaml },
  ];
}
