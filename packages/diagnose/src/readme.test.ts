import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

const read = (path: string) => readFile(new URL(path, import.meta.url), "utf8");

test("the README lists every mistake once", async () => {
  const [declared, readme] = [await read("./mistake.ts"), await read("../README.md")];
  const [unions = ""] = declared.split("/** A requirement of the contract");
  const codes = [...unions.matchAll(/[|=] "([a-z0-9_]+)"/g)].map(([, code]) => code);
  const [, mistakes = ""] = readme.split("## Mistakes");
  const listed = [...mistakes.matchAll(/^\| `([a-z0-9_]+)` \|/gm)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(100);
  expect(listed.toSorted()).toEqual(codes.toSorted());
});
