import { contractEventType, eventFamilies, type OptionalEventFamily } from "@convergint/schemas";
import { type Requirement, requirements } from "./requirements.ts";

interface ProfileParts {
  readonly actor: Requirement["actor"];
  /** The profiles whose requirements this profile includes. */
  readonly includes: readonly string[];
}

/** A profile that can be certified. @see spec/1.0/contract.md#profiles */
export type Profile = "inventory" | "health" | "resilience" | `events:${OptionalEventFamily}` | "receiver";

/** The profiles of the event families; each includes the health profile. */
const familyProfiles = eventFamilies
  .filter(({ requirement }) => requirement !== null)
  .map(({ name }): [string, ProfileParts] => [
    `events:${name}`,
    { actor: "vendor", includes: ["inventory", "health", `events:${name}`] },
  ]);

const PROFILES: ReadonlyMap<string, ProfileParts> = new Map([
  ["inventory", { actor: "vendor", includes: ["inventory"] }],
  ["health", { actor: "vendor", includes: ["inventory", "health"] }],
  ["resilience", { actor: "vendor", includes: ["inventory", "health", "resilience"] }],
  ...familyProfiles,
  ["receiver", { actor: "consumer", includes: ["receiver"] }],
]);

export const profileNames = [...PROFILES.keys()] as Profile[];

/** The profiles that a vendor can be certified in. */
export const vendorProfileNames = profileNames.filter((name) => PROFILES.get(name)?.actor === "vendor");

/** Tells whether this version of the suite can certify a vendor in a profile with this name. */
export const isVendorProfile = (name: string): name is Profile =>
  (vendorProfileNames as readonly string[]).includes(name);

/** Returns the requirements of a profile, in the contract's order. */
export function requirementsOf(profile: Profile, all: readonly Requirement[]): Requirement[] {
  const parts = PROFILES.get(profile);
  return all.filter(
    (requirement) => requirement.actor === parts?.actor && parts.includes.includes(requirement.profile),
  );
}

/** The parts of a manifest that decide which profiles the vendor claims. */
export interface Claims {
  readonly webhooks: boolean;
  /** Whether published events can be queried. Only vendors whose events survive outages offer this. */
  readonly backfill: boolean;
  /** The event types that are posted. */
  readonly eventTypes: readonly string[];
}

/**
 * Returns the profiles that a vendor's manifest claims, without profiles that another claimed profile
 * includes.
 *
 * @param only requirements to judge exclusively, whether or not their profiles are claimed
 * @see spec/1.0/contract.md#profiles
 */
export function findClaimedProfiles(
  { webhooks, backfill, eventTypes }: Claims,
  only: readonly string[],
): readonly Profile[] {
  const requested = requirements.filter(({ id }) => only.includes(id)).map(({ profile }) => profile);
  const offered = [
    ...(backfill ? ["resilience"] : []),
    ...eventTypes.map((type) => `events:${contractEventType(type)?.family}`),
  ];
  const claimed = vendorProfileNames.filter(
    (name) => requested.includes(name) || (webhooks && offered.includes(name)),
  );
  const base = webhooks || requested.includes("health") ? "health" : "inventory";
  return claimed.includes(base) ? claimed : [base, ...claimed];
}
