import { glob, readFile } from "node:fs/promises";
import { EVENT_TYPES } from "@convergint/schemas";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { expect, test } from "vitest";
import type { JsonSchema } from "./json-schemas.ts";

const SPEC = new URL("../1.0/", import.meta.url);
const readJson = async (path: string) => JSON.parse(await readFile(new URL(path, SPEC), "utf8"));

const schemas = new Map<string, JsonSchema>();
for await (const file of glob("schemas/*.json", { cwd: SPEC }))
  schemas.set(file.slice("schemas/".length), await readJson(file));

/** A node of a schema. */
interface Node {
  /** File and JSON pointer, as a reference. */
  readonly at: string;
  readonly schema: JsonSchema;
  /** A property, an item of a list, or a whole file. */
  readonly role: "property" | "item" | "file";
}

/** Yields a schema, and every property and item that it declares; an `if` or `then` declares none. */
function* nodes(at: string, schema: JsonSchema, role: Node["role"] = "file"): Generator<Node> {
  yield { at, schema, role };
  for (const [name, property] of Object.entries((schema["properties"] ?? {}) as Record<string, JsonSchema>))
    yield* nodes(`${at}/properties/${name}`, property, "property");
  if (schema["items"]) yield* nodes(`${at}/items`, schema["items"] as JsonSchema, "item");
}

const declared = [...schemas].flatMap(([file, schema]) => [...nodes(`${file}#`, schema)]);

/** Yields the schema itself and the schemas that it refers to. */
function* meanings(schema: JsonSchema): Generator<JsonSchema> {
  yield schema;
  if (typeof schema["$ref"] === "string") yield* meanings(schemas.get(schema["$ref"]) ?? {});
  for (const each of (schema["anyOf"] ?? schema["oneOf"] ?? []) as JsonSchema[]) yield* meanings(each);
}
const has = (schema: JsonSchema, keyword: string) =>
  [...meanings(schema)].some((each) => each[keyword] !== undefined);

test("every schema, every member and every item of a list has a description", () => {
  expect(declared.length).toBeGreaterThan(700);
  expect(declared.filter(({ schema }) => !has(schema, "description")).map(({ at }) => at)).toEqual([]);
});

test("everything except an object, whose members have their own, has an example", () => {
  const examined = declared.filter(({ schema, role }) => role !== "file" && !has(schema, "properties"));
  expect(examined.length).toBeGreaterThan(550);
  expect(examined.filter(({ schema }) => !has(schema, "examples")).map(({ at }) => at)).toEqual([]);
});

test("every example is valid for its schema", () => {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  for (const [file, schema] of schemas) ajv.addSchema(schema, file);
  const given = declared.flatMap(({ at, schema }) =>
    ((schema["examples"] ?? []) as unknown[]).map((example) => ({ at, example })),
  );
  expect(given.length).toBeGreaterThan(550);
  expect(given.filter(({ at, example }) => !ajv.validate({ $ref: at }, example))).toEqual([]);
});

/** Every value of a keyword, at any depth. */
function* valuesOf(keyword: string, node: unknown): Generator<unknown> {
  if (node === null || typeof node !== "object") return;
  for (const [key, value] of Object.entries(node)) {
    if (key === keyword) yield value;
    yield* valuesOf(keyword, value);
  }
}

test("every requirement that a schema names is in the registry", async () => {
  const { requirements } = await readJson("requirements.json");
  const known = new Set(requirements.map(({ id }: { id: string }) => id));
  const named = new Set(valuesOf("x-requirement", [...schemas.values()]));
  expect(named.size).toBeGreaterThan(20);
  expect([...named].filter((id) => !known.has(id))).toEqual([]);
});

test.each([
  ["Manifest", "MAN-001"],
  ["Org", "ORG-001"],
  ["Site", "SITE-001"],
  ["Device", "INV-001"],
  ["DevicePage", "PAGE-002"],
  ["DeviceChangePage", "PAGE-002"],
  ["EventPage", "PAGE-002"],
  ["Problem", "ERR-001"],
  ["Event", "EVT-002"],
  ["RemovedDevice", "SYNC-003"],
  ["EventCatalog", "CAT-001"],
  ["WebhookEndpointCreated", "SEC-002"],
  ["SandboxStatusCommand", "SBX-001"],
])("%s names %s", (name, requirement) => {
  expect(schemas.get(`${name}.json`)?.["x-requirement"]).toBe(requirement);
});

test("only fields that may contain a person's name are marked as personal data", () => {
  const marked = declared.filter(({ schema }) => schema["x-personal-data"] === true).map(({ at }) => at);
  expect(marked.toSorted()).toEqual([
    "AccessCredential.json#/properties/label",
    "AccessPerson.json#/properties/name",
  ]);
});

test("event-types.json lists every event type of the contract, each with an existing schema", async () => {
  const { event_types } = await readJson("event-types.json");
  expect(event_types.map(({ type }: { type: string }) => type)).toEqual(EVENT_TYPES.map(({ type }) => type));
  for (const { type, schema } of event_types)
    expect(schemas.get(schema)?.["properties"]).toMatchObject({ type: { const: type } });
});

test("every reference leads to an existing file", () => {
  const references = [...valuesOf("$ref", [...schemas.values()])];
  expect(references.length).toBeGreaterThan(50);
  expect(references.filter((reference) => !schemas.has(String(reference)))).toEqual([]);
});

test("the bundle has the same schemas, and validates without another file", async () => {
  const bundle = await readJson("schemas.json");
  const inFiles = [...schemas].map(([file, schema]) => [file.slice(0, -".json".length), schema]);
  expect(bundle.$defs).toEqual(Object.fromEntries(inFiles));
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema(bundle);
  const isPage = ajv.getSchema(`${bundle.$id}#/$defs/SitePage`);
  const page = { data: [], next_cursor: null, snapshot: { id: "snap_1", as_of: "2026-11-23T08:30:00Z" } };
  expect(isPage?.(page)).toBe(true);
  expect(isPage?.({ ...page, data: [{ site_id: "a", org_id: "b" }] })).toBe(false);
});
