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
    fault: "whose total_count is one more than it has items",
    breaksRules: true,
    how: { kind: "wrong_count" },
  },
  {
    fault: "whose snapshot changes between its pages",
    breaksRules: true,
    how: { kind: "changed_snapshot" },
  },
  { fault: "that has one item twice", breaksRules: true, how: { kind: "repeated_item" } },
];

/** Leaves a device out of listings that are not complete, and then out of one that is. */
export const removals = scenario(
  "removals",
  "Leave a device out of listings that break off or break the rules, and then out of a complete one",
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
      // Puts back what was taken away wrongly, and lets a consumer that backs off find its interval again.
      await showListing(drive, devices);
    }
    const complete = await showListing(drive, others);
    const afterComplete = (await probe?.readUntil(goneId, isRemoved)) ?? null;
    return { before, incomplete, complete, afterComplete };
  },
);
