import { randomUUID } from "node:crypto";
import { DEVICE_ADDED } from "@convergint/schemas";
import { scenario } from "../scenario.ts";
import { freshDevice, postEvent, type ReceiverDrive, statusChanged } from "./receiver-drive.ts";

/** Posts events that say more, or other things, than the consumer knows. */
export const unknownContent = scenario(
  "unknownContent",
  "Post events of types, members, devices and orgs that nobody knows",
  [],
  async (_, drive: ReceiverDrive) => {
    const { place, probe } = drive;
    const unknownType = await postEvent(drive, "an event of a type that nobody knows", {
      ...statusChanged(drive, freshDevice(), "offline"),
      type: "com.vendor-of-conformance.elevator_stuck.v1",
    });
    const unknownMembers = await postEvent(
      drive,
      "an event with members that nobody knows",
      statusChanged(drive, freshDevice(), "offline", {
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        vendor: { shoe_size: 44 },
        data: { weather: { sky: ["blue"] } },
      }),
    );
    const added = statusChanged(drive, freshDevice(), "online", { type: DEVICE_ADDED });
    const unknownDeviceType = await postEvent(drive, "the adding of a device of a type that nobody knows", {
      ...added,
      data: { ...(added["data"] as object), name: "Gate 7", type: "hoverboard" },
    });
    const device = freshDevice();
    const unknownDevice = await postEvent(
      drive,
      "an event of a device that nobody told of",
      statusChanged(drive, device, "offline"),
    );
    const stranger = freshDevice();
    const unknownOrg = await postEvent(
      drive,
      "an event of an org that nobody has bound",
      statusChanged({ ...drive, place: { ...place, orgId: `org-${randomUUID()}` } }, stranger, "offline"),
    );
    return {
      unknownType,
      unknownMembers,
      unknownDeviceType,
      unknownDevice,
      unknownDeviceAfter: (await probe?.read(device, "offline")) ?? null,
      unknownOrg,
      unknownOrgAfter: (await probe?.read(stranger, null)) ?? null,
    };
  },
);
