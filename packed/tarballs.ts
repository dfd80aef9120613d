/** Packs the published packages, with a bill of materials (CycloneDX) for each: `node packed/tarballs.ts FOLDER`. */
import { execFile } from "node:child_process";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { published } from "../readme-install.ts";

export const ROOT = join(import.meta.dirname, "..");
export const run = promisify(execFile);

/** The parts of a published package.json that these tests read. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly repository?: { readonly url: string; readonly directory: string };
  readonly publishConfig?: { readonly access: string; readonly provenance: boolean };
  readonly engines: { readonly node: string };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, unknown>>;
}

/** A packed package. Paths are absolute. */
export interface Packed {
  readonly manifest: Manifest;
  /** The folder of the package in the repository. */
  readonly folder: string;
  readonly tarball: string;
  /** The bill of materials: which packages npm installs with this one, with their licences. */
  readonly materials: string;
}

/** The oldest major version of Node that a package supports. */
export const minNode = ({ engines }: Manifest): number => Number(/\d+/.exec(engines.node)?.[0]);

const fileOf = ({ name, version }: Manifest) => `${name.slice(1).replace("/", "-")}-${version}`;

/** Packs every published package into an empty folder; they must be built. */
export async function packAll(destination: string): Promise<Packed[]> {
  await rm(destination, { recursive: true, force: true });
  await mkdir(destination, { recursive: true });
  const { packageManager } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as {
    packageManager: string;
  };
  const filters = [...published.keys()].map((name) => `--filter=${name}`);
  const pnpm = (...args: readonly string[]) =>
    run("npx", ["-y", packageManager, ...filters, ...args], { cwd: ROOT });
  await pnpm("--recursive", "pack", "--pack-destination", destination);
  const cycloneDx = ["--prod", "--sbom-format", "cyclonedx", "--split"];
  await pnpm("sbom", ...cycloneDx, "--out", join(destination, "%s-%v.cdx.json"));
  return Promise.all(
    [...published.values()].map(async ({ folder }) => {
      const manifest = JSON.parse(await readFile(join(ROOT, folder, "package.json"), "utf8")) as Manifest;
      const file = join(destination, fileOf(manifest));
      return { manifest, folder: join(ROOT, folder), tarball: `${file}.tgz`, materials: `${file}.cdx.json` };
    }),
  );
}

if (import.meta.main) {
  for (const { tarball } of await packAll(resolve(process.argv[2] ?? "tarballs"))) console.log(tarball);
}
