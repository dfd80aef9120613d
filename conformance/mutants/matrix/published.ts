import { readdir, readFile, writeFile } from "node:fs/promises";
import { requirements } from "../../src/registry/requirements.ts";
import { fuzzMutants } from "../fuzz.ts";
import { operators } from "../subjects/operator.ts";
import type { MutantCase } from "./cases.ts";

type Listed = Pick<MutantCase, "name" | "of" | "breaks" | "operator" | "defect">;

const MUTANTS_FOLDER = new URL("../", import.meta.url);
const SUBJECT = { vendor: "The reference vendor", receiver: "The reference receiver" } as const;

/** Where a mutant is defined: `mutants/pagination.ts#L12`. */
type Locations = ReadonlyMap<string, string>;

/** Finds the file and line of every mutant: the line that holds its key in the exported record. */
export async function locateMutants(): Promise<Locations> {
  const files = (await readdir(MUTANTS_FOLDER)).filter((file) => file.endsWith(".ts"));
  const locations = new Map<string, string>();
  for (const file of files) {
    const lines = (await readFile(new URL(file, MUTANTS_FOLDER), "utf8")).split("\n");
    for (const [index, line] of lines.entries()) {
      const [, name] = /^ {2}"([a-z0-9-]+)": (?:\{$|mutant\()/.exec(line) ?? [];
      if (name !== undefined) locations.set(name, `mutants/${file}#L${index + 1}`);
    }
  }
  return locations;
}

/** Escapes text for a cell of a Markdown table. */
const escapeCell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

const inContractOrder = (mutants: readonly Listed[]): Listed[] => {
  const ids = requirements.map(({ id }) => id);
  return mutants.toSorted((one, other) => ids.indexOf(one.breaks) - ids.indexOf(other.breaks));
};

/** Renders a table of the operators, each with its number of mutants. */
function renderOperators(mutants: readonly Listed[]): string[] {
  const count = (name: string) => mutants.filter(({ operator }) => operator === name).length;
  const rows = Object.entries(operators).map(([name, where]) => `| ${name} | ${where} | ${count(name)} |`);
  return ["| operator | what is wrong | mutants |", "|---|---|---|", ...rows];
}

/** Renders MUTANTS.md: which defect breaks which requirement. */
function renderPage(mutants: readonly Listed[], locations: Locations): string {
  const table = (heading: string, listed: readonly Listed[]) => {
    const rows = inContractOrder(listed).map(
      ({ name, breaks, operator, defect }) =>
        `| ${breaks} | ${operator} | ${escapeCell(defect)} | [\`${name}\`](${locations.get(name) ?? ""}) |`,
    );
    return [`## ${heading}`, "", "| breaks | operator | defect | mutant |", "|---|---|---|---|", ...rows, ""];
  };
  return [
    "# Mutants",
    "",
    "Each mutant is the reference vendor or the reference receiver with one defect. The suite must report a failure of the one",
    "requirement that the defect breaks, and of no other. Without the check of that requirement, the suite must report no failure.",
    "`matrix.test.ts` verifies this in runs that several mutants share, `pnpm mutants` in a run of each, and writes this page.",
    "",
    `${mutants.length} mutants of ${new Set(mutants.map(({ breaks }) => breaks)).size} requirements.`,
    "",
    "Most mutants come from an operator that was applied to every requirement:",
    "",
    ...renderOperators(mutants),
    "",
    ...(["vendor", "receiver"] as const).flatMap((of) =>
      table(
        SUBJECT[of],
        mutants.filter((mutant) => mutant.of === of),
      ),
    ),
    ...table(
      `${SUBJECT.vendor}, with a defect that only \`fuzz\` finds`,
      Object.entries(fuzzMutants).map(([name, mutant]) => ({ ...mutant, name, of: "vendor" })),
    ),
  ].join("\n");
}

/** Renders the same list as JSON for the CLI, whose package does not contain the mutants. */
const renderData = (mutants: readonly Listed[]): string =>
  `${JSON.stringify(
    inContractOrder(mutants).map(({ breaks, of, name, defect }) => ({ breaks, of, name, defect })),
    null,
    2,
  )}\n`;

/** Renders every generated file. */
export async function renderFiles(
  mutants: readonly Listed[],
): Promise<readonly (readonly [url: URL, content: string])[]> {
  return [
    [new URL("../MUTANTS.md", MUTANTS_FOLDER), renderPage(mutants, await locateMutants())],
    [new URL("../src/registry/mutants.json", MUTANTS_FOLDER), renderData(mutants)],
  ];
}

/** Writes MUTANTS.md and mutants.json. */
export async function publishMutants(mutants: readonly Listed[]): Promise<void> {
  for (const [url, content] of await renderFiles(mutants)) await writeFile(url, content);
}
