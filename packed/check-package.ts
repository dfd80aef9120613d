import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { type Manifest, type Packed, ROOT, run } from "./tarballs.ts";

const BIN = join(ROOT, "node_modules/.bin");
const REPOSITORY = "git+https://github.com/convergint/vendor-cloud-kit.git";

/** Files that only developers of this repository need. */
const INTERNAL_FILE =
  /\.test\.|\.bench\.|(?:^|\/)(?:testing|fixtures|src|node_modules)\/|tsbuildinfo|tsup\.config/;

/** The bundled code of a dependency in a source map, and the files of a project that a package creates. */
const NOT_OURS = /\/node_modules\/|^dist\/templates\//;

/** Lists the mistakes in the members of a package.json that npm shows, and in those that it needs to publish with provenance. */
function findManifestMistakes({ manifest, folder }: Packed): string[] {
  const { license, repository, publishConfig, engines } = manifest;
  return [
    license !== "Apache-2.0" && "license must be Apache-2.0",
    !/^>=\d/.test(engines?.node ?? "") && "engines.node must name the oldest Node",
    // npm refuses provenance if the repository is not exactly the one that builds the package.
    repository?.url !== REPOSITORY && `repository.url must be ${REPOSITORY}`,
    repository?.directory !== relative(ROOT, folder) && "repository.directory must be the package's folder",
    publishConfig?.access !== "public" && "publishConfig.access must be public",
    publishConfig?.provenance !== true && "publishConfig.provenance must be true",
  ].filter((mistake) => mistake !== false);
}

interface SourceMap {
  readonly sources: readonly string[];
  readonly sourcesContent?: readonly (string | null)[];
}

function findMapMistakes(file: string, { sources, sourcesContent = [] }: SourceMap): string[] {
  return [
    ...sources
      .filter((source) => !source.startsWith("../"))
      .map((source) => `${file} maps to ${source}, which no user has`),
    ...sources
      .filter((source) => !NOT_OURS.test(source) && INTERNAL_FILE.test(source.replace(/^.*\/src\//, "")))
      .map((source) => `${file} contains ${source}`),
    ...(sourcesContent.length === sources.length ? [] : [`${file} does not contain its sources`]),
  ];
}

/** Lists what is wrong with the files of an unpacked package. */
async function findFileMistakes(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll("\\", "/"));
  const mistakes = ["LICENSE", "README.md", "package.json"]
    .filter((file) => !files.includes(file))
    .map((file) => `${file} is missing`);
  for (const file of files.filter((each) => !NOT_OURS.test(each))) {
    if (INTERNAL_FILE.test(file)) mistakes.push(`${file} must not be published`);
    // The CommonJS build of webhooks has no maps: see its tsup.config.ts.
    if (/\.js$/.test(file) && !files.includes(`${file}.map`)) mistakes.push(`${file} has no source map`);
    const read = () => readFile(join(folder, file), "utf8");
    if (file.endsWith(".map")) mistakes.push(...findMapMistakes(file, JSON.parse(await read()) as SourceMap));
    if (/\.d\.c?ts$/.test(file) && (await read()).includes("@convergint/internal"))
      mistakes.push(
        `${file} imports @convergint/internal, which is not published; see tsup.config.ts of ingest`,
      );
  }
  return mistakes;
}

interface Materials {
  readonly bomFormat: string;
  readonly metadata: { readonly component: { readonly licenses?: readonly unknown[] } };
  readonly components: readonly {
    readonly group?: string;
    readonly name: string;
    readonly licenses?: readonly unknown[];
  }[];
}

/** Lists what is wrong with a bill of materials: a dependency or a licence is missing. */
function findMaterialMistakes(
  { dependencies = {} }: Manifest,
  { bomFormat, metadata, components }: Materials,
): string[] {
  const named = components.map(({ group, name }) => (group ? `${group}/${name}` : name));
  const licensed = (component: { readonly licenses?: readonly unknown[] }) =>
    (component.licenses?.length ?? 0) > 0;
  return [
    ...(bomFormat === "CycloneDX" && licensed(metadata.component)
      ? []
      : ["the bill of materials has no licence of the package"]),
    ...Object.keys(dependencies)
      .filter((name) => !named.includes(name))
      .map((name) => `the bill of materials lacks ${name}`),
    ...components
      .filter((each) => !licensed(each))
      .map(({ name }) => `the bill of materials has no licence of ${name}`),
  ];
}

/** Checks one packed package. @throws {Error} with every mistake, or with the report of the tool that found it */
export async function checkPackage(packed: Packed): Promise<void> {
  const { manifest, tarball, materials } = packed;
  const unpacked = await mkdtemp(join(tmpdir(), "unpacked-"));
  try {
    await run("tar", ["-xzf", basename(tarball), "-C", unpacked], { cwd: join(tarball, "..") });
    const mistakes = [
      ...findManifestMistakes(packed),
      ...(await findFileMistakes(join(unpacked, "package"))),
      ...findMaterialMistakes(manifest, JSON.parse(await readFile(materials, "utf8")) as Materials),
    ];
    if (mistakes.length > 0)
      throw new Error(mistakes.map((mistake) => `${manifest.name}: ${mistake}`).join("\n"));
  } finally {
    await rm(unpacked, { recursive: true });
  }
  // A package that is only a command has no entries to check. publint would check the project that it creates.
  if (!("." in (manifest.exports ?? {}))) return;
  await run(join(BIN, "publint"), ["run", tarball, "--strict"]);
  // Skips the oldest module resolution, because it does not support subpaths and Node 20 does not use it.
  const profile = JSON.stringify(manifest.exports).includes('"require"') ? "node16" : "esm-only";
  await run(join(BIN, "attw"), [tarball, "--profile", profile, "--no-emoji"]);
}
