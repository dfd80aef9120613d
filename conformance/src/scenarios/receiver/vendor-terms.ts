import { DEVICE_ADDED } from "@convergint/schemas";
import { scenario } from "../scenario.ts";
import { inventoryOf, listedDevice, requirePolling, showListing } from "./polled-inventory.ts";
import { freshDevice, postEvent, type ReceiverDrive, statusChanged } from "./receiver-drive.ts";

/** A vendor's own terms, sent in addition to the contract's. */
const VENDOR_STATUS = "Link Down";
const VENDOR_TYPE = "Dome, outdoor";

/** Reports two devices with the same vendor terms, one by a listing and one by an event. */
export const vendorTerms = scenario(
  "vendorTerms",
  "Report two devices in the vendor's own terms, one by a listing and one by an event",
  ["polling"],
  async ({ polling }, drive: ReceiverDrive) => {
    requirePolling(polling);
    const { probe } = drive;
    const { devices } = inventoryOf(drive);
    const [listedId, eventId] = [freshDevice(), freshDevice()];
    const said = {
      name: "Gate 7",
      type: "camera",
      vendor_type: VENDOR_TYPE,
      status: "offline",
      vendor_status: VENDOR_STATUS,
    };
    const listed = listedDevice(drive.place, listedId, said);
    const listing = await showListing(drive, [listed, ...devices.slice(1)]);
    // This event is posted after the listing, which does not contain its device.
    const event = await postEvent(
      drive,
      "an event that adds a device, in the vendor's own terms",
      statusChanged(drive, eventId, "offline", { type: DEVICE_ADDED, data: said }),
    );
    return {
      event,
      listing,
      sent: { vendorStatus: VENDOR_STATUS, vendorType: VENDOR_TYPE },
      byInventory: (await probe?.readUntil(listedId, ({ status }) => status !== null)) ?? null,
      byEvent: (await probe?.readUntil(eventId, ({ status }) => status !== null)) ?? null,
    };
  },
);
