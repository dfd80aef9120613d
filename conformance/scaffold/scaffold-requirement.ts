/** A requirement to add, and where. */
export interface NewRequirement {
  /** For example `SITE-007`. */
  readonly id: string;
  readonly level: "MUST" | "SHOULD" | "MAY";
  /** The normative sentence; it contains the level's keyword. */
  readonly text: string;
  /** The requirement that precedes it in the contract; its check and mutant files are used. */
  readonly after: string;
  /** The defect of the first mutant, in the present tense: "sites have no floor". */
  readonly defect: string;
}

/** The files that a requirement is written in, by path. */
export interface ScaffoldFiles {
  readonly contract: string;
  /** Every check file, by its name: `pagination.ts`. */
  readonly checks: ReadonlyMap<string, string>;
  /** Every mutant file, by its name. */
  readonly mutants: ReadonlyMap<string, string>;
}

/** The changed files. */
export interface Scaffold {
  readonly contract: string;
  /** Name of the check file and of the mutant file. */
  readonly file: string;
  readonly checks: string;
  readonly mutants: string;
  readonly mutantName: string;
}

/** The requirement cannot be added as asked; the message says what to change. */
export class ScaffoldError extends Error {
  override readonly name = "ScaffoldError";
  readonly code = "cannot_scaffold";
}

const ID = /^[A-Z]{2,4}-\d{3}$/;
const LINE_BREAK = /[\r\n]/;

/** Inserts a line after the line of another requirement. */
function addToContract(contract: string, { id, level, text, after }: NewRequirement): string {
  const lines = contract.split("\n");
  const at = lines.findIndex((line) => line.includes(`**${after}** (`));
  if (at === -1) throw new ScaffoldError(`The contract has no ${after}. Give --after an id that it has.`);
  lines.splice(at + 1, 0, `- <a id="${id.toLowerCase()}"></a>**${id}** (${level}) ${text}`);
  return lines.join("\n");
}

/** Inserts code before the end of the list or record that ends a file. */
function addToEnd(file: string, source: string, end: "];" | "};", code: string): string {
  const at = source.lastIndexOf(`\n${end}`);
  if (at === -1) throw new ScaffoldError(`${file} does not end in a list: no line is "${end}".`);
  return `${source.slice(0, at)}\n\n${code}${source.slice(at)}`;
}

const skeletonOfCheck = (id: string): string => `  check("${id}", [], () => ({
    outcome: "could-not-run",
    reason: "the check of ${id} is not written yet",
  })),`;

function skeletonOfMutant(name: string, { id, defect }: NewRequirement, isReceiver: boolean): string {
  return `  "${name}": {
    breaks: "${id}",
    defect: ${JSON.stringify(defect)},
    ${isReceiver ? "parts" : "behaviour"}: () => ({}),
  },`;
}

function validate({ id, level, text, defect }: NewRequirement, { contract }: ScaffoldFiles): void {
  if (!ID.test(id)) throw new ScaffoldError(`${id} is not a requirement id. Use a form such as SITE-007.`);
  if (contract.includes(`**${id}**`)) throw new ScaffoldError(`The contract already has ${id}.`);
  if (LINE_BREAK.test(text) || !new RegExp(`\\b${level}\\b`).test(text)) {
    throw new ScaffoldError(`Give --text one sentence that contains ${level}.`);
  }
  if (!/[a-z]/i.test(defect))
    throw new ScaffoldError('Give --defect a phrase such as "sites have no floor".');
}

/**
 * Adds a requirement to the contract with the skeleton of a check and of a mutant. The skeleton check reports
 * `could-not-run`, so nothing certifies until it is written.
 *
 * @throws {ScaffoldError} `cannot_scaffold`
 */
export function scaffoldRequirement(requirement: NewRequirement, files: ScaffoldFiles): Scaffold {
  validate(requirement, files);
  const { id, after, defect } = requirement;
  const contract = addToContract(files.contract, requirement);
  const [file, checks] = [...files.checks].find(([, source]) => source.includes(`check("${after}"`)) ?? [];
  if (file === undefined || checks === undefined) {
    throw new ScaffoldError(
      `${after} has no check, so it does not tell which file to use. Give --after a requirement of the section that has one.`,
    );
  }
  const mutants = files.mutants.get(file);
  if (mutants === undefined) throw new ScaffoldError(`There is no mutants/${file} for checks/${file}.`);
  const slug = defect
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  const mutantName = `${id.toLowerCase()}-${slug}`;
  return {
    contract,
    file,
    checks: addToEnd(`checks/${file}`, checks, "];", skeletonOfCheck(id)),
    mutants: addToEnd(
      `mutants/${file}`,
      mutants,
      "};",
      skeletonOfMutant(mutantName, requirement, mutants.includes("ReceiverMutants")),
    ),
    mutantName,
  };
}
