import { glob, readFile } from "node:fs/promises";
import {
  devicePageSchema,
  deviceSchema,
  deviceStatusChangedEventSchema,
  manifestSchema,
  problemSchema,
} from "@convergint/schemas";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, test } from "vitest";
import { generateSpec } from "./generate.ts";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string) => readFile(new URL(path, ROOT), "utf8");
const prose = await read("spec/1.0/contract.md");

/** GitHub's slug of a heading. */
const slug = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, "")
    .trim()
    .replace(/\s+/g, "-");

const anchors = new Set([
  ...[...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => slug(heading)),
  ...[...prose.matchAll(/<a id="([^"]+)">/g)].map(([, id = ""]) => id),
]);

async function ajv(): Promise<Ajv2020> {
  const validator = new Ajv2020({ strict: true, allowUnionTypes: true });
  addFormats.default(validator);
  for await (const file of glob("spec/1.0/schemas/*.json", { cwd: ROOT })) {
    validator.addSchema(JSON.parse(await read(file)));
  }
  return validator;
}
const validator = await ajv();
const isValidByAjv = (name: string, value: unknown) =>
  validator.validate(`https://schemas.convergint.com/vendor-cloud/1.0/${name}.json`, value);

test("what is committed is what would be generated", async () => {
  for (const [path, content] of await generateSpec(ROOT)) expect(await read(path), path).toBe(content);
});

test("every place in the code that cites the contract cites a section that is there", async () => {
  const cited = [];
  for await (const file of glob("{packages,conformance,examples}/**/*.ts", {
    cwd: ROOT,
    exclude: (name) => name === "node_modules",
  })) {
    for (const [, anchor = ""] of (await read(file)).matchAll(/contract\.md#([\w-]+)/g))
      cited.push({ file, anchor });
  }
  expect(cited.length).toBeGreaterThan(20);
  expect(cited.filter(({ anchor }) => !anchors.has(anchor))).toEqual([]);
});

describe("examples of the prose", () => {
  const schemas = {
    Discovery: ["Manifest", manifestSchema],
    Errors: ["Problem", problemSchema],
    Pagination: ["DevicePage", devicePageSchema],
    Devices: ["Device", deviceSchema],
    "Health events": ["DeviceStatusChangedEvent", deviceStatusChangedEventSchema],
  } as const;
  const examples = [...prose.matchAll(/```json\n([\s\S]+?)```/g)].map((match) => ({
    section: [...prose.slice(0, match.index).matchAll(/^#+ (.+)$/gm)].at(-1)?.[1] ?? "",
    value: JSON.parse(match[1] ?? "") as Record<string, unknown>,
  }));

  test("are there for each of these sections", () => {
    expect(examples.map(({ section }) => section).toSorted()).toEqual(Object.keys(schemas).toSorted());
  });

  test.each(examples)("$section is valid by zod and by Ajv on the published schema", ({ section, value }) => {
    const [name, schema] = schemas[section as keyof typeof schemas];
    expect(schema.safeParse(value).error).toBeUndefined();
    expect(isValidByAjv(name, value), JSON.stringify(validator.errors)).toBe(true);
  });

  test.each(examples)(
    "$section is refused by both without any one required member",
    async ({ section, value }) => {
      const [name, schema] = schemas[section as keyof typeof schemas];
      const published = await read(`spec/1.0/schemas/${name}.json`);
      const { required } = JSON.parse(published) as { required: string[] };
      expect(required.length).toBeGreaterThan(2);
      for (const member of required) {
        const { [member]: _, ...rest } = value;
        expect([member, schema.safeParse(rest).success, isValidByAjv(name, rest)]).toEqual([
          member,
          false,
          false,
        ]);
      }
    },
  );
});
