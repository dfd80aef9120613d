import type { EvidenceRecord } from "../evidence/evidence.ts";
import { declares, readPostedTypes } from "../evidence/manifest.ts";
import { objectOf } from "../evidence/read.ts";
import { findClaimedProfiles, type Profile } from "../registry/profiles.ts";

/** Returns the profiles that the recorded manifest claims, and those of the requirements in `only`. */
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
