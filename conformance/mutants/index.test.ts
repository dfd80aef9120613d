import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { checks } from "../src/checks/index.ts";
import { fuzzMutants } from "./fuzz.ts";
import { mutantCases } from "./matrix/cases.ts";
import { locateMutants, renderFiles } from "./matrix/published.ts";
import { operators } from "./subjects/operator.ts";

/** `fuzz.ts` has the mutants that a run does not find; see `fuzz.runs.test.ts`. */
const NOT_MUTANTS = ["index.ts", "fuzz.ts"];

const filesIn = async (folder: string) =>
  (await readdir(new URL(folder, import.meta.url))).filter(
    (file) => file.endsWith(".ts") && !file.endsWith(".test.ts"),
  );

/** Returns the requirements whose checks a check file exports. A file of shared functions exports none. */
async function requirementsCheckedBy(file: string): Promise<string[]> {
  const exported: object = await import(new URL(`../src/checks/${file}`, import.meta.url).href);
  const lists = Object.entries(exported).filter(([name]) => name.endsWith("Checks"));
  return lists.flatMap(([, list]) => (list as typeof checks).map(({ requirement }) => requirement));
}

/** The mutants that a file exports, by name. */
async function mutantsOf(file: string): Promise<[name: string, mutant: { readonly breaks: string }][]> {
  const exported: object = await import(new URL(file, import.meta.url).href);
  return Object.values(exported).flatMap((record) => Object.entries(record));
}

test("every check has a mutant, and each mutant's name starts with the requirement it breaks", () => {
  const broken = new Set(mutantCases.map(({ breaks }) => breaks));
  expect(checks.map(({ requirement }) => requirement).filter((id) => !broken.has(id))).toEqual([]);
  for (const { name, breaks } of mutantCases) expect(name.toUpperCase().startsWith(breaks), name).toBe(true);
});

test("each mutant is in a file with the name of its requirement's check file", async () => {
  const files = (await filesIn("./")).filter((file) => !NOT_MUTANTS.includes(file));
  const seen: string[] = [];
  for (const file of files) {
    const checked = await requirementsCheckedBy(file);
    for (const [name, { breaks }] of await mutantsOf(file)) {
      expect(checked, `${name} is in mutants/${file}`).toContain(breaks);
      seen.push(name);
    }
  }
  // This comparison also detects a name that two files use, and a file that index.ts does not list.
  expect(seen.toSorted()).toEqual(mutantCases.map(({ name }) => name).toSorted());
});

test("each operator yields at least 15 mutants, and all of them at least 320", () => {
  const counts = Object.keys(operators).map((name) => ({
    name,
    count: mutantCases.filter(({ operator }) => operator === name).length,
  }));
  expect(counts.filter(({ count }) => count < 15)).toEqual([]);
  expect(mutantCases.length).toBeGreaterThanOrEqual(320);
});

test("every mutant is located at its line", async () => {
  const locations = await locateMutants();
  const names = [...mutantCases.map(({ name }) => name), ...Object.keys(fuzzMutants)];
  expect([...locations.keys()].toSorted()).toEqual(names.toSorted());
});

test("MUTANTS.md and mutants.json are up to date: `pnpm mutants --publish` writes them", async () => {
  for (const [url, content] of await renderFiles(mutantCases))
    expect(await readFile(url, "utf8")).toBe(content);
});
