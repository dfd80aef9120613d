/** What a run may be given beside the credential under test, and some requirements cannot be judged without. */
export type Prerequisite = "second_credential" | "polled_inventory";

export const prerequisiteNames = [
  "second_credential",
  "polled_inventory",
] as const satisfies readonly Prerequisite[];

interface PrerequisiteGroup {
  readonly needs: Prerequisite;
  /** Why it is not judged without, for the person who reads the report. */
  readonly reason: string;
  readonly ids: readonly string[];
}

const GROUPS: readonly PrerequisiteGroup[] = [
  {
    needs: "second_credential",
    reason: "It takes a credential of another tenant of the same vendor: give --second-api-key.",
    ids: ["SEC-005", "SEC-006", "SEC-007"],
  },
  {
    needs: "polled_inventory",
    reason:
      "It takes a consumer that polls the suite's own inventory: give --inventory-port and --inventory-key.",
    ids: ["RCV-018", "RCV-019", "RCV-020", "RCV-022", "RCV-024"],
  },
];

/** By requirement, what it takes to judge it. */
export const prerequisites: ReadonlyMap<string, Omit<PrerequisiteGroup, "ids">> = new Map(
  GROUPS.flatMap(({ ids, ...group }) => ids.map((id) => [id, group] as const)),
);

/** Why a requirement is not judged in a run that was given so much; `null` where it is. */
export function missingFor(id: string, given: readonly Prerequisite[]): string | null {
  const prerequisite = prerequisites.get(id);
  return prerequisite && !given.includes(prerequisite.needs) ? prerequisite.reason : null;
}
