/**
 * Prepares a release, after `changeset version`: lists in COMPATIBILITY.md which version of each package speaks which version of
 * the contract, and lets the examples for CI name the tag of the new suite. `pnpm release:version` runs both.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { glob } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The members of a published package's package.json that a release needs. */
export interface Released {
  readonly name: string;
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly dependencies?: Readonly<Record<string, string>>;
}

const TABLE = /(<!-- versions: .*? -->\n\n)([\s\S]*?)(\n\n<!-- \/versions -->)/;
const HEAD = ["| package | version | contract | Node |", "|---|---|---|---|"];

/** Reads the manifests of the packages that a release publishes, by name. */
export async function readReleased(root: string): Promise<readonly Released[]> {
  const manifests: Released[] = [];
  for await (const file of glob(["packages/*/package.json", "conformance/package.json"], { cwd: root })) {
    const manifest = JSON.parse(readFileSync(join(root, file), "utf8")) as Released & { private?: boolean };
    if (!manifest.private) manifests.push(manifest);
  }
  return manifests.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** Returns the versions that a user may exchange for one another: `0.3.x` before 1.0, then `2.x`. */
const lineOf = (version: string) => {
  const [major, minor] = version.split(".");
  return major === "0" ? `0.${minor}.x` : `${major}.x`;
};

const cellsOf = (row: string) => row.split("|").map((cell) => cell.trim());

/**
 * Adds the released versions to the table of a page. A line of versions that the table has already is replaced, an older one
 * stays, so a user of an older version finds it.
 *
 * @param contract the version of the contract that these versions speak
 */
export function updateTable(page: string, released: readonly Released[], contract: string): string {
  const rows = released.map(
    ({ name, version, engines }) =>
      `| \`${name}\` | ${lineOf(version)} | ${contract} | ${engines.node.replace(">=", "")} |`,
  );
  const isReplaced = (old: string) =>
    rows.some((row) => cellsOf(row)[1] === cellsOf(old)[1] && cellsOf(row)[2] === cellsOf(old)[2]);
  const [, , table = ""] = TABLE.exec(page) ?? [];
  const kept = table.split("\n").filter((row) => row.startsWith("| `") && !isReplaced(row));
  const all = [...rows, ...kept].toSorted((one, other) => {
    const [a = "", b = ""] = [cellsOf(one)[1], cellsOf(other)[1]];
    if (a !== b) return a < b ? -1 : 1;
    return (cellsOf(other)[2] ?? "").localeCompare(cellsOf(one)[2] ?? "", "en", { numeric: true });
  });
  return page.replace(TABLE, (_, before, __, after) => `${before}${[...HEAD, ...all].join("\n")}${after}`);
}

/** Lets a job that vendors copy use the tag of a version of the suite. */
export const pinSuite = (job: string, version: string): string =>
  job
    .replace(/(uses: convergint\/vendor-cloud-kit@)\S+/, `$1v${version}`)
    .replace(/(CONFORMANCE_KIT_REF: )\S+/, `$1v${version}`);

async function prepareRelease(root: string): Promise<void> {
  const update = (file: string, change: (text: string) => string) =>
    writeFileSync(join(root, file), change(readFileSync(join(root, file), "utf8")));
  const { contract_version } = JSON.parse(readFileSync(join(root, "spec/1.0/requirements.json"), "utf8"));
  const released = await readReleased(root);
  const suite = released.find(({ name }) => name === "@convergint/conformance");
  update("COMPATIBILITY.md", (page) => updateTable(page, released, contract_version as string));
  for (const file of ["examples/ci/github.yml", "examples/ci/gitlab.yml"])
    update(file, (job) => pinSuite(job, suite?.version ?? ""));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await prepareRelease(import.meta.dirname);
