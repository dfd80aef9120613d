import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { installOf, listFiles, published, renderInstall } from "./readme-install.ts";

const ROOT = import.meta.dirname;

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
  test.each(listFiles("*.md").filter((file) => !file.startsWith(".changeset/")))("%s", (page) => {
    const links = linksIn(readFileSync(join(ROOT, page), "utf8"));
    expect(links.filter((target) => !existsSync(join(ROOT, dirname(page), decodeURI(target))))).toEqual([]);
  });
});

interface Manifest {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const readText = (file: string) => readFileSync(join(ROOT, file), "utf8");

describe("every page says in the same way how to install packages that are not on npm", () => {
  test.each(listFiles("*.md"))("%s", (page) => {
    expect(renderInstall(readText(page)), "Run `pnpm readmes`.").toBe(readText(page));
  });
});

test("the same pages can say how to install from npm", () => {
  const page = readText("packages/delivery/README.md");
  const fromNpm = renderInstall(page, true);
  expect(fromNpm).toContain("npm install @convergint/delivery better-sqlite3");
  expect(fromNpm).not.toMatch(/not on npm|tarballs/);
  expect(renderInstall(fromNpm, false)).toBe(renderInstall(page, false));
});

describe("a README says how to install and run its package", () => {
  test.each([...published.values()])("$manifest.name", ({ folder, manifest }) => {
    for (const text of installOf(manifest.name)) expect(readText(join(folder, "README.md"))).toContain(text);
  });

  test.each([...published.values()])(
    "$manifest.name names the oldest Node that it supports",
    ({ folder, manifest }) => {
      const oldest = manifest.engines?.node.replace(">=", "");
      expect(readText(join(folder, "README.md"))).toMatch(new RegExp(`Node\\s${oldest}( and|\\sor) later`));
      const row = readText("README.md")
        .split("\n")
        .find((line) => line.startsWith(`| [\`${manifest.name}\`]`));
      expect(row).toMatch(new RegExp(` \\| ${oldest} \\|$`));
    },
  );
});

test("every script runs on a Node whose bytes the lockfile pins", () => {
  const binaries = Object.entries(
    (JSON.parse(readText("package.json")) as Manifest).optionalDependencies ?? {},
  );
  expect(binaries.length).toBeGreaterThan(0);
  const lockfile = readText("pnpm-lock.yaml");
  for (const [name, version] of binaries) {
    // pnpm compares what packages require with this version.
    expect(readText("pnpm-workspace.yaml")).toContain(`\nnodeVersion: ${version}\n`);
    // Without a platform, every user would get every binary, and one of them as `node`.
    expect(lockfile).toMatch(
      new RegExp(
        `\\n {2}${name}@${version}:\n {4}resolution: \\{integrity: sha512-.*\\}\n {4}cpu: .*\n {4}os: `,
      ),
    );
  }
});
