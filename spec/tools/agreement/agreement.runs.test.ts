import { glob, readFile } from "node:fs/promises";
import "@convergint/schemas";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { PAYLOADS } from "./arbitraries.ts";
import { mutate, mutation } from "./mutate.ts";

const FOLDER = new URL("../../1.0/schemas/", import.meta.url);

const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allowUnionTypes: true });
addFormats.default(ajv);
ajv.addVocabulary(["x-requirement", "x-personal-data"]);

const names: string[] = [];
for await (const file of glob("*.json", { cwd: FOLDER })) {
  ajv.addSchema(JSON.parse(await readFile(new URL(file, FOLDER), "utf8")), file);
  names.push(file.replace(/\.json$/, ""));
}

const validByAjv = (name: string, payload: unknown) => ajv.validate(`${name}.json`, payload) === true;
const validByZod = (name: string, payload: unknown) => {
  // zod's own registry has every schema with an id, including schemas that are used only within others.
  const schema = z.globalRegistry._idmap.get(name) as z.ZodType | undefined;
  return schema?.safeParse(structuredClone(payload)).success;
};

test("every published schema has payloads", () => {
  expect([...PAYLOADS.keys()].toSorted()).toEqual(names.toSorted());
});

const RUNS = 20_000;

test(`the published JSON Schemas and zod agree on ${RUNS} payloads`, () => {
  const seen = new Map(names.map((name) => [name, { valid: 0, invalid: 0 }]));
  const total = { valid: 0, invalid: 0 };
  const cases = fc.constantFrom(...PAYLOADS).chain(([name, payload]) =>
    fc.record({
      name: fc.constant(name),
      payload,
      // About a third of the payloads are not mutated.
      mutations: fc.array(mutation, { maxLength: 2, size: "max" }),
    }),
  );
  // If they disagree, fast-check throws the seed and the smallest failing payload.
  fc.assert(
    fc.property(cases, ({ name, payload, mutations }) => {
      const mutated = mutations.reduce<unknown>(mutate, JSON.parse(JSON.stringify(payload)));
      const [byAjv, byZod] = [validByAjv(name, mutated), validByZod(name, mutated)];
      const outcome = byAjv ? "valid" : "invalid";
      total[outcome] += 1;
      const here = seen.get(name);
      if (here) here[outcome] += 1;
      if (mutations.length === 0 && !byAjv)
        throw new Error(
          `${name}: a generated valid payload is invalid: ${ajv.errorsText()}\n${JSON.stringify(mutated)}`,
        );
      if (byAjv !== byZod)
        throw new Error(
          `${name} is ${outcome} for Ajv, but not for zod (${ajv.errorsText()}): ${JSON.stringify(mutated)}`,
        );
    }),
    { numRuns: RUNS },
  );
  expect(total.valid).toBeGreaterThan(RUNS / 4);
  expect(total.invalid).toBeGreaterThan(RUNS / 4);
  expect([...seen].filter(([, { valid, invalid }]) => valid === 0 || invalid === 0)).toEqual([]);
});
