import { contractEventType, eventFamilies, type OptionalEventFamily } from "@convergint/schemas";
import { type Requirement, requirements } from "./requirements.ts";

interface ProfileParts {
  readonly actor: Requirement["actor"];
  /** The profiles whose requirements it asks for. */
  readonly includes: readonly string[];
}

/** A profile that can be certified. @see spec/1.0/contract.md#profiles */
export type Profile = "inventory" | "health" | "resilience" | `events:${OptionalEventFamily}` | "receiver";

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

/** Tells whether this version of the suite can certify a vendor in a profile of this name. */
export const isVendorProfile = (name: string): name is Profile =>
  (vendorProfileNames as readonly string[]).includes(name);

/** The requirements a profile asks for, in the contract's order. */
export function requirementsOf(profile: Profile, all: readonly Requirement[]): Requirement[] {
  const parts = PROFILES.get(profile);
  return all.filter(
    (requirement) => requirement.actor === parts?.actor && parts.includes.includes(requirement.profile),
  );
}

/** What a manifest says that decides which profiles are claimed. */
export interface Claims {
  readonly webhooks: boolean;
  /** Whether what was published can be asked for: nobody offers that who does not mean outages to be survived. */
  readonly backfill: boolean;
  /** The event types that are posted. */
  readonly eventTypes: readonly string[];
}

/**
 * The profiles that a vendor claims by its manifest. What is part of another one is left out.
 *
 * @param only requirements that are asked for alone, claimed or not
 * @see spec/1.0/contract.md#profiles
 */
export function claimedProfiles(
  { webhooks, backfill, eventTypes }: Claims,
  only: readonly string[],
): readonly Profile[] {
  const asked = requirements.filter(({ id }) => only.includes(id)).map(({ profile }) => profile);
  const offered = [
    ...(backfill ? ["resilience"] : []),
    ...eventTypes.map((type) => `events:${contractEventType(type)?.family}`),
  ];
  const claimed = vendorProfileNames.filter(
    (name) => asked.includes(name) || (webhooks && offered.includes(name)),
  );
  const least = webhooks || asked.includes("health") ? "health" : "inventory";
  return claimed.includes(least) ? claimed : [least, ...claimed];
}
