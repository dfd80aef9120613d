import { glob, readFile } from "node:fs/promises";
import * as published from "@convergint/schemas";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, test } from "vitest";
import { z } from "zod";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string) => readFile(new URL(path, ROOT), "utf8");
const prose = await read("spec/1.0/contract.md");
const guide = await read("docs/vendor.md");

/** The zod schemas by published name. */
const zodSchemas = new Map(
  [...Object.values(published), ...Object.values(published.eventSchemas)].flatMap((value) => {
    const name = value instanceof z.ZodType ? value.meta()?.id : undefined;
    return name === undefined ? [] : [[name, value as z.ZodType] as const];
  }),
);

const validator = new Ajv2020({ strict: false });
addFormats.default(validator);
for await (const file of glob("spec/1.0/schemas/*.json", { cwd: ROOT })) {
  validator.addSchema(JSON.parse(await read(file)));
}
const isValidByAjv = (name: string, value: unknown) =>
  validator.validate(`https://schemas.convergint.com/vendor-cloud/1.0/${name}.json`, value);

const examplesIn = (text: string) =>
  [...text.matchAll(/```json ?(\w*)\n([\s\S]+?)```/g)].map(([, name = "", example = ""]) => ({
    name,
    value: JSON.parse(example) as Record<string, unknown>,
  }));
const examples = examplesIn(prose);

test.each(examplesIn(guide))("the example of $name in the guide for vendors is valid", ({ name, value }) => {
  expect(zodSchemas.get(name)?.safeParse(value).error?.issues).toBeUndefined();
  expect(isValidByAjv(name, value), validator.errorsText()).toBe(true);
});

test("every JSON example of the prose names its schema", () => {
  expect(examples.length).toBeGreaterThan(20);
  expect(examples.filter(({ name }) => !zodSchemas.has(name))).toEqual([]);
});

describe("every payload of the contract has an example in the prose:", () => {
  test.each([
    "Manifest",
    "Problem",
    "Org",
    "Site",
    "Device",
    "DevicePage",
    "DeviceChangePage",
    "EventCatalog",
    "EventPage",
    "BatchAnswer",
    "WebhookEndpointCreated",
    "RotatedSecret",
    "SandboxStatusCommand",
  ])("%s", (name) => {
    expect(examples.map((example) => example.name)).toContain(name);
  });
});

describe.each(examples)("the example of $name", ({ name, value }) => {
  const schema = zodSchemas.get(name) ?? z.never();

  test("is valid for zod, and for Ajv with the published schema", () => {
    expect(schema.safeParse(value).error).toBeUndefined();
    expect(isValidByAjv(name, value), JSON.stringify(validator.errors)).toBe(true);
  });

  test("is invalid for both if any one required member is missing", async () => {
    const { required } = JSON.parse(await read(`spec/1.0/schemas/${name}.json`)) as { required: string[] };
    expect(required.length).toBeGreaterThan(0);
    for (const member of required) {
      const { [member]: _, ...rest } = value;
      expect([member, schema.safeParse(rest).success, isValidByAjv(name, rest)]).toEqual([
        member,
        false,
        false,
      ]);
    }
  });
});
