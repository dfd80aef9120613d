import { declares, sandboxCommands } from "../evidence/manifest.ts";
import type { JsonObject } from "../evidence/read.ts";
import { exclusions } from "../registry/exclusions.ts";
import { missingFor, missingSandboxCommands, type Prerequisite } from "../registry/prerequisites.ts";
import { type Profile, requirementsOf } from "../registry/profiles.ts";
import { requirements as allRequirements, type Requirement } from "../registry/requirements.ts";

/** A requirement of the profiles that this version of the suite does not judge, and why. */
export interface NotJudged {
  readonly requirement: Requirement;
  readonly reason: string;
}

/** What a run is to judge. */
export interface Plan {
  readonly requirements: readonly Requirement[];
  /** Those that apply and that nobody judges: a certificate says nothing of them, and has to say so. */
  readonly notJudged: readonly NotJudged[];
}

/**
 * Decides what a run judges, and what it does not.
 *
 * @param only ids to judge alone, or `undefined` for every requirement of the profiles
 * @param manifest the manifest as it came, or `null`: then nothing is known to be undeclared
 * @param given what the run was given beside the credential under test
 */
export function planFor(
  profiles: readonly Profile[],
  only: readonly string[] | undefined,
  manifest: JsonObject | null,
  given: readonly Prerequisite[],
): Plan {
  const asked = new Set(profiles.flatMap((profile) => requirementsOf(profile, allRequirements)));
  const inOrder = allRequirements.filter((requirement) => asked.has(requirement));
  const applies = ({ capability }: Requirement) =>
    manifest === null || capability === null || declares(manifest, capability);
  const reasonFor = ({ id }: Requirement) =>
    exclusions.get(id) ??
    missingFor(id, given) ??
    (manifest === null ? null : missingSandboxCommands(id, sandboxCommands(manifest)));
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
