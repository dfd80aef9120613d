import { readFile } from "node:fs/promises";
import {
  BATCH_MEDIA_TYPE,
  EVENT_MEDIA_TYPE,
  EVENT_TYPES,
  PROBLEM_CODES,
  REFUSAL_CODES,
} from "@convergint/schemas";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";

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
  readonly parameters?: readonly { readonly $ref: string }[];
  readonly requestBody?: { readonly content: Record<string, Media> };
  readonly responses: Record<string, Answer>;
}
type PathItem = Record<string, Operation>;

const document = parse(await read("openapi.yaml")) as {
  readonly paths: Record<string, PathItem>;
  readonly webhooks: Record<string, PathItem>;
  readonly components: { readonly responses: Record<string, Answer> };
};

const operationsOf = (paths: Record<string, PathItem>) =>
  Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => method !== "parameters")
      .map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  );
const calls = operationsOf(document.paths);
const deliveries = operationsOf(document.webhooks);
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

test("every body has an example, and every example is valid", () => {
  expect(examples.length).toBeGreaterThan(70);
  for (const { at, schemas, value } of examples) {
    const errors = schemas.map(
      (name) => (z.globalRegistry._idmap.get(name) as z.ZodType).safeParse(value).error?.message ?? null,
    );
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
      expect(operation.parameters?.map(({ $ref }) => $ref.split("/").at(-1))).toEqual([
        "WebhookId",
        "WebhookTimestamp",
        "WebhookSignature",
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
