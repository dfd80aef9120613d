import { DEVICE_ADDED } from "@convergint/schemas";
import { scenario } from "../scenario.ts";
import { inventoryOf, listedDevice, requirePolling, showListing } from "./polled-inventory.ts";
import { freshDevice, postEvent, type ReceiverDrive, statusChanged } from "./receiver-drive.ts";

/** Words of no contract, as a vendor sends them beside the contract's own. */
const VENDOR_STATUS = "Link Down";
const VENDOR_TYPE = "Dome, outdoor";

/** Tells of two devices in the same words, of the one by a listing and of the other by an event. */
export const vendorTerms = scenario(
  "vendorTerms",
  "Tell of two devices in the vendor's own words, of one by a listing and of one by an event",
  ["polling"],
  async ({ polling }, drive: ReceiverDrive) => {
    requirePolling(polling);
    const { probe } = drive;
    const { devices } = inventoryOf(drive);
    const [listedId, toldId] = [freshDevice(), freshDevice()];
    const said = {
      name: "Gate 7",
      type: "camera",
      vendor_type: VENDOR_TYPE,
      status: "offline",
      vendor_status: VENDOR_STATUS,
    };
    const listed = listedDevice(drive.place, listedId, said);
    const listing = await showListing(drive, [listed, ...devices.slice(1)]);
    // After the listing, which lacks the device.
    const event = await postEvent(
      drive,
      "a device is added, in the vendor's words",
      statusChanged(drive, toldId, "offline", { type: DEVICE_ADDED, data: said }),
    );
    return {
      event,
      listing,
      sent: { vendorStatus: VENDOR_STATUS, vendorType: VENDOR_TYPE },
      byInventory: (await probe?.readUntil(listedId, ({ status }) => status !== null)) ?? null,
      byEvent: (await probe?.readUntil(toldId, ({ status }) => status !== null)) ?? null,
    };
  },
);
