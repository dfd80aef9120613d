import { PAGE_SIZE } from "../../polled-vendor/listing-pages.ts";
import { scenario } from "../scenario.ts";
import { inventoryOf, showListing } from "./polled-inventory.ts";
import type { ReceiverDrive } from "./receiver-drive.ts";

/** Lets the consumer read a listing of several pages and start another one by itself. */
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
