import document from "../../../spec/1.0/requirements.json" with { type: "json" };

/** One normative requirement, as worded in the contract. */
export interface Requirement {
  readonly id: string;
  readonly level: "MUST" | "SHOULD" | "MAY";
  readonly actor: "vendor" | "consumer";
  readonly profile: string;
  /**
   * Path of the manifest member that the requirement depends on, or `null` if the requirement always applies.
   */
  readonly capability: string | null;
  readonly text: string;
  /** The fragment that links to the requirement in contract.md. */
  readonly anchor: string;
}

/** Version of the contract that defines these requirements. */
export const CONTRACT_VERSION = document.contract_version;

/** All requirements, in the contract's order. */
export const requirements = document.requirements as readonly Requirement[];
