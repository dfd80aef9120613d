import { z } from "zod";
import { deviceIdSchema, orgIdSchema, siteIdSchema, systemIdSchema } from "./ids.ts";
import { ipAddressSchema, macAddressSchema } from "./network-address.ts";
import { addressSchema, coordinatesSchema, timezoneSchema } from "./site.ts";
import { text } from "./text.ts";
import { calendarDaySchema, timestampSchema } from "./timestamp.ts";
import { adminStateSchema, deviceStatusSchema, deviceTypeSchema, lifecycleSchema } from "./vocabulary.ts";

const repeatedSite = z
  .looseObject({
    name: text(0, 512)
      .nullish()
      .meta({ description: "Display name of the place.", examples: ["Science Hall"] }),
    address: addressSchema.nullish().meta({ description: "Human-readable postal address." }),
    coordinates: coordinatesSchema.nullish().meta({ description: "Position, for maps." }),
    timezone: timezoneSchema.nullish(),
  })
  .meta({ id: "DeviceSite", description: "The metadata of a device's site." });

/** A device's fields, without the rules that relate one field to another. */
export const deviceFieldsSchema = z.looseObject({
  device_id: deviceIdSchema,
  org_id: orgIdSchema,
  site_id: siteIdSchema,
  name: text(1, 512).meta({
    description: "Display name or label of the device.",
    examples: ["North entrance, left"],
  }),
  type: deviceTypeSchema,
  subtype: text(0, 64)
    .nullish()
    .meta({
      description: "A more specific type, such as door_contact for a sensor.",
      examples: ["door_contact"],
    }),
  vendor_type: text(0, 256)
    .nullish()
    .meta({ description: "The vendor's own term for the type.", examples: ["Dome 4MP"] }),
  status: deviceStatusSchema.nullish(),
  status_reason: text(0, 256)
    .nullish()
    .meta({
      description:
        "Reason for the status: parent_unreachable, auth_failed, not_installed, power_loss, fault, …",
      examples: ["parent_unreachable"],
    }),
  vendor_status: text(0, 256)
    .nullish()
    .meta({ description: "The vendor's own term for the status.", examples: ["alerting"] }),
  status_observed_at: timestampSchema
    .nullish()
    .meta({ description: "When the vendor's cloud last observed this status." }),
  status_changed_at: timestampSchema.nullish().meta({ description: "When the status last changed." }),
  last_seen_at: timestampSchema
    .nullish()
    .meta({ description: "When the vendor's cloud last heard from the device." }),
  admin_state: adminStateSchema.nullish(),
  mac_addresses: z
    .array(macAddressSchema)
    .nullish()
    .meta({
      description: "Hardware addresses in any common notation; readers normalize them to aa:bb:cc:dd:ee:ff.",
      examples: [["00:11:22:aa:bb:cc"]],
    }),
  ip_addresses: z
    .array(ipAddressSchema)
    .nullish()
    .meta({ description: "IPv4 or IPv6 addresses.", examples: [["192.0.2.7", "2001:db8::7"]] }),
  hostname: text(0, 253)
    .nullish()
    .meta({ description: "Network host name.", examples: ["cam-north-1.campus.example"] }),
  manufacturer: text(0, 256)
    .nullish()
    .meta({ description: "The manufacturer.", examples: ["Example Optics"] }),
  model: text(0, 256)
    .nullish()
    .meta({ description: "The manufacturer's product name.", examples: ["XO-4D"] }),
  firmware_version: text(0, 128)
    .nullish()
    .meta({ description: "Firmware version.", examples: ["3.2.1"] }),
  serial_number: text(0, 128)
    .nullish()
    .meta({ description: "The manufacturer's serial number.", examples: ["XO4D-00017233"] }),
  system_id: systemIdSchema.nullish(),
  system_name: text(0, 512)
    .nullish()
    .meta({ description: "Display name of the system.", examples: ["Video, north campus"] }),
  parent_device_id: deviceIdSchema.nullish().meta({
    description:
      "The device that this device depends on, such as a door's controller or a camera's recorder.",
  }),
  zone: text(0, 256)
    .nullish()
    .meta({ description: "Where on the site the device is.", examples: ["Lobby"] }),
  site: repeatedSite
    .nullish()
    .meta({ description: "The site's metadata, if the vendor repeats it with each device." }),
  lifecycle: lifecycleSchema.nullish(),
  removed_at: timestampSchema
    .nullish()
    .meta({ description: "When the device was removed; only with lifecycle removed." }),
  warranty_expires_on: calendarDaySchema.nullish().meta({ description: "Last day of the warranty." }),
  end_of_support_on: calendarDaySchema
    .nullish()
    .meta({ description: "Last day of the manufacturer's support." }),
  updated_at: timestampSchema
    .nullish()
    .meta({ description: "When this record was last written; not when the status was observed." }),
  attributes: z
    .record(z.string(), z.unknown())
    .nullish()
    .meta({ description: "The vendor's own fields.", examples: [{ lens: "2.8 mm" }] }),
});

