import { readFile } from "node:fs/promises";
import {
  BATCH_MEDIA_TYPE,
  deviceChangePageSchema,
  devicePageSchema,
  EVENT_MEDIA_TYPE,
  EVENT_TYPES,
  PROBLEM_CODES,
  REFUSAL_CODES,
} from "@convergint/schemas";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import type { JsonSchema } from "../json-schemas.ts";

const SPEC = new URL("../../1.0/", import.meta.url);
const read = (path: string) => readFile(new URL(path, SPEC), "utf8");

interface Media {
  readonly schema: { readonly $ref?: string; readonly anyOf?: readonly { readonly $ref: string }[] };
  readonly examples: Record<string, { readonly value: unknown }>;
}
interface Answer {
  readonly $ref?: string;
  readonly description: string;
  readonly headers?: Record<string, unknown>;
  readonly content?: Record<string, Media>;
}
interface Operation {
  readonly operationId: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly security?: readonly unknown[];
  readonly parameters?: readonly { readonly $ref?: string; readonly name?: string }[];
  readonly callbacks?: Record<string, Record<string, PathItem>>;
  readonly requestBody?: { readonly content: Record<string, Media> };
  readonly responses: Record<string, Answer>;
}
type PathItem = Record<string, Operation>;

const document = parse(await read("openapi.yaml")) as {
  readonly paths: Record<string, PathItem>;
  readonly webhooks: Record<string, { readonly $ref: string }>;
  readonly components: {
    readonly schemas: Record<string, JsonSchema>;
    readonly responses: Record<string, Answer>;
    readonly pathItems: Record<string, PathItem>;
  };
};

const operationsOf = (paths: Record<string, PathItem>) =>
  Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => method !== "parameters")
      .map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  );
const calls = operationsOf(document.paths);
const deliveries = operationsOf(document.components.pathItems);
const resolve = (answer: Answer | undefined): Answer | undefined =>
  answer?.$ref ? document.components.responses[answer.$ref.split("/").at(-1) ?? ""] : answer;

/** Every example body, with the names of the schemas that it may match. */
const examples = [
  ...[...calls, ...deliveries].flatMap(({ name, operation }) => [
    { at: `${name} request`, content: operation.requestBody?.content },
    ...Object.entries(operation.responses).map(([status, { content }]) => ({
      at: `${name} ${status}`,
      content,
    })),
  ]),
  ...Object.entries(document.components.responses).map(([name, { content }]) => ({ at: name, content })),
].flatMap(({ at, content = {} }) =>
  Object.values(content).flatMap(({ schema, examples: all }) =>
    Object.entries(all).map(([name, { value }]) => ({
      at: `${at}: ${name}`,
      schemas: (schema.anyOf ?? [schema]).map(({ $ref = "" }) => $ref.split("/").at(-1) ?? ""),
      value,
    })),
  ),
);

const schemaOf = (name: string): z.ZodType =>
  name === "DeviceListing"
    ? z.union([devicePageSchema, deviceChangePageSchema])
    : (z.globalRegistry._idmap.get(name) as z.ZodType);

test("every body has an example, and every example is valid", () => {
  expect(examples.length).toBeGreaterThan(70);
  for (const { at, schemas, value } of examples) {
    const errors = schemas.map((name) => schemaOf(name).safeParse(value).error?.message ?? null);
    expect([at, errors.includes(null) ? null : errors]).toEqual([at, null]);
  }
});

