/**
 * Rehearses releases in a clone, with the commands of the release workflow, up to the point where packages would be published:
 * the first release, a fix of one package, and a breaking change of another. It checks versions, changelogs, tags, the table of
 * COMPATIBILITY.md and what the tarballs depend on. Nothing is published, and no registry is asked for our packages.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Released, readReleased } from "./release.ts";

const run = promisify(execFile);
const ROOT = import.meta.dirname;
const PNPM: string = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")).packageManager;

type Bump = "patch" | "minor" | "major";

/** Returns the version that a changeset asks for. */
function bumpVersion(version: string, bump: Bump): string {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  if (bump === "major") return `${major + 1}.0.0`;
  return bump === "minor" ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`;
}

/** Reads the changesets of a clone: the largest bump of each package, and the first line of each text. */
async function readChangesets(clone: string) {
  const order: readonly Bump[] = ["patch", "minor", "major"];
  const bumps = new Map<string, Bump>();
  const lines: { readonly name: string; readonly line: string }[] = [];
  for (const file of await readdir(join(clone, ".changeset"))) {
    if (!file.endsWith(".md") || file === "README.md") continue;
    const text = await readFile(join(clone, ".changeset", file), "utf8");
    const [, matter = "", body = ""] = /^---\n([\s\S]*?)\n---\n\s*(.*)/.exec(text) ?? [];
    for (const [, name = "", bump] of matter.matchAll(/^"(.+)": (patch|minor|major)$/gm)) {
      const known = bumps.get(name) ?? "patch";
      bumps.set(name, order[Math.max(order.indexOf(known), order.indexOf(bump as Bump))] ?? "patch");
      lines.push({ name, line: body });
    }
  }
  return { bumps, lines };
}

const versionsOf = (released: readonly Released[]) =>
  Object.fromEntries(released.map(({ name, version }) => [name, version]));

const folderOf = (name: string) =>
  name === "@convergint/conformance" ? "conformance" : `packages/${name.split("/")[1]}`;

/** Whether a version of a dependency is in the range of a packed manifest: exact, or a caret. */
function satisfies(version: string, range: string): boolean {
  if (!range.startsWith("^")) return version === range;
  const [major, minor, patch] = version.split(".").map(Number);
  const [fromMajor, fromMinor, fromPatch = 0] = range.slice(1).split(".").map(Number);
  if (major !== fromMajor) return false;
  return major === 0
    ? minor === fromMinor && (patch ?? 0) >= fromPatch
    : (minor ?? 0) > (fromMinor ?? 0) || (minor === fromMinor && (patch ?? 0) >= fromPatch);
}

/** Makes one release in the clone, as the workflow does. Returns the packages that it would publish. */
async function rehearse(clone: string, title: string): Promise<readonly Released[]> {
  const pnpm = (...args: readonly string[]) => run("npx", ["-y", PNPM, ...args], { cwd: clone });
  const git = (...args: readonly string[]) =>
    run("git", ["-c", "user.name=release", "-c", "user.email=release@localhost", ...args], { cwd: clone });

  const before = versionsOf(await readReleased(clone));
  const { bumps, lines } = await readChangesets(clone);
  await pnpm("release:version");
  const after = await readReleased(clone);
  const versions = versionsOf(after);

  // Versions: what the changesets ask for; a package that only depends on one of these may get a patch.
  for (const [name, version] of Object.entries(versions)) {
    const bump = bumps.get(name);
    const old = before[name] ?? "";
    const expected = bump ? [bumpVersion(old, bump)] : [old, bumpVersion(old, "patch")];
    assert.ok(expected.includes(version), `${title}: ${name} is ${version}, not ${expected.join(" or ")}`);
  }
  assert.deepEqual([...(await readChangesets(clone)).lines], [], "changesets are left");

  // Changelogs: every text arrives under the new version.
  const published = after.filter(({ name, version }) => version !== before[name]);
  for (const { name, version } of published) {
    const changelog = await readFile(join(clone, folderOf(name), "CHANGELOG.md"), "utf8");
    const [, latest = ""] =
      /^# .*\n\n## (?<version>.*)\n[\s\S]*?(?=\n## \d|$(?![\s\S]))/.exec(changelog) ?? [];
    assert.equal(latest, version, `${name}: its changelog begins with ${latest}`);
    for (const { line } of lines.filter((each) => each.name === name))
      assert.ok(changelog.includes(line), `${name}: its changelog lacks "${line}"`);
  }

  // The table has every line of versions that a user can install.
  const page = await readFile(join(clone, "COMPATIBILITY.md"), "utf8");
  for (const { name, version, engines } of after) {
    const [major, minor] = version.split(".");
    const row = `| \`${name}\` | ${major === "0" ? `0.${minor}.x` : `${major}.x`} | 1.0 | ${engines.node.slice(2)} |`;
    assert.ok(page.includes(row), `COMPATIBILITY.md lacks ${row}`);
  }

  for (const job of ["github.yml", "gitlab.yml"])
    assert.ok(
      (await readFile(join(clone, "examples/ci", job), "utf8")).includes(
        `v${versions["@convergint/conformance"]}\n`,
      ),
      `${job} does not use the tag of the new suite`,
    );

  // Tags: one per published package.
  await git("add", "--all");
  await git("commit", "--quiet", "--message=Release");
  const tagged = (await git("tag")).stdout.split("\n");
  await pnpm("exec", "changeset", "git-tag");
  const tags = (await git("tag")).stdout.split("\n").filter((tag) => !tagged.includes(tag));
  assert.deepEqual(
    tags.toSorted(),
    published.map(({ name, version }) => `${name}@${version}`).toSorted(),
    `${title}: tags`,
  );

  // Tarballs: each dependency on another package is a version that users can install.
  const tarballs = await mkdtemp(join(clone, "tarballs-"));
  const filters = after.map(({ name }) => `--filter=${name}`);
  await pnpm("--recursive", ...filters, "pack", "--pack-destination", tarballs);
  for (const { name, version } of after) {
    const file = join(tarballs, `${name.slice(1).replace("/", "-")}-${version}.tgz`);
    const { stdout } = await run("tar", ["-xzOf", file, "package/package.json"]);
    const { dependencies = {} } = JSON.parse(stdout) as Released;
    for (const [dependency, range] of Object.entries(dependencies).filter(([each]) => each in versions))
      assert.ok(
        satisfies(versions[dependency] ?? "", range),
        `${title}: ${name} depends on ${dependency} ${range}, and ${versions[dependency]} is released`,
      );
    // A package that is not published again must have the version of the last release.
    if (!published.some((each) => each.name === name)) assert.equal(before[name], version);
  }
  await rm(tarballs, { recursive: true });
  console.log(`${title}: ${published.map(({ name, version }) => `${name}@${version}`).join(", ")}`);
  return published;
}

