import type { Credentials } from "../harness/credentials.ts";

/** What a run may be given beside an API key, and some requirements cannot be judged without. */
export type Prerequisite =
  | "second_credential"
  | "withdrawn_credential"
  | "production_credential"
  | "oauth_client"
  | "polled_inventory";

export const prerequisiteNames = [
  "second_credential",
  "withdrawn_credential",
  "production_credential",
  "oauth_client",
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
    ids: ["SEC-005", "SEC-006", "SEC-007", "SEC-008"],
  },
  {
    needs: "withdrawn_credential",
    reason: "It takes a credential that was withdrawn or has expired: give --withdrawn-api-key.",
    ids: ["AUTH-006"],
  },
  {
    needs: "production_credential",
    reason: "It takes a credential of a production tenant: give --production-api-key.",
    ids: ["SBX-004"],
  },
  {
    needs: "oauth_client",
    reason: "It takes an OAuth 2 client that the vendor registered: give --client-id and --client-secret.",
    ids: ["AUTH-004", "AUTH-005"],
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

/** What a run is given by its credentials. */
export function prerequisitesIn(credentials: Credentials): readonly Prerequisite[] {
  const given: Readonly<Partial<Record<Prerequisite, unknown>>> = {
    second_credential: credentials.secondApiKey,
    withdrawn_credential: credentials.withdrawnApiKey,
    production_credential: credentials.productionApiKey,
    oauth_client: credentials.client,
  };
  return prerequisiteNames.filter((name) => given[name] !== undefined);
}

/** A requirement that shows only where something changes, and the sandbox commands that make it change. */
interface SandboxNeed {
  readonly commands: readonly string[];
  readonly ids: readonly string[];
}

const NEEDS: readonly SandboxNeed[] = [
  { commands: ["add_device", "move_device"], ids: ["INV-014", "SYNC-008"] },
  { commands: ["add_device", "remove_device"], ids: ["PAGE-009", "SYNC-003"] },
];

/**
 * Why a requirement is not judged with a sandbox that takes these commands; `null` where it is.
 *
 * @see spec/1.0/contract.md#sandbox-control
 */
export function missingSandboxCommands(id: string, commands: readonly string[]): string | null {
  const need = NEEDS.find(({ ids }) => ids.includes(id));
  const missing = need?.commands.filter((command) => !commands.includes(command)) ?? [];
  return missing.length === 0
    ? null
    : `It takes a sandbox that changes the inventory while the suite looks: offer ${missing.join(" and ")} in sandbox.commands.`;
}
