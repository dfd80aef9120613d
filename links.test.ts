import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = import.meta.dirname;
const list = (...patterns: readonly string[]) =>
  execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ...patterns], {
    cwd: ROOT,
    encoding: "utf8",
  })
    .split("\0")
    .filter((file) => file !== "" && existsSync(join(ROOT, file)));

/** Returns the relative targets of a page's links, without their anchors. */
function linksIn(markdown: string): string[] {
  const text = markdown.replace(/^```[\s\S]*?^```/gm, "");
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target.replace(/#.*$/, ""))
    .filter((target) => target !== "" && !/^[a-z]+:/.test(target));
}

test("finds links, and not those in code or with a scheme", () => {
  const page = "[a](b.md#c) [d](https://e.example) [f](#g)\n```\n[h](i.md)\n```\n";
  expect(linksIn(page)).toEqual(["b.md"]);
});

describe("every link leads to a file", () => {
  test.each(list("*.md").filter((file) => !file.startsWith(".changeset/")))("%s", (page) => {
    const links = linksIn(readFileSync(join(ROOT, page), "utf8"));
    expect(links.filter((target) => !existsSync(join(ROOT, dirname(page), decodeURI(target))))).toEqual([]);
  });
});
