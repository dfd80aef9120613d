import type { Requirement } from "./requirements.ts";

/** One row of the table that maps the demands of the two companies to requirements. */
export interface TraceabilityRow {
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
 * Finds the gaps of the table: rows without a requirement of their level, and unknown requirements.
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
