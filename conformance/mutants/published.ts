import { writeFile } from "node:fs/promises";
import { requirements } from "../src/registry/requirements.ts";
import type { MutantCase } from "./index.ts";

type Shown = Pick<MutantCase, "name" | "of" | "breaks" | "defect">;

const SUBJECT = { vendor: "The reference vendor", receiver: "The reference receiver" } as const;

/** A text that may stand in a cell of a table. */
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

const inOrder = (mutants: readonly Shown[]): Shown[] => {
  const ids = requirements.map(({ id }) => id);
  return mutants.toSorted((one, other) => ids.indexOf(one.breaks) - ids.indexOf(other.breaks));
};

/** The matrix as a page: which defect breaks which requirement. */
export function mutantsPage(mutants: readonly Shown[]): string {
  const table = (of: Shown["of"]) => {
    const rows = inOrder(mutants.filter((mutant) => mutant.of === of)).map(
      ({ name, breaks, defect }) =>
        `| ${breaks} | ${cell(defect)} | [\`${name}\`](mutants/${of}/${name}.ts) |`,
    );
    return [`## ${SUBJECT[of]}`, "", "| breaks | by this defect | file |", "|---|---|---|", ...rows, ""];
  };
  return [
    "# Mutants",
    "",
    "Ways of being wrong, each a small file with one defect. The suite finds each guilty of the one requirement that it breaks and of no",
    "other, and with that check taken out each goes unnoticed: so `matrix.test.ts` shows, and so `pnpm mutants`, which writes this page.",
    "",
    `${mutants.length} mutants of ${new Set(mutants.map(({ breaks }) => breaks)).size} requirements.`,
    "",
    ...table("vendor"),
    ...table("receiver"),
  ].join("\n");
}

/** The same as data, for the command line: mutants themselves are not published. */
export const mutantsData = (mutants: readonly Shown[]): string =>
  `${JSON.stringify(
    inOrder(mutants).map(({ breaks, of, name, defect }) => ({ breaks, of, name, defect })),
    null,
    2,
  )}\n`;

/** Where each is kept, with what belongs there. */
export const publishedFiles = (
  mutants: readonly Shown[],
): readonly (readonly [url: URL, content: string])[] => [
  [new URL("../MUTANTS.md", import.meta.url), mutantsPage(mutants)],
  [new URL("../src/registry/mutants.json", import.meta.url), mutantsData(mutants)],
];

export async function publishMutants(mutants: readonly Shown[]): Promise<void> {
  for (const [url, content] of publishedFiles(mutants)) await writeFile(url, content);
}
