import { glob, readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { VECTORS, vectorFiles } from "./vectors.ts";

const ROOT = new URL(`../../../${VECTORS}`, import.meta.url);
const generated = vectorFiles();
const registry = JSON.parse(await readFile(new URL("../requirements.json", ROOT), "utf8"));
const requirements = new Set<unknown>(registry.requirements.map(({ id }: { id: string }) => id));

test("the committed files match the generated ones", async () => {
  for (const [path, content] of generated) {
    expect(await readFile(new URL(path, ROOT), "utf8"), `${path}: run \`pnpm vectors\``).toBe(content);
  }
});

test("every committed file is generated", async () => {
  const committed = [];
  for await (const path of glob("**/*.json", { cwd: ROOT })) committed.push(path);
  expect(committed.sort()).toEqual([...generated.keys()].sort());
});

describe.each([...generated])("%s", (_, content) => {
  const file = JSON.parse(content);

  test("has a description and a contract version", () => {
    expect(file).toMatchObject({ description: expect.stringMatching(/\.$/), contract_version: "1.0" });
  });

  test("has cases, each with a unique name", () => {
    const names: string[] = file.cases.map(({ name }: { name: string }) => name);
    expect(names.length).toBeGreaterThan(1);
    expect(names.filter((name, index) => name === "" || names.indexOf(name) !== index)).toEqual([]);
  });
});

test("every requirement that a case names is in the contract", () => {
  const named = [...generated.values()].flatMap((content) =>
    JSON.parse(content).cases.flatMap(
      ({ requirement }: { requirement?: string | null }) => requirement ?? [],
    ),
  );
  expect(named.length).toBeGreaterThan(200);
  expect(named.filter((id) => !requirements.has(id))).toEqual([]);
});

test("the README describes every file", async () => {
  const readme = await readFile(new URL("README.md", ROOT), "utf8");
  expect([...generated.keys()].filter((path) => !readme.includes(`\`${path}\``))).toEqual([]);
});
