import type { Check } from "../checks/check.ts";
import { checks } from "../checks/index.ts";
import { observedChecks } from "../checks/observed.ts";
import { findCutOffInWindow } from "../checks/observed-inventory.ts";
import type { EvidenceRecord, PartName } from "../evidence/evidence.ts";
import { declares, readPostedTypes, readSandboxCommands } from "../evidence/manifest.ts";
import { watchedHours } from "../evidence/observation.ts";
import { type JsonObject, objectOf } from "../evidence/read.ts";
import type { TriggerKind } from "../evidence/trigger-record.ts";
import { exclusions } from "../registry/exclusions.ts";
import {
  explainLimit,
  explainMissing,
  explainMissingCommands,
  explainRegisteredByHand,
  type Prerequisite,
} from "../registry/prerequisites.ts";
import { findClaimedProfiles, type Profile, requirementsOf } from "../registry/profiles.ts";
import { requirements as allRequirements, type Requirement } from "../registry/requirements.ts";
import { scenarios } from "../scenarios/index.ts";
import { permits } from "../scenarios/scenario.ts";

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

/** Tells whether a run only watches the vendor. */
const isPassive = (given: readonly Prerequisite[]): boolean => given.includes("passive_window");

/** Parts of scenarios that usually change something at the vendor, but that record these parts in a run without changes too. */
const ALSO_READ: readonly PartName[] = ["withdrawal", "completeness", "outOfContact", "sync"];
/**
 * Requirements whose check needs a change at the vendor, although a run without changes records the parts that the
 * check reads.
 */
const NEED_A_CHANGE = ["SYNC-003", "SYNC-008"];

/** Why a window cannot judge a requirement, by a part of the evidence that its check needs. */
const NOT_OBSERVED: readonly { readonly parts: readonly PartName[]; readonly reason: string }[] = [
  {
    parts: ["retries", "outage", "slowAnswer", "backfill"],
    reason:
      "This requirement needs deliveries that the receiver refuses. A passive window accepts every delivery, because a refusal would delay an event of the production system.",
  },
  {
    parts: ["endpoints", "lifecycle", "subscriptions", "otherTenant"],
    reason:
      "This requirement needs endpoints that the suite registers and removes. A passive window only reads.",
  },
];

/** Returns the parts that can be recorded without any change at the vendor. */
const readableParts = (): ReadonlySet<PartName> =>
  new Set([
    ...scenarios.filter(({ changes }) => permits("nothing", changes)).map(({ part }) => part),
    ...ALSO_READ,
  ]);

/** Returns why a passive window cannot judge a requirement; `null` if it can. */
function explainUnobservable(id: string): string | null {
  if (observedChecks.some(({ requirement }) => requirement === id)) return null;
  const needs = checks.find(({ requirement }) => requirement === id)?.needs ?? [];
  const readable = readableParts();
  if (!NEED_A_CHANGE.includes(id) && needs.every((part) => readable.has(part))) return null;
  return (
    NOT_OBSERVED.find(({ parts }) => needs.some((part) => parts.includes(part)))?.reason ??
    "This requirement needs calls that change something at the vendor. A passive window only reads."
  );
}

/** Returns why a window that is over did not show a requirement that needs a rare occurrence; `null` if it did. */
function explainUnseen(id: string, { observation, discovery }: EvidenceRecord["parts"]): string | null {
  if (id !== "DEV-008" || !observation || !discovery) return null;
  return findCutOffInWindow({ observation, discovery }).length > 0
    ? null
    : `This requirement needs a connector that is out of contact, with devices behind it. The window of ${watchedHours(observation).toFixed(1)} h saw none.`;
}

/** Returns the checks of a run. @param all the checks of a run that may change devices */
export const checksOf = (given: readonly Prerequisite[], all: readonly Check[]): readonly Check[] =>
  isPassive(given)
    ? all.map((each) => observedChecks.find(({ requirement }) => requirement === each.requirement) ?? each)
    : all;

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
  { completeness, sync }: EvidenceRecord["parts"],
): string | null {
  // If a command or a person was given, it has changed something, or has failed.
  if (id === "SYNC-002" && sync && sync.unchanged.length > 0 && sync.changes.length === 0)
    return declares(manifest, "sandbox")
      ? null
      : "This requirement needs an online device that changes during the run. Offer sandbox control, or use --trigger-cmd or --ask-person.";
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
 * @param trigger how devices change, if that is known
 */
export function planFor(
  profiles: readonly Profile[],
  only: readonly string[] | undefined,
  manifest: JsonObject | null,
  given: readonly Prerequisite[],
  parts: EvidenceRecord["parts"] = {},
  trigger: TriggerKind | null = null,
): Plan {
  const asked = new Set(profiles.flatMap((profile) => requirementsOf(profile, allRequirements)));
  const inOrder = allRequirements.filter((requirement) => asked.has(requirement));
  const applies = ({ capability }: Requirement) =>
    manifest === null || capability === null || declares(manifest, capability);
  const reasonFor = ({ id }: Requirement) =>
    exclusions.get(id) ??
    explainMissing(id, given) ??
    explainLimit(id, trigger) ??
    (manifest === null
      ? null
      : (explainMissingCommands(id, readSandboxCommands(manifest)) ??
        explainRegisteredByHand(
          id,
          given,
          declares(manifest, "webhooks.endpoint_management") && !isPassive(given),
        ) ??
        (isPassive(given) && id === "SYNC-002" ? null : explainTenant(id, manifest, parts)))) ??
    (isPassive(given) ? (explainUnobservable(id) ?? explainUnseen(id, parts)) : null);
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
