import { randomUUID } from "node:crypto";
import { DEVICE_ADDED } from "@convergint/schemas";
import { scenario } from "../scenario.ts";
import { AGE_MS, inventoryOf, listedDevice, requirePolling, showListing } from "./polled-inventory.ts";
import { freshDevice, postEvent, type ReceiverDrive, statusChanged } from "./receiver-drive.ts";

/** Posts events with types, members, devices and orgs that the consumer does not know. */
export const unknownContent = scenario(
  "unknownContent",
  "Post events with unknown types, members, devices and orgs",
  [],
  async (_, drive: ReceiverDrive) => {
    const { place, probe } = drive;
    const unknownType = await postEvent(drive, "an event of an unknown type", {
      ...statusChanged(drive, freshDevice(), "offline"),
      type: "com.vendor-of-conformance.elevator_stuck.v1",
    });
    const unknownMembers = await postEvent(
      drive,
      "an event with unknown members",
      statusChanged(drive, freshDevice(), "offline", {
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        // CloudEvents allows no objects as members of an event, except in its data.
        vendorhint: "shoe size 44",
        data: { weather: { sky: ["blue"] }, vendor: { shoe_size: 44 } },
      }),
    );
    const added = statusChanged(drive, freshDevice(), "online", { type: DEVICE_ADDED });
    const unknownDeviceType = await postEvent(drive, "an event that adds a device of an unknown type", {
      ...added,
      data: { ...(added["data"] as object), name: "Gate 7", type: "hoverboard" },
    });
    const device = freshDevice();
    const unknownDevice = await postEvent(
      drive,
      "an event of an unknown device",
      statusChanged(drive, device, "offline"),
    );
    const unknownDeviceAfter = (await probe?.read(device, "offline")) ?? null;
    // A consumer may keep the event and show the device only after it is listed.
    const isHidden = probe !== null && unknownDeviceAfter?.status === null && drive.inventory !== null;
    if (isHidden) {
      const status_observed_at = new Date(drive.clock.now() - 2 * AGE_MS).toISOString();
      const listed = listedDevice(place, device, { status: "online", status_observed_at });
      await showListing(drive, [listed, ...inventoryOf(drive).devices.slice(1)]);
    }
    const unknownDeviceListed = isHidden ? await probe.read(device, "offline") : null;
    const unknownSite = await postEvent(
      drive,
      "an event of a site that is not bound",
      statusChanged(
        { ...drive, place: { ...place, siteId: `site-${randomUUID()}` } },
        freshDevice(),
        "offline",
      ),
    );
    const stranger = freshDevice();
    const unknownOrg = await postEvent(
      drive,
      "an event of an org that is not bound to a customer",
      statusChanged({ ...drive, place: { ...place, orgId: `org-${randomUUID()}` } }, stranger, "offline"),
    );
    return {
      unknownType,
      unknownMembers,
      unknownDeviceType,
      unknownDevice,
      unknownDeviceAfter,
      unknownDeviceListed,
      unknownSite,
      unknownOrg,
      unknownOrgAfter: (await probe?.read(stranger, null)) ?? null,
    };
  },
);

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
    // This event is posted after the listing. The listing does not contain the event's device.
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
