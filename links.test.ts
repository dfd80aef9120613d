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

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly engines?: { readonly node: string };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const readText = (file: string) => readFileSync(join(ROOT, file), "utf8");
const readManifest = (folder: string) => JSON.parse(readText(join(folder, "package.json"))) as Manifest;
const published = new Map(
  list("packages/*/package.json", "conformance/package.json")
    .map((file) => ({ folder: dirname(file), manifest: readManifest(dirname(file)) }))
    .filter(({ manifest }) => !manifest.private)
    .map((each) => [each.manifest.name, each]),
);

/** Lists a package and the packages of this repository that it needs, so that npm asks no registry for them. */
function needs(name: string): string[] {
  const own = Object.keys(published.get(name)?.manifest.dependencies ?? {}).filter((each) =>
    published.has(each),
  );
  return [...new Set([name, ...own.flatMap(needs)])].toSorted();
}

describe("a README says how to install and run a package that is not on npm", () => {
  test.each([...published.values()])("$manifest.name", ({ folder, manifest }) => {
    const readme = readText(join(folder, "README.md"));
    const [, names = ""] =
      /^npm install .*\/tarballs\/convergint-\{?([\w,]+)\}?-0\.0\.0\.tgz/m.exec(readme) ?? [];
    expect(
      names
        .split(",")
        .map((name) => `@convergint/${name}`)
        .toSorted(),
    ).toEqual(needs(manifest.name));
    expect(readme).toContain(`${JSON.parse(readText("package.json")).packageManager} tarballs`);
    expect(manifest.version).toBe("0.0.0");
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
  const binaries = Object.entries(readManifest(".").optionalDependencies ?? {});
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
