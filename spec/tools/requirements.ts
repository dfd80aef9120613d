/** One normative requirement, extracted from the prose. */
export interface Requirement {
  /** Stable for ever, such as `INV-003`. */
  readonly id: string;
  /** RFC 2119 keyword; severity of a failed check follows from it. */
  readonly level: "MUST" | "SHOULD" | "MAY";
  /** Who has to do it. */
  readonly actor: "vendor" | "consumer";
  /** The weakest profile that asks for it. */
  readonly profile: string;
  /** The manifest capability it depends on, or `null` where it always applies. */
  readonly capability: string | null;
  /** The requirement's words, verbatim. */
  readonly text: string;
  /** Link to it in contract.md, such as `#inv-003`. */
  readonly anchor: string;
}

/** The prose breaks the form its requirements are extracted by. */
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

/**
 * Reads the requirements out of contract.md. Each stands on one line, in a section whose first line says to
 * whom it applies; anything that looks like a requirement and is not in that form is an error, so that none
 * is silently left out.
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
        throw new SpecFormatError(at, "the line that says to whom a section applies is malformed");
      scope = { actor: actor as Requirement["actor"], profile, capability };
    }
    const match = REQUIREMENT.exec(line);
    if (!match) {
      if (/\*\*[A-Z]{2,4}-\d+\*\*/.test(line))
        throw new SpecFormatError(at, "this line looks like a requirement and is not in its form");
      continue;
    }
    const [, anchor = "", id = "", level = "", text = ""] = match;
    if (!scope)
      throw new SpecFormatError(at, `${id} stands in a section that does not say to whom it applies`);
    if (anchor !== id.toLowerCase())
      throw new SpecFormatError(at, `${id} has the anchor of another, ${anchor}`);
    if (found.some((other) => other.id === id)) throw new SpecFormatError(at, `${id} is there twice`);
    if (KEYWORD.exec(text)?.[1] !== level)
      throw new SpecFormatError(at, `the first keyword in ${id}'s text is not ${level}`);
    found.push({ id, level: level as Requirement["level"], ...scope, text, anchor: `#${anchor}` });
  }
  return found;
}
