import { type Html, html } from "@convergint/internal/html";
import { constraintsOf, type Field, fieldsOf, type JsonSchema, referencesOf, typeOf } from "./json-schema.ts";
import { codeBlock, renderInline } from "./markdown.ts";
import { page, type SiteFile } from "./page.ts";

/** A published schema with its name. */
export interface NamedSchema {
  readonly name: string;
  readonly schema: JsonSchema;
  /** The published JSON. */
  readonly text: string;
}

/** An event type from `event-types.json`. */
export interface PublishedEventType {
  readonly type: string;
  readonly family: string;
  readonly description: string;
  /** File name of the schema. */
  readonly schema: string;
}

const link = (name: string): Html => html`<a href="${name}.html">${name}</a>`;

const example = (value: unknown): Html => html`<code class="example">${JSON.stringify(value)}</code>`;

function fieldRow({ path, schema, isRequired }: Field): Html {
  const requirement = schema["x-requirement"];
  const notes = [
    ...constraintsOf(schema),
    ...(schema["x-personal-data"] ? ["personal data: may be dropped on receipt"] : []),
  ];
  return html`<tr>
<th scope="row"><code>${path}</code>${isRequired ? html`<span class="required">required</span>` : ""}</th>
<td class="type">${typeOf(schema, link)}</td>
<td>${renderInline(schema.description ?? "")}
${notes.length > 0 && html`<span class="notes">${notes.join(" · ")}</span>`}
${schema.examples?.slice(0, 1).map(example)}
${requirement && html`<a class="cited" href="../contract.html#${requirement.toLowerCase()}">${requirement}</a>`}</td>
</tr>`;
}

/** Builds an example of a whole payload from the examples of its fields. */
function exampleOf(schema: JsonSchema, byName: ReadonlyMap<string, JsonSchema>, depth = 0): unknown {
  if (depth > 6) return undefined;
  const target = schema.$ref ? byName.get(schema.$ref.replace(/\.json$/, "")) : undefined;
  if (target) return exampleOf(target, byName, depth + 1);
  if (schema.const !== undefined) return schema.const;
  const [first] = schema.examples ?? [];
  const isObject = schema.properties !== undefined;
  if (first !== undefined && !isObject) return first;
  if (schema.items) return [exampleOf(schema.items, byName, depth + 1)].filter((item) => item !== undefined);
  const [option] = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? [];
  if (option) return exampleOf(option, byName, depth + 1);
  if (!isObject) return schema.enum?.[0];
  const members = Object.entries(schema.properties ?? {})
    .filter(([name]) => schema.required?.includes(name))
    .map(([name, member]) => [name, exampleOf(member, byName, depth + 1)] as const);
  return Object.fromEntries(members.filter(([, value]) => value !== undefined));
}

function schemaPage({ name, schema }: NamedSchema, all: readonly NamedSchema[]): SiteFile {
  const fields = fieldsOf(schema);
  const usedBy = all.filter((other) => referencesOf(other.schema).includes(name));
  const requirement = schema["x-requirement"];
  const whole = exampleOf(schema, new Map(all.map((each) => [each.name, each.schema])));
  const table =
    fields.length > 0 &&
    html`<div class="scroll" tabindex="0"><table class="fields">
<thead><tr><th scope="col">Field</th><th scope="col">Type</th><th scope="col">Meaning</th></tr></thead>
<tbody>${fields.map(fieldRow)}</tbody></table></div>`;
  const main = html`<h1>${name}</h1>
<p class="lead">${renderInline(schema.description ?? "")}</p>
<ul class="facts">
${requirement && html`<li>Required by <a href="../contract.html#${requirement.toLowerCase()}">${requirement}</a></li>`}
${usedBy.length > 0 && html`<li>Part of ${usedBy.map((each, at) => html`${at > 0 && ", "}${link(each.name)}`)}</li>`}
<li><a href="${name}.json" download>JSON Schema 2020-12</a></li>
</ul>
${table || html`<p>Type: ${typeOf(schema, link)}.</p>`}
<h2 id="example">Smallest valid example</h2>
${codeBlock(JSON.stringify(whole, null, 2) ?? "", "json")}`;
  return page({ path: `schemas/${name}.html`, title: name, main, parent: "schemas.html" });
}

/** Groups the schemas for the page that lists them. */
function groupsOf(all: readonly NamedSchema[], eventTypes: readonly PublishedEventType[]) {
  const byName = new Map(all.map((each) => [each.name, each]));
  const families = Map.groupBy(eventTypes, ({ family }) => family);
  const find = (name: string, note: string) => {
    const named = byName.get(name);
    return named ? [{ named, note }] : [];
  };
  const ofFamilies = [...families].map(([family, types]) => ({
    title: `Events: ${family}`,
    entries: types.flatMap(({ schema, type }) => {
      const event = schema.replace(/\.json$/, "");
      return [...find(event, type), ...find(event.replace(/Event$/, "Data"), "")];
    }),
  }));
  const inFamilies = new Set(ofFamilies.flatMap(({ entries }) => entries.map(({ named }) => named.name)));
  const rest = all.filter(({ name }) => !inFamilies.has(name)).map((named) => ({ named, note: "" }));
  return [{ title: "Objects", entries: rest }, ...ofFamilies];
}

/** Builds a page for each published schema, the schema files, and a page that lists them. */
export function schemaPages(
  all: readonly NamedSchema[],
  eventTypes: readonly PublishedEventType[],
): SiteFile[] {
  const groups = groupsOf(all, eventTypes).map(
    ({ title, entries }) => html`<h2>${title}</h2>
<ul class="cards">${entries.map(
      ({ named, note }) => html`<li><a href="schemas/${named.name}.html">${named.name}</a>
${note && html`<code>${note}</code>`}<span>${renderInline(named.schema.description ?? "")}</span></li>`,
    )}</ul>`,
  );
  const main = html`<h1>Schemas</h1>
<p class="lead">Every payload of the contract, as JSON Schema 2020-12. Readers keep unknown members of objects; <code>null</code> in an optional
member means that the member is absent. The event types are also available as data: <a href="event-types.json" download>event-types.json</a>.</p>
${groups}`;
  return [
    page({ path: "schemas.html", title: "Schemas", main }),
    ...all.map((named) => schemaPage(named, all)),
    ...all.map(({ name, text }) => ({ path: `schemas/${name}.json`, content: text })),
  ];
}
