import { MAX_PAGES } from "../../polled-vendor/polled-vendor.ts";
import { scenario } from "../scenario.ts";
import { inventoryOf, requirePolling, showListing } from "./polled-inventory.ts";
import type { ReceiverDrive } from "./receiver-drive.ts";

/** So many intervals of polling: whoever waits for its next poll alone comes too early. */
const INTERVALS = 3;

/** Asks the consumer for patience, and leads it in a circle. */
export const pollerLimits = scenario(
  "pollerLimits",
  "Ask the consumer to wait, and give it cursors that lead in a circle",
  ["polling"],
  async ({ polling }, drive: ReceiverDrive) => {
    requirePolling(polling);
    const { devices, pollSeconds } = inventoryOf(drive);
    const [, ...others] = devices;
    const retryAfterSeconds = Math.ceil(INTERVALS * pollSeconds);
    const busy = await showListing(drive, others, { fault: { kind: "busy", retryAfterSeconds } });
    const circle = await showListing(drive, others, { fault: { kind: "circle" } });
    return { retryAfterSeconds, busy, circle, mostPages: MAX_PAGES };
  },
);
