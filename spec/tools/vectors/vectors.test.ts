import { glob, readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { VECTORS, vectorFiles } from "./vectors.ts";

const ROOT = new URL(`../../../${VECTORS}`, import.meta.url);
const generated = vectorFiles();
const registry = JSON.parse(await readFile(new URL("../requirements.json", ROOT), "utf8"));
const requirements = new Set<unknown>(registry.requirements.map(({ id }: { id: string }) => id));

test("what is committed is what would be generated", async () => {
  for (const [path, content] of generated) {
    expect(await readFile(new URL(path, ROOT), "utf8"), `${path}: run \`pnpm vectors\``).toBe(content);
  }
});

test("no file is there that nothing generates", async () => {
  const committed = [];
  for await (const path of glob("**/*.json", { cwd: ROOT })) committed.push(path);
  expect(committed.sort()).toEqual([...generated.keys()].sort());
});

describe.each([...generated])("%s", (_, content) => {
  const file = JSON.parse(content);

  test("says what it is, and of which contract", () => {
    expect(file).toMatchObject({ description: expect.stringMatching(/\.$/), contract_version: "1.0" });
  });

  test("has cases, each with a name of its own", () => {
    const names: string[] = file.cases.map(({ name }: { name: string }) => name);
    expect(names.length).toBeGreaterThan(1);
    expect(names.filter((name, index) => name === "" || names.indexOf(name) !== index)).toEqual([]);
  });
});

test("every requirement that a case names is one of the contract", () => {
  const named = [...generated.values()].flatMap((content) =>
    JSON.parse(content).cases.flatMap(
      ({ requirement }: { requirement?: string | null }) => requirement ?? [],
    ),
  );
  expect(named.length).toBeGreaterThan(200);
  expect(named.filter((id) => !requirements.has(id))).toEqual([]);
});

test("the README tells of every file", async () => {
  const readme = await readFile(new URL("README.md", ROOT), "utf8");
  expect([...generated.keys()].filter((path) => !readme.includes(`\`${path}\``))).toEqual([]);
});
