import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import suite from "../package.json" with { type: "json" };
import { CreateError } from "./errors.ts";
import type { Estate } from "./estate.ts";

/** The languages of a project. */
export const LANGUAGES = ["typescript", "python", "go", "java"] as const;
export type Language = (typeof LANGUAGES)[number];

/** A file of a project: its path in the folder, and its content. */
export type ProjectFiles = ReadonlyMap<string, Buffer | string>;

/** Where the files of a project are copied from. In a build, the folders are next to the command. */
const BUILT = fileURLToPath(new URL("templates", import.meta.url));
const SOURCES: Readonly<Record<string, string>> = {
  project: "packages/create-vendor/project",
  vectors: "spec/1.0/vectors",
};
const folderOf = (template: string) =>
  existsSync(BUILT)
    ? join(BUILT, template)
    : fileURLToPath(new URL(`../../../${SOURCES[template] ?? `examples/${template}`}`, import.meta.url));

/** What a project needs: packages of this kit, and others with the versions that the kit is tested with. */
export const KIT = [
  "conformance",
  "delivery",
  "diagnose",
  "profiles",
  "schemas",
  "tokens",
  "vendor",
  "webhooks",
];
const DIRECT = ["delivery", "schemas", "vendor"];
export const VERSIONS = {
  "better-sqlite3": "13.2.0",
  "@types/better-sqlite3": "9.6.0",
  "@types/node": "24.19.2",
  typescript: "6.0.3",
} as const;

/** Files that serve the tests of the kit, or that a build or a run left behind. */
const NOT_COPIED =
  /^(certify\.json|mutants|node_modules|target|build|dist|\.venv|__pycache__|\.[a-z]+_cache)$/;

function readFolder(folder: string, prefix = ""): [string, Buffer][] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !NOT_COPIED.test(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return readFolder(path, `${prefix}${entry.name}/`);
      return [
        [prefix + entry.name.replace(/^gitignore$/, ".gitignore"), readFileSync(path)] as [string, Buffer],
      ];
    });
}

/** Finds the tarball of each package of the kit. @throws {CreateError} `missing_package`, `unreadable_file` */
function findTarballs(folder: string): ReadonlyMap<string, string> {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    throw new CreateError("unreadable_file", `--packages: cannot read ${folder}.`, { cause: error });
  }
  return new Map(
    KIT.map((name) => {
      const file = names.find((each) => each.startsWith(`convergint-${name}-`) && each.endsWith(".tgz"));
      if (file) return [name, file];
      const text = `--packages: ${folder} has no convergint-${name}-….tgz. Run \`npx -y pnpm@12.21.0 tarballs\` in a clone of the kit.`;
      throw new CreateError("missing_package", text);
    }),
  );
}

/** A project in TypeScript, from the smallest vendor. */
export interface TypescriptProject {
  readonly name: string;
  readonly estate: Estate;
  /** The folder of the kit's tarballs; without it, npm finds the packages in its registry. */
  readonly packages?: string | undefined;
}

/**
 * Returns the files of a project in TypeScript.
 *
 * @throws {CreateError} `missing_package`, `unreadable_file`
 */
export function typescriptProject({ name, estate, packages }: TypescriptProject): ProjectFiles {
  const files = new Map<string, Buffer | string>(readFolder(folderOf("project")));
  const tarballs = packages === undefined ? undefined : findTarballs(packages);
  for (const tarball of tarballs?.values() ?? [])
    files.set(`packages/${tarball}`, readFileSync(join(packages ?? "", tarball)));
  // With tarballs, the packages that the others depend on are listed too, so that npm asks no registry for them.
  const dependency = (each: string) => {
    const tarball = tarballs?.get(each);
    return [`@convergint/${each}`, tarball ? `file:packages/${tarball}` : `^${suite.version}`];
  };
  const used = tarballs ? KIT.filter((each) => each !== "conformance") : DIRECT;
  const { "better-sqlite3": sqlite, ...tools } = VERSIONS;
  const manifest = {
    ...{ name, version: "0.0.0", private: true, type: "module", engines: { node: ">=22.19" } },
    scripts: {
      start: "node --env-file-if-exists=.env vendor.ts",
      test: "node --test certify.ts",
      typecheck: "tsc",
    },
    dependencies: { ...Object.fromEntries(used.map(dependency)), "better-sqlite3": sqlite },
    devDependencies: { ...Object.fromEntries([dependency("conformance")]), ...tools },
  };
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  files.set("package.json", json(manifest));
  files.set("devices.json", json(estate));
  files.set("vendor.ts", readFileSync(join(folderOf("vendor-minimal"), "vendor.ts")));
  files.set("README.md", String(files.get("README.md")).replaceAll("{{name}}", estate.vendor.name));
  const secret = () => randomBytes(32).toString("base64");
  files.set(
    ".env",
    `# A sandbox on this machine. Not in git.\nVENDOR_SANDBOX=1\nVENDOR_API_KEY=${randomBytes(24).toString("hex")}\nVENDOR_DATA=data\nVENDOR_ENCRYPTION_KEY=${secret()}\n`,
  );
  return files;
}

/** Rewrites the links and commands of a README that work only in the repository, for a reader who has only this folder. */
const movedOut = (page: string) =>
  page
    .replaceAll("](../../", "](https://github.com/convergint/vendor-cloud-kit/blob/main/")
    .replaceAll(/npx -y pnpm@[\d.]+ -s conformance /g, "npx @convergint/conformance ")
    .replaceAll("`../../spec/1.0/vectors`", "`vectors`")
    .replaceAll(", from the root of this repository", "")
    // Removes the section on how the kit's own CI tests the example.
    .replaceAll(/(?:## Tests in this repository\n\n)?`npx -y pnpm@[\d.]+ vendors [\s\S]*?(?:\n\n|\n*$)/g, "");

/**
 * Returns the files of the example in another language, with the test vectors of signatures.
 *
 * @throws {CreateError} `missing_template`
 */
export function exampleProject(language: Exclude<Language, "typescript">): ProjectFiles {
  const folder = folderOf(`vendor-${language}`);
  if (!existsSync(folder))
    throw new CreateError("missing_template", `There is no template for ${language} in this version.`);
  const files = new Map<string, Buffer | string>([
    ...readFolder(folder),
    ...readFolder(folderOf("vectors"), "vectors/"),
  ]);
  files.set("README.md", movedOut(String(files.get("README.md"))));
  return files;
}

/** What to type next, in the folder of the project. */
export const NEXT: Readonly<Record<Language, readonly string[]>> = {
  typescript: ["npm test", "npm start"],
  python: [
    "python3 -m venv .venv && .venv/bin/pip install --requirement requirements-dev.txt",
    "VECTORS=vectors .venv/bin/pytest",
  ],
  go: ["VECTORS=vectors go test ./...", "go run ."],
  java: ["VECTORS=vectors mvn -q verify"],
};
