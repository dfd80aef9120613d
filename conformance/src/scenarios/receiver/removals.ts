import type { IncompleteListing } from "../../evidence/polling-evidence.ts";
import { isRemoved } from "../../evidence/receiver-evidence.ts";
import type { ListingFault } from "../../polled-vendor/listing-pages.ts";
import { scenario } from "../scenario.ts";
import { inventoryOf, showListing } from "./polled-inventory.ts";
import type { ReceiverDrive } from "./receiver-drive.ts";

interface Trial {
  readonly fault: string;
  readonly breaksRules: boolean;
  readonly how: ListingFault;
}

const TRIALS: readonly Trial[] = [
  { fault: "whose second page is answered with 500", breaksRules: false, how: { kind: "error" } },
  { fault: "whose second page breaks off", breaksRules: false, how: { kind: "broken_page" } },
  {
    fault: "whose total_count is one too high",
    breaksRules: true,
    how: { kind: "wrong_count" },
  },
  {
    fault: "whose snapshot changes between its pages",
    breaksRules: true,
    how: { kind: "changed_snapshot" },
  },
  { fault: "that repeats an item", breaksRules: true, how: { kind: "repeated_item" } },
];

/** Omits a device from incomplete listings, and then from a complete listing. */
export const removals = scenario(
  "removals",
  "Omit a device from incomplete listings, and then from a complete listing",
  ["polling"],
  async ({ polling }, drive: ReceiverDrive) => {
    if (polling.listing.followedAt === null) return null;
    const { probe } = drive;
    const { devices } = inventoryOf(drive);
    const [gone, ...others] = devices;
    const goneId = gone?.device_id ?? "";
    const before = (await probe?.read(goneId, "online")) ?? null;
    const incomplete: IncompleteListing[] = [];
    for (const { fault, breaksRules, how } of TRIALS) {
      const listing = await showListing(drive, others, { fault: how });
      incomplete.push({ fault, breaksRules, listing, after: (await probe?.read(goneId, null)) ?? null });
      // Restores a device that was removed wrongly, and lets a consumer that backs off return to its normal
      // interval.
      await showListing(drive, devices);
    }
    const complete = await showListing(drive, others);
    const afterComplete = (await probe?.readUntil(goneId, isRemoved)) ?? null;
    return { before, incomplete, complete, afterComplete };
  },
);
