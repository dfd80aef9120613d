import { MAX_PAGES } from "../../polled-vendor/polled-vendor.ts";
import { scenario } from "../scenario.ts";
import { inventoryOf, requirePolling, showListing } from "./polled-inventory.ts";
import type { ReceiverDrive } from "./receiver-drive.ts";

/** Retry-After in poll intervals: a consumer that waits only for its next poll is too early. */
const INTERVALS = 3;

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
    const circle = await showListing(drive, others, { fault: { kind: "circle" } });
    return { retryAfterSeconds, busy, circle, maxPages: MAX_PAGES };
  },
);
