import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { pinSuite, type Released, readReleased, updateTable } from "./release.ts";

const read = (file: string) => readFileSync(join(import.meta.dirname, file), "utf8");
const list = (...patterns: readonly string[]) =>
  execFileSync("git", ["ls-files", "--", ...patterns], { cwd: import.meta.dirname, encoding: "utf8" })
    .split("\n")
    .filter(Boolean);

describe("the table of compatible versions", () => {
  const release = (version: string, node = ">=20"): Released[] => [
    { name: "@convergint/webhooks", version, engines: { node } },
  ];
  const empty = read("COMPATIBILITY.md").replace(/^\| `@convergint.*\n/gm, "");
  const rowsOf = (page: string) => page.split("\n").filter((line) => line.startsWith("| `@convergint/"));

  test("keeps the lines of versions that a user may still have, newest first", () => {
    let page = empty;
    for (const version of ["0.9.0", "0.9.1", "0.10.0", "1.0.0", "1.4.2"])
      page = updateTable(page, release(version), "1.0");
    expect(rowsOf(page)).toEqual([
      "| `@convergint/webhooks` | 1.x | 1.0 | 20 |",
      "| `@convergint/webhooks` | 0.10.x | 1.0 | 20 |",
      "| `@convergint/webhooks` | 0.9.x | 1.0 | 20 |",
    ]);
  });

  test("shows what the newest version of a line needs", () => {
    const page = updateTable(updateTable(empty, release("0.1.0"), "1.0"), release("0.1.1", ">=22"), "1.1");
    expect(rowsOf(page)).toEqual(["| `@convergint/webhooks` | 0.1.x | 1.1 | 22 |"]);
    expect(page.replace(/^\| `@convergint.*\n/gm, "")).toBe(empty);
  });
});

test("the jobs that vendors copy get the tag of the suite", () => {
  const job = read("examples/ci/github.yml");
  expect(pinSuite(pinSuite(job, "0.1.0"), "0.2.0")).toContain("uses: convergint/vendor-cloud-kit@v0.2.0\n");
  expect(pinSuite(read("examples/ci/gitlab.yml"), "0.2.0")).toContain("CONFORMANCE_KIT_REF: v0.2.0\n");
  expect(pinSuite(job, "0.1.0").split("\n")).toHaveLength(job.split("\n").length);
});

test("a library accepts the patches of other packages; a command pins them, so that a certificate names what judged", async () => {
  const released = (await readReleased(import.meta.dirname)) as readonly (Released & { bin?: object })[];
  expect(released.length).toBeGreaterThan(5);
  for (const { name, bin, dependencies = {} } of released)
    for (const [dependency, range] of Object.entries(dependencies).filter(([, each]) =>
      each.startsWith("workspace:"),
    ))
      expect(range, `${name} on ${dependency}`).toBe(bin ? "workspace:*" : "workspace:^");
});

test("every action of others is pinned to a commit, with its version in a comment", () => {
  const files = ["action.yml", ...list(".github/workflows", "examples/ci/*.yml")];
  const used = files.flatMap((file) =>
    [...read(file).matchAll(/^\s*(?:- )?uses: (.*)$/gm)].map(([, each = ""]) => each),
  );
  const ours = /^(convergint\/vendor-cloud-kit@|\.\/)/;
  expect(used.length).toBeGreaterThan(10);
  for (const each of used.filter((action) => !ours.test(action)))
    expect(each).toMatch(/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});

test("updates of dependencies cover every folder that has some", () => {
  const { updates } = parse(read(".github/dependabot.yml")) as {
    updates: { "package-ecosystem": string; directory?: string; directories?: string[] }[];
  };
  const covered = (ecosystem: string) =>
    updates
      .filter((update) => update["package-ecosystem"] === ecosystem)
      .flatMap(({ directory, directories = [] }) => [...(directory ? [directory] : []), ...directories])
      .map((folder) => folder.slice(1));
  const files: Readonly<Record<string, readonly string[]>> = {
    gomod: list("*go.mod"),
    docker: list("*Dockerfile"),
    maven: list("*pom.xml"),
    pip: list("*requirements.txt", "*pyproject.toml"),
  };
  for (const [ecosystem, found] of Object.entries(files))
    expect(covered(ecosystem).toSorted(), ecosystem).toEqual(
      [...new Set(found.map((file) => file.replace(/\/?[^/]+$/, "")))].toSorted(),
    );
  for (const folder of updates.flatMap(({ directories = [] }) => directories))
    expect(existsSync(join(import.meta.dirname, folder)), folder).toBe(true);
});

test("the development container has what CI installs for the tests", () => {
  const [, packages = ""] = /apt-get install .*--no-install-recommends (.*)/.exec(read(".ci/run")) ?? [];
  const names = packages.split(" ");
  expect(names.length).toBeGreaterThan(4);
  for (const name of names) expect(read(".devcontainer/Dockerfile")).toMatch(new RegExp(`\\b${name}\\b`));
  const { build, updateContentCommand } = JSON.parse(read(".devcontainer/devcontainer.json"));
  expect(existsSync(join(import.meta.dirname, ".devcontainer", build.dockerfile))).toBe(true);
  expect(updateContentCommand).toContain("pnpm install");
});
