import { eventFamilies } from "@convergint/schemas";

/** Returns the slug of a heading as GitHub computes it, which links use as the fragment of the section. */
export const slug = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, "")
    .trim()
    .replace(/\s+/g, "-");

/** One normative requirement, extracted from the prose. */
export interface Requirement {
  /** The id of the requirement, such as `INV-003`. It never changes. */
  readonly id: string;
  /** RFC 2119 keyword; determines the severity of a failed check. */
  readonly level: "MUST" | "SHOULD" | "MAY";
  /** The party that must meet the requirement. */
  readonly actor: "vendor" | "consumer";
  /** The weakest profile that includes the requirement. */
  readonly profile: string;
  /** The manifest capability that the requirement depends on, or `null` if the requirement always applies. */
  readonly capability: string | null;
  /** The text of the requirement, verbatim. */
  readonly text: string;
  /** Link to the requirement in contract.md, such as `#inv-003`. */
  readonly anchor: string;
}

/** Reports prose from which requirements cannot be extracted. */
export class SpecFormatError extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    super(`contract.md:${line}: ${message}`);
    this.name = "SpecFormatError";
    this.line = line;
  }
}

const SCOPE =
  /^\*Actor: (vendor|consumer) · Profile: ([a-z]+(?::[a-z]+)?)(?: · Capability: ([a-z0-9_.]+))?\*$/;
const REQUIREMENT = /^- <a id="([a-z]+-\d{3})"><\/a>\*\*([A-Z]{2,4}-\d{3})\*\* \((MUST|SHOULD|MAY)\) (.+)$/;
const KEYWORD = /\b(MUST|SHOULD|MAY)\b/;

/** All profiles: one per event family that has a requirement, and the profiles without a family. */
const PROFILES: ReadonlySet<string> = new Set([
  "inventory",
  "health",
  "resilience",
  "receiver",
  ...eventFamilies.flatMap(({ name, requirement }) => (requirement === null ? [] : [`events:${name}`])),
]);

/**
 * Extracts the requirements from contract.md. Each requirement is one line, in a section whose first line
 * states its scope.
 * A line that only looks like a requirement is an error, so that no requirement is silently omitted.
 *
 * @throws {SpecFormatError} naming the line
 */
export function extractRequirements(prose: string): Requirement[] {
  const found: Requirement[] = [];
  let scope: Pick<Requirement, "actor" | "profile" | "capability"> | null = null;
  for (const [index, line] of prose.split("\n").entries()) {
    const at = index + 1;
    if (line.startsWith("#")) scope = null;
    if (/^\W*Actor:/.test(line)) {
      const [, actor, profile, capability = null] = SCOPE.exec(line) ?? [];
      if (!actor || !profile)
        throw new SpecFormatError(at, "malformed scope line; write *Actor: … · Profile: … · Capability: …*");
      if (!PROFILES.has(profile)) {
        throw new SpecFormatError(at, `unknown profile ${profile}; use one of ${[...PROFILES].join(", ")}`);
      }
      scope = { actor: actor as Requirement["actor"], profile, capability };
    }
    const match = REQUIREMENT.exec(line);
    if (!match) {
      if (/\*\*[A-Z]{2,4}-\d+\*\*/.test(line))
        throw new SpecFormatError(at, "this line looks like a requirement but does not have the form of one");
      continue;
    }
    const [, anchor = "", id = "", level = "", text = ""] = match;
    if (!scope) throw new SpecFormatError(at, `${id} is in a section without a scope line`);
    if (anchor !== id.toLowerCase())
      throw new SpecFormatError(at, `${id} has the anchor of another requirement, ${anchor}`);
    if (found.some((other) => other.id === id)) throw new SpecFormatError(at, `${id} is a duplicate`);
    if (KEYWORD.exec(text)?.[1] !== level)
      throw new SpecFormatError(at, `the first keyword in the text of ${id} is not ${level}`);
    found.push({ id, level: level as Requirement["level"], ...scope, text, anchor: `#${anchor}` });
  }
  return found;
}

/** One row of the table that maps the demands of the two companies to requirements. */
interface TraceabilityRow {
  /** Such as `C1a`. */
  readonly id: string;
  readonly level: Requirement["level"];
  /** Ids of the requirements that answer the row. */
  readonly answeredBy: readonly string[];
}

/** Matches a link to a requirement. */
const ANSWER = /\[([A-Z]{2,4}-\d{3})\]\(#/g;
const ROW = /^\| ([A-E]\d[a-z]?) \| (MUST|SHOULD|MAY) \| [^|]+ \| ([^|]+) \|$/;

/** Reads the table at the end of contract.md. */
export function readTraceabilityRows(prose: string): TraceabilityRow[] {
  const section = prose.split(/^## Traceability$/m)[1] ?? "";
  return section.split("\n").flatMap((line) => {
    const [, id, level, answers] = ROW.exec(line) ?? [];
    return id && level && answers
      ? [
          {
            id,
            level: level as Requirement["level"],
            answeredBy: [...answers.matchAll(ANSWER)].map(([, answer = ""]) => answer),
          },
        ]
      : [];
  });
}

/**
 * Finds the gaps of the table: rows without a requirement of the row's level, and rows that name unknown
 * requirements.
 *
 * @param asked ids of everything that the companies required
 */
export function findTraceabilityGaps(
  rows: readonly TraceabilityRow[],
  requirements: readonly Pick<Requirement, "id" | "level">[],
  asked: readonly string[],
) {
  const levels = new Map(requirements.map(({ id, level }) => [id, level]));
  return {
    missing: asked.filter((id) => rows.filter((row) => row.id === id).length !== 1),
    unasked: rows.filter(({ id }) => !asked.includes(id)).map(({ id }) => id),
    unknown: rows.flatMap(({ answeredBy }) => answeredBy.filter((id) => !levels.has(id))),
    tooWeak: rows
      .filter(
        ({ level, answeredBy }) => level === "MUST" && !answeredBy.some((id) => levels.get(id) === "MUST"),
      )
      .map(({ id }) => id),
  };
}
