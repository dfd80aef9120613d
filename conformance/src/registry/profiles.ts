import type { Requirement } from "./requirements.ts";

/** Each profile that can be certified, with the profiles whose requirements it asks for. */
const PROFILES = {
  inventory: ["inventory"],
  health: ["inventory", "health"],
} as const satisfies Record<string, readonly string[]>;

/** A profile a vendor can be certified in. @see spec/1.0/contract.md#profiles */
export type Profile = keyof typeof PROFILES;

export const profileNames = Object.keys(PROFILES) as Profile[];

/** Tells whether this version of the suite can certify a profile of this name. */
export const isProfile = (name: string): name is Profile => Object.hasOwn(PROFILES, name);

/** The vendor requirements a profile asks for, in the contract's order. */
export function requirementsOf(profile: Profile, all: readonly Requirement[]): Requirement[] {
  const included: readonly string[] = PROFILES[profile];
  return all.filter(
    (requirement) => requirement.actor === "vendor" && included.includes(requirement.profile),
  );
}
