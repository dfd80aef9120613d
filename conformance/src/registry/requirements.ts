import document from "../../../spec/1.0/requirements.json" with { type: "json" };

/** One normative requirement of the contract, as the prose says it. */
export interface Requirement {
  readonly id: string;
  readonly level: "MUST" | "SHOULD" | "MAY";
  readonly actor: "vendor" | "consumer";
  readonly profile: string;
  /** Path of the manifest member it depends on, or `null` where it always applies. */
  readonly capability: string | null;
  readonly text: string;
  /** Fragment of contract.md. */
  readonly anchor: string;
}

/** Version of the contract these requirements belong to. */
export const CONTRACT_VERSION = document.contract_version;

/** Every requirement of the contract, in its order. */
export const requirements = document.requirements as readonly Requirement[];