const addChangeset = (clone: string, name: string, bump: Bump, text: string) =>
  writeFile(join(clone, ".changeset/rehearsal.md"), `---\n"${name}": ${bump}\n---\n\n${text}\n`);

const folder = await mkdtemp(join(tmpdir(), "release-"));
try {
  const clone = join(folder, "clone");
  await run("git", ["clone", "--quiet", ROOT, clone]);
  await run("npx", ["-y", PNPM, "install", "--frozen-lockfile", "--prefer-offline"], { cwd: clone });
  const names = (published: readonly Released[]) => published.map(({ name }) => name);

  /** Runs the tests of what pages say about versions: a release must not break them. */
  const checkPages = () =>
    run("npx", ["-y", PNPM, "exec", "vitest", "run", "links.test.ts", "release.test.ts"], { cwd: clone });

  const { bumps } = await readChangesets(clone);
  if (bumps.size > 0) {
    const pending = await rehearse(clone, "the pending changesets");
    for (const name of bumps.keys()) assert.ok(names(pending).includes(name), `${name} is not released`);
    await checkPages();
  }

  await addChangeset(clone, "@convergint/webhooks", "patch", "Fix a rehearsed bug.");
  assert.deepEqual(
    names(await rehearse(clone, "a fix of webhooks")),
    // The suite and the server depend on exact versions; libraries on a range.
    ["@convergint/conformance", "@convergint/ingest", "@convergint/webhooks"],
  );

  await addChangeset(clone, "@convergint/webhooks", "minor", "Change webhooks in a way that may break.");
  const breaking = names(await rehearse(clone, "a breaking change of webhooks"));
  const dependents = (await readReleased(clone)).filter(
    ({ dependencies = {} }) => "@convergint/webhooks" in dependencies,
  );
  assert.deepEqual(
    ["@convergint/webhooks", ...names(dependents)].filter((name) => !breaking.includes(name)),
    [],
    "a package depends on a version that a user can no longer combine with the newest",
  );
} finally {
  await rm(folder, { recursive: true });
}