/** The rule of {@link removedHasTime} in JSON Schema. */
export const REMOVED_HAS_TIME = {
  if: { properties: { lifecycle: { const: "removed" } }, required: ["lifecycle"] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema; nothing awaits this object.
  then: { properties: { removed_at: { type: "string" } }, required: ["removed_at"] },
};

/** Requires a removed device to have `removed_at`. */
export function removedHasTime(
  { lifecycle, removed_at }: Pick<z.infer<typeof deviceFieldsSchema>, "lifecycle" | "removed_at">,
  context: z.core.$RefinementCtx,
): void {
  if (lifecycle !== "removed" || typeof removed_at === "string") return;
  context.addIssue({
    code: "custom",
    path: ["removed_at"],
    message: "Send removed_at, because the device's lifecycle is removed.",
  });
}

/**
 * A device with its latest known status, as the inventory lists it. `null` in an
 * optional field means the same as omitting it.
 *
 * @see spec/1.0/contract.md#devices
 */
export const deviceSchema = deviceFieldsSchema.superRefine(removedHasTime).meta({
  id: "Device",
  description: "A device with its latest known status.",
  "x-requirement": "INV-001",
  ...REMOVED_HAS_TIME,
});
export type Device = z.infer<typeof deviceSchema>;

/** The tombstone of a removed device. @see spec/1.0/contract.md#incremental-sync */
export const removedDeviceSchema = z
  .looseObject({
    device_id: deviceIdSchema,
    org_id: orgIdSchema,
    site_id: siteIdSchema.meta({ description: "The last site of the device." }),
    lifecycle: z
      .literal("removed", "Send removed.")
      .meta({ description: "Marks the device as removed.", examples: ["removed"] }),
    removed_at: timestampSchema.meta({ description: "When the device was removed." }),
  })
  .meta({
    id: "RemovedDevice",
    description: "The tombstone of a removed device.",
    "x-requirement": "SYNC-003",
  });
export type RemovedDevice = z.infer<typeof removedDeviceSchema>;

const presentDeviceSchema = deviceFieldsSchema.extend({
  lifecycle: z.enum(["provisioning", "active"]).nullish(),
});

/**
 * `site_id` has the same path in a device and in a tombstone, so the path does not determine the requirement.
 * The errors of a tombstone name their requirement themselves.
 */
const tombstoneSchema = removedDeviceSchema.superRefine(
  (_, { issues }) => {
    for (const issue of issues) issue["x-requirement"] = "SYNC-003";
  },
  { when: () => true },
);

/**
 * One item of a listing of changes: a device in its current state, or the tombstone of a removed device.
 * `lifecycle` discriminates the two, so that errors refer to the right schema.
 *
 * @see spec/1.0/contract.md#incremental-sync
 */
export const deviceChangeSchema = z
  .discriminatedUnion("lifecycle", [presentDeviceSchema, tombstoneSchema], {
    error: "Send provisioning, active or removed.",
  })
  .meta({
    id: "DeviceChange",
    description: "A device in its current state, or the tombstone of a removed device.",
    "x-requirement": "INV-001",
  });
export type DeviceChange = Device | RemovedDevice;
