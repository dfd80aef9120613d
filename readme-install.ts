/**
 * How every page says to install packages of this repository: `pnpm readmes` writes it into all of them, and
 * `links.test.ts` fails on a page that says it in another way.
 *
 * After the packages are on npm, set `ON_NPM` and run `pnpm readmes`.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const ON_NPM: boolean = false;
const ROOT = import.meta.dirname;

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly packageManager?: string;
  readonly engines?: { readonly node: string };
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Lists files of the repository, also those that are not committed yet. */
export const listFiles = (...patterns: readonly string[]): string[] =>
  execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ...patterns], {
    cwd: ROOT,
    encoding: "utf8",
  })
    .split("\0")
    .filter((file) => file !== "" && existsSync(join(ROOT, file)));

const readManifest = (file: string) => JSON.parse(readFileSync(join(ROOT, file), "utf8")) as Manifest;

/** The published packages and their folders, by name. */
export const published: ReadonlyMap<string, { readonly folder: string; readonly manifest: Manifest }> =
  new Map(
    listFiles("packages/*/package.json", "conformance/package.json")
      .map((file) => ({ folder: dirname(file), manifest: readManifest(file) }))
      .filter(({ manifest }) => !manifest.private)
      .map((each) => [each.manifest.name, each]),
  );

/** Lists the packages of this repository that a package needs; no registry has them, so npm must install each. */
function needsOf(name: string): string[] {
  const { manifest } = published.get(name) ?? {};
  if (!manifest) throw new Error(`${name} is not a published package of this repository.`);
  const own = Object.keys(manifest.dependencies ?? {}).filter((each) => published.has(each));
  return [...new Set(own.flatMap((each) => [each, ...needsOf(each)]))]
    .filter((each) => each !== name)
    .toSorted();
}

const [SCOPE, FILES] = ["@convergint/", '"$KIT"/tarballs/convergint-'];

/** Names packages as arguments of `npm install`. A page names one package, or several as shell lists them. */
function toArguments(listed: string, onNpm: boolean): string {
  const [main = "", ...others] = listed.split(",").map((each) => SCOPE + each);
  if (onNpm) return main;
  const all = [
    ...new Set([
      main,
      ...[...needsOf(main), ...others.flatMap((each) => [each, ...needsOf(each)])].toSorted(),
    ]),
  ];
  const names = all.map((each) => each.slice(SCOPE.length));
  return `${FILES}${names.length === 1 ? names[0] : `{${names.join(",")}}`}-*.tgz`;
}

const { packageManager = "" } = readManifest("package.json");
const NOT_YET = `The packages are not on npm yet. \`npx -y ${packageManager} tarballs\` packs them, in a clone of the repository; \`$KIT\` is that clone.`;
const PUBLISHED = "The packages are on npm, each with a provenance statement.";

/** Matches the packages of a command, as `toArguments` names them. */
const COMMAND =
  /(npm install (?:--save-dev )?)(?:"\$KIT"\/tarballs\/convergint-\{?([\w,-]+?)\}?-[^\s-]+\.tgz|@convergint\/([\w-]+))/g;
const SENTENCE =
  /The packages are not on npm yet\.[^;]+; `\$KIT` is that clone\.|The packages are on npm, each with a provenance statement\./g;

/** Returns a page with correct install commands, and with the correct sentence about installing. */
export const renderInstall = (page: string, onNpm = ON_NPM): string =>
  page
    .replaceAll(
      COMMAND,
      (_, command: string, files?: string, name?: string) =>
        command + toArguments(files ?? name ?? "", onNpm),
    )
    .replaceAll(SENTENCE, onNpm ? PUBLISHED : NOT_YET);

/** Returns what a page of a package must contain. */
export const installOf = (name: string): readonly string[] => [
  toArguments(name.slice(SCOPE.length), ON_NPM),
  ON_NPM ? PUBLISHED : NOT_YET,
];

if (import.meta.main) {
  for (const file of listFiles("*.md")) {
    const page = readFileSync(join(ROOT, file), "utf8");
    const rendered = renderInstall(page);
    if (rendered === page) continue;
    writeFileSync(join(ROOT, file), rendered);
    console.log(`wrote ${file}`);
  }
}
