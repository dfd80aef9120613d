import type { EvidenceRecord } from "../evidence/evidence.ts";
import { declares, deliveredTypes } from "../evidence/manifest.ts";
import { objectOf } from "../evidence/read.ts";
import { claimedProfiles, type Profile } from "../registry/profiles.ts";

/** Returns the profiles that the recorded manifest claims, and those of the requirements in `only`. */
export function profilesClaimed({ parts }: EvidenceRecord, only: readonly string[] = []): readonly Profile[] {
  const manifest = parts.discovery?.manifest;
  const offers = (capability: string) => manifest !== undefined && declares(objectOf(manifest), capability);
  const declared = {
    webhooks: offers("webhooks"),
    backfill: offers("backfill"),
    eventTypes: manifest === undefined ? [] : deliveredTypes(manifest),
  };
  return claimedProfiles(declared, only);
}