describe("every call", () => {
  test("with a credential lists the responses that all such calls share", () => {
    const withCredential = calls.filter(({ operation }) => operation.security === undefined);
    expect(withCredential.length).toBe(calls.length - 1);
    for (const { name, operation } of withCredential)
      expect([name, Object.keys(operation.responses)]).toEqual([
        name,
        expect.arrayContaining(["401", "403", "429", "500", "503"]),
      ]);
  });

  test.each(["429", "503"])("gives Retry-After with a %s", (status) => {
    for (const { name, operation } of [...calls, ...deliveries])
      expect([name, resolve(operation.responses[status])?.headers]).toEqual([
        name,
        expect.objectContaining({ "Retry-After": expect.anything() }),
      ]);
  });

  test("with a 304 response accepts If-None-Match and returns an ETag", () => {
    const conditional = calls.filter(({ operation }) => operation.responses["304"]);
    expect(conditional.map(({ name }) => name)).toEqual([
      "GET /v1/orgs",
      "GET /v1/sites",
      "GET /v1/devices",
      "GET /v1/devices/{device_id}",
    ]);
    for (const { operation } of conditional) {
      expect(operation.parameters?.map(({ $ref }) => $ref)).toContain("#/components/parameters/IfNoneMatch");
      expect(operation.responses["200"]?.headers).toHaveProperty("ETag");
    }
  });

  test("announces the end of the version in its response", () => {
    for (const { operation } of calls)
      for (const [status, answer] of Object.entries(operation.responses))
        if (status.startsWith("2") && status !== "204")
          expect(Object.keys(answer.headers ?? {})).toEqual(
            expect.arrayContaining(["Deprecation", "Sunset"]),
          );
  });
});

describe("every event type of the contract", () => {
  test.each(EVENT_TYPES)("$type has its own webhook", ({ type, schema }) => {
    const own = deliveries.filter(({ operation }) =>
      Object.values(operation.requestBody?.content ?? {}).some((media) =>
        media.schema.$ref?.endsWith(`/${schema.meta()?.id}`),
      ),
    );
    expect(own).toHaveLength(1);
    const body = own[0]?.operation.requestBody?.content[EVENT_MEDIA_TYPE];
    expect(body?.examples["example"]?.value).toMatchObject({ type });
  });

  test("is signed", () => {
    for (const { operation } of deliveries)
      expect(operation.parameters?.map(({ name }) => name)).toEqual([
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
      ]);
  });

  test("may be in a batch, which is answered event by event", () => {
    const batch = deliveries.find(({ operation }) => operation.requestBody?.content[BATCH_MEDIA_TYPE]);
    expect(batch?.operation.responses["200"]?.content?.["application/json"]?.schema.$ref).toBe(
      "#/components/schemas/BatchAnswer",
    );
  });
});

test("every code of the prose is in an example of its status, and vice versa", async () => {
  const tables = [...(await read("contract.md")).matchAll(/\| status \| code [\s\S]+?\n\n/g)];
  const codesOf = ([table = ""]: RegExpMatchArray | [string?]) =>
    [...table.matchAll(/^\| [\d, ]+ \| ([^|]+) \|/gm)].flatMap(([, codes = ""]) =>
      [...codes.matchAll(/`(\w+)`/g)].map(([, code]) => code),
    );
  const [vendors, consumers] = tables.map(codesOf);
  const shown = examples
    .map(({ value }) => value as { code?: string; status?: number })
    .filter(({ code }) => code !== undefined);
  expect(new Set(vendors)).toEqual(new Set(Object.keys(PROBLEM_CODES)));
  expect(new Set(consumers)).toEqual(new Set(Object.keys(REFUSAL_CODES)));
  expect(Object.fromEntries(shown.map(({ code, status }) => [code, status]))).toEqual({
    ...PROBLEM_CODES,
    ...REFUSAL_CODES,
  });
});

/** Yields every object at any depth, with its path. */
function* nodesOf(node: unknown, at = ""): Generator<{ at: string; node: Record<string, unknown> }> {
  if (node === null || typeof node !== "object") return;
  if (!Array.isArray(node)) yield { at, node: node as Record<string, unknown> };
  for (const [key, value] of Object.entries(node)) yield* nodesOf(value, `${at}/${key}`);
}
const nodes = [...nodesOf(document)];

