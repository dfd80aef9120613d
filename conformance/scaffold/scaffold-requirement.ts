/** A requirement to add, and the place to add it. */
export interface NewRequirement {
  /** For example `SITE-099`. */
  readonly id: string;
  readonly level: "MUST" | "SHOULD" | "MAY";
  /** The normative sentence; it contains the level's keyword. */
  readonly text: string;
  /** The existing requirement after which to insert the new one, and whose check and mutant files to use. */
  readonly after: string;
  /** The defect of the first mutant, in the present tense: "sites have no floor". */
  readonly defect: string;
}

/** The contents of the files to which a requirement is added. */
export interface ScaffoldFiles {
  readonly contract: string;
  /** The content of every check file, by file name, such as `pagination.ts`. */
  readonly checks: ReadonlyMap<string, string>;
  /** The content of every mutant file, by file name. */
  readonly mutants: ReadonlyMap<string, string>;
}

/** The changed files. */
export interface Scaffold {
  readonly contract: string;
  /** Name of the check file, which is also the name of the mutant file. */
  readonly file: string;
  readonly checks: string;
  readonly mutants: string;
  readonly mutantName: string;
}

/** Reports that the requirement cannot be added as requested; the message says what to change. */
export class ScaffoldError extends Error {
  override readonly name = "ScaffoldError";
  readonly code = "cannot_scaffold";
}

const ID = /^[A-Z]{2,4}-\d{3}$/;
const LINE_BREAK = /[\r\n]/;

/** Inserts the line of the new requirement after the line of the requirement `after`. */
function addToContract(contract: string, { id, level, text, after }: NewRequirement): string {
  const lines = contract.split("\n");
  const at = lines.findIndex((line) => line.includes(`**${after}** (`));
  if (at === -1)
    throw new ScaffoldError(`The contract has no ${after}. Give --after an id from the contract.`);
  lines.splice(at + 1, 0, `- <a id="${id.toLowerCase()}"></a>**${id}** (${level}) ${text}`);
  return lines.join("\n");
}

/** Appends code to the list or record at the end of a file. */
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
    operator: "plain",
    defect: ${JSON.stringify(defect)},
    ${isReceiver ? "parts" : "behaviour"}: () => ({}),
  },`;
}

function validate({ id, level, text, defect }: NewRequirement, { contract }: ScaffoldFiles): void {
  if (!ID.test(id)) throw new ScaffoldError(`${id} is not a requirement id. Use a form such as SITE-099.`);
  if (contract.includes(`**${id}**`)) throw new ScaffoldError(`The contract already has ${id}.`);
  if (LINE_BREAK.test(text) || !new RegExp(`\\b${level}\\b`).test(text)) {
    throw new ScaffoldError(`Give --text one sentence that contains ${level}.`);
  }
  if (!/[a-z]/i.test(defect))
    throw new ScaffoldError('Give --defect a phrase such as "sites have no floor".');
}

/**
 * Adds a requirement to the contract, and skeletons of its check and its mutant to their files. The skeleton
 * of the check reports `could-not-run`, so no run certifies until the check is written.
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
      `No file in checks/ has a check for ${after}, so --after does not tell which file to use. Give --after another requirement of the section. Checks of event families are generated and need no scaffold.`,
    );
  }
  const mutants = files.mutants.get(file);
  if (mutants === undefined) throw new ScaffoldError(`There is no mutants/${file} for checks/${file}.`);
  const slug = defect
    .toLowerCase()
    .replace(/['’]/g, "")
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
