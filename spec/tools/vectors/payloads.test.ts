import { glob, readFile } from "node:fs/promises";
import * as published from "@convergint/schemas";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { PayloadCase } from "./payloads/samples.ts";

const SPEC = new URL("../../1.0/", import.meta.url);
const json = async (path: string) => JSON.parse(await readFile(new URL(path, SPEC), "utf8"));

const zodSchemas = new Map(
  [...Object.values(published), ...Object.values(published.eventSchemas)].flatMap((value) => {
    const name = value instanceof z.ZodType ? value.meta()?.id : undefined;
    return name === undefined ? [] : [[name, value as z.ZodType] as const];
  }),
);

const validator = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(validator);
const schemaTexts = new Map<string, string>();
for await (const file of glob("schemas/*.json", { cwd: SPEC })) {
  const schema = await json(file);
  validator.addSchema(schema);
  schemaTexts.set(String(schema.title), JSON.stringify(schema));
}
const isValidByAjv = (name: string, payload: unknown) =>
  validator.validate(`https://schemas.convergint.com/vendor-cloud/1.0/${name}.json`, payload);

/** Returns the JSON pointers of the faults that Ajv finds. */
const pointersOfAjv = () =>
  (validator.errors ?? []).map(({ instancePath, params }) =>
    "missingProperty" in params ? `${instancePath}/${params["missingProperty"]}` : instancePath,
  );

const { cases } = (await json("vectors/payloads.json")) as { cases: (PayloadCase & { schema: string })[] };
const bySchema = Map.groupBy(cases, ({ schema }) => schema.replace(/^\.\.\/schemas\/|\.json$/g, ""));

describe.each([...bySchema])("%s", (name, ofSchema) => {
  const byZod = zodSchemas.get(name) ?? z.never();

  test("has valid and invalid payloads", () => {
    expect(new Set(ofSchema.map(({ valid }) => valid)).size).toBe(2);
  });

  test.each(ofSchema)("$name", (vector) => {
    const parsed = byZod.safeParse(vector.payload);
    const found = parsed.success ? [] : published.fieldErrors(parsed.error, byZod);
    expect({ zod: parsed.success, ajv: isValidByAjv(name, vector.payload) }).toEqual({
      zod: vector.valid,
      ajv: vector.valid,
    });
    if (vector.valid) return;
    expect(found.map(({ pointer, requirement }) => ({ pointer, requirement }))).toEqual([
      { pointer: vector.pointer, requirement: vector.requirement },
    ]);
    expect(pointersOfAjv()).toContain(vector.pointer);
    expect(vector.reason).toMatch(/\.$/);
  });
});

test("every schema has payloads, or is part of a schema that has", () => {
  const others = [...schemaTexts.keys()].filter((name) => !bySchema.has(name));
  const isPart = (name: string) =>
    [...schemaTexts].some(([whole, text]) => whole !== name && text.includes(`"${name}.json"`));
  expect(others.filter((name) => !isPart(name))).toEqual([]);
  expect([...bySchema.keys()].filter((name) => !schemaTexts.has(name))).toEqual([]);
});

test("every event type of the contract has payloads", () => {
  const events = Object.values(published.eventSchemas).map((schema) => schema.meta()?.id);
  expect(events.filter((name) => name === undefined || !bySchema.has(name))).toEqual([]);
});