/** What code generators of other people stumble over; the lane in `spec/tools/generators` runs some of them. */
describe("for code generators", () => {
  test("no tag is shared by calls and webhooks: each tag becomes one file", () => {
    const tagsOf = (all: typeof calls) => all.flatMap(({ operation }) => operation.tags);
    expect(tagsOf(calls).filter((tag) => tagsOf(deliveries).includes(tag))).toEqual([]);
  });

  test("an object with further members says true, not an empty schema", () => {
    const found = nodes.filter(({ node }) => node["additionalProperties"] !== undefined);
    expect(found.length).toBeGreaterThan(90);
    expect(found.filter(({ node }) => typeof node["additionalProperties"] === "object")).toEqual([]);
  });

  test("a reference or null is a oneOf", () => {
    const isNull = (schema: JsonSchema) => schema["type"] === "null";
    const nullable = (keyword: string) =>
      nodes.filter(({ node }) => ((node[keyword] ?? []) as JsonSchema[]).some(isNull));
    expect(nullable("oneOf").length).toBeGreaterThan(10);
    expect(nullable("anyOf")).toEqual([]);
  });

  test("no response is one of several schemas", () => {
    const found = calls.flatMap(({ name, operation }) =>
      Object.values(operation.responses).flatMap((answer) =>
        Object.values(resolve(answer)?.content ?? {}).map(({ schema }) => ({ name, schema })),
      ),
    );
    expect(found.length).toBeGreaterThan(50);
    expect(found.filter(({ schema }) => schema.$ref === undefined)).toEqual([]);
  });

  test("webhooks are references, with their headers in full", () => {
    for (const [name, webhook] of Object.entries(document.webhooks))
      expect(webhook).toEqual({ $ref: `#/components/pathItems/${name}` });
    expect(Object.keys(document.components.pathItems)).toEqual(Object.keys(document.webhooks));
  });

  test("every schema can be reached from a path", () => {
    const reached = new Set<string>();
    const follow = (root: unknown): void => {
      for (const { node } of nodesOf(root)) {
        const [kind = "", name = ""] = String(node["$ref"] ?? "")
          .split("/")
          .slice(2);
        if (kind === "" || reached.has(`${kind}/${name}`)) continue;
        reached.add(`${kind}/${name}`);
        follow((document.components as unknown as Record<string, Record<string, unknown>>)[kind]?.[name]);
      }
    };
    follow(document.paths);
    const schemas = Object.keys(document.components.schemas).map((name) => `schemas/${name}`);
    expect(schemas.filter((schema) => !reached.has(schema))).toEqual([]);
  });

  test("no member with an inline object has the name of a schema", () => {
    const inPascalCase = (name: string) =>
      name.replaceAll(/(?:^|_)([a-z])/g, (_, letter) => letter.toUpperCase());
    const members = nodes.flatMap(({ node }) =>
      Object.entries((node["properties"] ?? {}) as Record<string, JsonSchema>),
    );
    const inline = members.filter(([, { properties }]) => properties !== undefined).map(([name]) => name);
    expect(inline.length).toBeGreaterThan(5);
    expect(inline.filter((name) => document.components.schemas[inPascalCase(name)])).toEqual([]);
  });
});

test("a listing accepts what a page of devices or of changes accepts", async () => {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema(document, "document");
  const listing = ajv.getSchema("document#/components/schemas/DeviceListing") as ValidateFunction;
  const { cases } = JSON.parse(await read("vectors/payloads.json")) as {
    readonly cases: readonly {
      readonly schema: string;
      readonly valid: boolean;
      readonly payload: unknown;
    }[];
  };
  const ofPages = cases.filter(({ schema }) => /Device(Change)?Page/.test(schema));
  expect(ofPages.length).toBeGreaterThan(5);
  for (const { payload } of ofPages)
    expect([payload, listing(payload)]).toEqual([
      payload,
      schemaOf("DeviceListing").safeParse(payload).success,
    ]);
});
