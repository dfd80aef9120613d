import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type NewRequirement, scaffoldRequirement } from "./scaffold-requirement.ts";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const readAll = (folder: string) =>
  new Map(
    readdirSync(new URL(folder, import.meta.url))
      .filter((name) => name.endsWith(".ts"))
      .map((name) => [name, read(`${folder}${name}`)]),
  );
const files = {
  contract: read("../../spec/1.0/contract.md"),
  checks: readAll("../src/checks/"),
  mutants: readAll("../mutants/"),
};
const requirement: NewRequirement = {
  id: "PAGE-099",
  level: "SHOULD",
  text: "A page SHOULD be blue.",
  after: "PAGE-001",
  defect: "A page's color is green, not blue",
};

test("adds a line to the contract after the given requirement and changes no other line", () => {
  const { contract } = scaffoldRequirement(requirement, files);
  const [before, after] = [files.contract.split("\n"), contract.split("\n")];
  const at = before.findIndex((line) => line.includes("**PAGE-001**"));
  expect(after[at + 1]).toBe('- <a id="page-099"></a>**PAGE-099** (SHOULD) A page SHOULD be blue.');
  expect(after.toSpliced(at + 1, 1)).toEqual(before);
});

test("adds a check that could not run to the file of that requirement's check", () => {
  const { file, checks } = scaffoldRequirement(requirement, files);
  expect(file).toBe("pagination.ts");
  expect(checks).toMatch(/check\("PAGE-099", \[\], \(\) => \(\{\n {4}outcome: "could-not-run",[\s\S]*\n\];/);
});

test("adds a mutant, named for its defect, to the file of the same name", () => {
  const { mutants, mutantName } = scaffoldRequirement(requirement, files);
  expect(mutantName).toBe("page-099-a-pages-color-is-green-not-blue");
  expect(mutants).toMatch(
    /"page-099-a-pages-color-is-green-not-blue": \{\n {4}breaks: "PAGE-099",\n {4}operator: "plain",[\s\S]*\n\};/,
  );
  expect(mutants).toContain("behaviour: () => ({})");
});

test("adds a receiver mutant for a requirement of the consumer", () => {
  const consumer = { ...requirement, id: "RCV-099", after: "RCV-001" };
  const { file, mutants } = scaffoldRequirement(consumer, files);
  expect(file).toBe("receiving.ts");
  expect(mutants.slice(mutants.indexOf("rcv-099"))).toContain("parts: () => ({})");
});

describe("refuses", () => {
  test.each<[string, Partial<NewRequirement>, RegExp]>([
    ["an id of another form", { id: "page-9" }, /SITE-099/],
    ["an id that exists", { id: "PAGE-002" }, /already has PAGE-002/],
    ["a text without its keyword", { text: "A page is blue." }, /contains SHOULD/],
    ["a text of two lines", { text: "A page SHOULD\nbe blue." }, /one sentence/],
    ["a predecessor that does not exist", { after: "PAGE-777" }, /no PAGE-777/],
    ["a predecessor without a check", { after: "DEV-011" }, /No file in checks/],
    ["a defect without words", { defect: "…" }, /--defect/],
  ])("%s", (_case, change, message) => {
    expect(() => scaffoldRequirement({ ...requirement, ...change }, files)).toThrow(
      expect.objectContaining({ code: "cannot_scaffold", message: expect.stringMatching(message) }),
    );
  });
});
