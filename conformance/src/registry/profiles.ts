import type { Requirement } from "./requirements.ts";

interface ProfileParts {
  readonly actor: Requirement["actor"];
  /** The profiles whose requirements it asks for. */
  readonly includes: readonly string[];
}

const PROFILES = {
  inventory: { actor: "vendor", includes: ["inventory"] },
  health: { actor: "vendor", includes: ["inventory", "health"] },
  receiver: { actor: "consumer", includes: ["receiver"] },
} as const satisfies Record<string, ProfileParts>;

/** A profile that can be certified. @see spec/1.0/contract.md#profiles */
export type Profile = keyof typeof PROFILES;

export const profileNames = Object.keys(PROFILES) as Profile[];

/** The profiles that a vendor can be certified in. */
export const vendorProfileNames = profileNames.filter((name) => PROFILES[name].actor === "vendor");

/** Tells whether this version of the suite can certify a vendor in a profile of this name. */
export const isVendorProfile = (name: string): name is Profile =>
  (vendorProfileNames as readonly string[]).includes(name);

/** The requirements a profile asks for, in the contract's order. */
export function requirementsOf(profile: Profile, all: readonly Requirement[]): Requirement[] {
  const { actor, includes }: ProfileParts = PROFILES[profile];
  return all.filter((requirement) => requirement.actor === actor && includes.includes(requirement.profile));
}
