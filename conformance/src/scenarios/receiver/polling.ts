import { PAGE_SIZE } from "../../polled-vendor/listing-pages.ts";
import { MAX_PAGES } from "../../polled-vendor/polled-vendor.ts";
import { scenario } from "../scenario.ts";
import { inventoryOf, requirePolling, showListing } from "./polled-inventory.ts";
import type { ReceiverDrive } from "./receiver-drive.ts";

/**
 * Retry-After in poll intervals. It is so long that a consumer that waits only for its next poll comes back
 * too early.
 */
const INTERVALS = 3;

/** Minimum time for a consumer to abandon a listing that does not end; it may stop only after thousands of pages. */
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
