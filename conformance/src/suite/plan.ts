import type { EvidenceRecord } from "../evidence/evidence.ts";
import { declares, readPostedTypes, readSandboxCommands } from "../evidence/manifest.ts";
import { type JsonObject, objectOf } from "../evidence/read.ts";
import { exclusions } from "../registry/exclusions.ts";
import {
  explainMissing,
  explainMissingCommands,
  explainRegisteredByHand,
  type Prerequisite,
} from "../registry/prerequisites.ts";
import { findClaimedProfiles, type Profile, requirementsOf } from "../registry/profiles.ts";
import { requirements as allRequirements, type Requirement } from "../registry/requirements.ts";

/** Returns the profiles that the recorded manifest claims, and the profiles of the requirements in `only`. */
export function profilesClaimed({ parts }: EvidenceRecord, only: readonly string[] = []): readonly Profile[] {
  const manifest = parts.discovery?.manifest;
  const offers = (capability: string) => manifest !== undefined && declares(objectOf(manifest), capability);
  const declared = {
    webhooks: offers("webhooks"),
    backfill: offers("backfill"),
    eventTypes: manifest === undefined ? [] : readPostedTypes(manifest),
  };
  return findClaimedProfiles(declared, only);
}

/** A requirement that this version of the suite does not judge, and why. */
export interface NotJudged {
  readonly requirement: Requirement;
  readonly reason: string;
}

/** The requirements of a run. */
export interface Plan {
  readonly requirements: readonly Requirement[];
  /** Requirements that apply but are not judged; a certificate has to list them. */
  readonly notJudged: readonly NotJudged[];
}

/**
 * Returns why a requirement cannot be judged with this tenant; `null` if it can be. Only a sandbox can be expected to
 * have what certification needs. A vendor without one is certified with the tenant that it has.
 */
function explainTenant(
  id: string,
  manifest: JsonObject,
  { completeness }: EvidenceRecord["parts"],
): string | null {
  if (id !== "SITE-007" || completeness?.emptySiteId !== null) return null;
  return declares(manifest, "sandbox")
    ? null
    : "This requirement needs a tenant with a site that has no devices. Every listed site has devices. If this tenant has an empty site, list it.";
}

/**
 * Decides which requirements a run judges.
 *
 * @param only the only ids to judge, or `undefined` for all requirements of the profiles
 * @param manifest the recorded manifest; if it is `null`, no capability counts as undeclared
 * @param given what the run was given in addition to the credential under test
 * @param parts what the run has recorded so far
 */
export function planFor(
  profiles: readonly Profile[],
  only: readonly string[] | undefined,
  manifest: JsonObject | null,
  given: readonly Prerequisite[],
  parts: EvidenceRecord["parts"] = {},
): Plan {
  const asked = new Set(profiles.flatMap((profile) => requirementsOf(profile, allRequirements)));
  const inOrder = allRequirements.filter((requirement) => asked.has(requirement));
  const applies = ({ capability }: Requirement) =>
    manifest === null || capability === null || declares(manifest, capability);
  const reasonFor = ({ id }: Requirement) =>
    exclusions.get(id) ??
    explainMissing(id, given) ??
    (manifest === null
      ? null
      : (explainMissingCommands(id, readSandboxCommands(manifest)) ??
        explainRegisteredByHand(id, given, declares(manifest, "webhooks.endpoint_management")) ??
        explainTenant(id, manifest, parts)));
  return {
    requirements: inOrder.filter(
      (requirement) =>
        reasonFor(requirement) === null && (only === undefined || only.includes(requirement.id)),
    ),
    notJudged: inOrder.flatMap((requirement) => {
      const reason = reasonFor(requirement);
      return reason !== null && applies(requirement) ? [{ requirement, reason }] : [];
    }),
  };
}
