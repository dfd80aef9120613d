import type { EvidenceRecord } from "../evidence/evidence.ts";
import { declares, deliveredTypes } from "../evidence/manifest.ts";
import { objectOf } from "../evidence/read.ts";
import { claimedProfiles, type Profile } from "../registry/profiles.ts";

/** The profiles that the manifest in the evidence claims, and those that single requirements asked for are part of. */
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
