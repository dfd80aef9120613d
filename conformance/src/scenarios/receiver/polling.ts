import type { IncompleteListing } from "../../evidence/polling-evidence.ts";
import { isRemoved } from "../../evidence/receiver-evidence.ts";
import { type ListingFault, PAGE_SIZE } from "../../polled-vendor/listing-pages.ts";
import { MAX_PAGES } from "../../polled-vendor/polled-vendor.ts";
import { scenario } from "../scenario.ts";
import { inventoryOf, requirePolling, showListing } from "./polled-inventory.ts";
import type { ReceiverDrive } from "./receiver-drive.ts";

/**
 * Retry-After in poll intervals. It is so long that a consumer that waits only for its next poll comes back
 * too early.
 */
const INTERVALS = 3;

/**
 * Minimum time that a consumer has to abandon a listing that does not end. A consumer may give up only after
 * thousands of pages.
 */
const CIRCLE_SECONDS = 120;

/** Rate-limits the consumer, and serves a listing whose cursors form a cycle. */
export const pollerLimits = scenario(
  "pollerLimits",
  "Rate-limit the consumer, and serve cursors that form a cycle",
  ["polling"],
  async ({ polling }, drive: ReceiverDrive) => {
    requirePolling(polling);
    const { devices, pollSeconds } = inventoryOf(drive);
    const [, ...others] = devices;
    const retryAfterSeconds = Math.ceil(INTERVALS * pollSeconds);
    const busy = await showListing(drive, others, { fault: { kind: "busy", retryAfterSeconds } });
    const circle = await showListing(drive, others, {
      fault: { kind: "circle" },
      minSeconds: CIRCLE_SECONDS,
    });
    return { retryAfterSeconds, busy, circle, maxPages: MAX_PAGES };
  },
);

/** Lets the consumer read a listing of several pages and start another listing by itself. */
export const polling = scenario(
  "polling",
  "Let the consumer poll the inventory twice",
  [],
  async (_, drive: ReceiverDrive) => {
    const { devices, server } = inventoryOf(drive);
    const atRest = server.lastRequest();
    const listing = await showListing(drive, devices);
    const last = devices.at(-1)?.device_id ?? "";
    return {
      atRest,
      listing,
      pages: Math.ceil(devices.length / PAGE_SIZE),
      onLastPage: (await drive.probe?.read(last, "online")) ?? null,
      onLastPageSaid: "online",
    };
  },
);

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
