import { z } from "zod";
import { calendarDaySchema } from "./calendar.ts";
import { deviceIdSchema, orgIdSchema, siteIdSchema } from "./ids.ts";
import { ipAddressSchema } from "./ip-address.ts";
import { macAddressSchema } from "./mac-address.ts";
import { addressSchema, coordinatesSchema, timezoneSchema } from "./site.ts";
import { text } from "./text.ts";
import { timestampSchema } from "./timestamp.ts";
import { adminStateSchema, deviceStatusSchema, deviceTypeSchema, lifecycleSchema } from "./vocabulary.ts";

const repeatedSite = z.looseObject({
  name: text(0, 512)
    .nullish()
    .meta({ description: "Name people know the place by.", examples: ["Science Hall"] }),
  address: addressSchema.nullish().meta({ description: "Where the place is, for people." }),
  coordinates: coordinatesSchema.nullish().meta({ description: "Where the place is, for maps." }),
  timezone: timezoneSchema.nullish(),
});

/** A device's fields, before what holds between them. */
export const deviceFieldsSchema = z.looseObject({
  device_id: deviceIdSchema,
  org_id: orgIdSchema,
  site_id: siteIdSchema,
  name: text(1, 512).meta({
    description: "Name or label people know the device by.",
    examples: ["North entrance, left"],
  }),
  type: deviceTypeSchema,
  subtype: text(0, 64)
    .nullish()
    .meta({
      description: "A finer word within the type, such as door_contact for a sensor.",
      examples: ["door_contact"],
    }),
  vendor_type: text(0, 256)
    .nullish()
    .meta({ description: "The vendor's own word for the type.", examples: ["Dome 4MP"] }),
  status: deviceStatusSchema.nullish(),
  status_reason: text(0, 256)
    .nullish()
    .meta({
      description: "Why, in a word: parent_unreachable, auth_failed, not_installed, power_loss, fault, …",
      examples: ["parent_unreachable"],
    }),
  vendor_status: text(0, 256)
    .nullish()
    .meta({ description: "The vendor's own word for the status.", examples: ["alerting"] }),
  status_observed_at: timestampSchema
    .nullish()
    .meta({ description: "When the vendor's cloud last saw this status to be so." }),
  status_changed_at: timestampSchema.nullish().meta({ description: "When the status last changed." }),
  last_seen_at: timestampSchema.nullish().meta({ description: "When the device was last heard from." }),
  admin_state: adminStateSchema.nullish(),
  mac_addresses: z
    .array(macAddressSchema)
    .nullish()
    .meta({
      description: "Hardware addresses in any common writing; readers write them as aa:bb:cc:dd:ee:ff.",
      examples: [["00:11:22:aa:bb:cc"]],
    }),
  ip_addresses: z
    .array(ipAddressSchema)
    .nullish()
    .meta({ description: "IPv4 or IPv6 addresses.", examples: [["192.0.2.7", "2001:db8::7"]] }),
  hostname: text(0, 253)
    .nullish()
    .meta({ description: "Name in the network.", examples: ["cam-north-1.campus.example"] }),
  manufacturer: text(0, 256)
    .nullish()
    .meta({ description: "Who made it.", examples: ["Example Optics"] }),
  model: text(0, 256)
    .nullish()
    .meta({ description: "The maker's name for the product.", examples: ["XO-4D"] }),
  firmware_version: text(0, 128)
    .nullish()
    .meta({ description: "Version of the firmware it runs.", examples: ["3.2.1"] }),
  serial_number: text(0, 128)
    .nullish()
    .meta({ description: "The maker's serial number.", examples: ["XO4D-00017233"] }),
  parent_device_id: deviceIdSchema
    .nullish()
    .meta({ description: "The device it depends on: a door's controller, a camera's recorder." }),
  zone: text(0, 256)
    .nullish()
    .meta({ description: "Where in the site the device is.", examples: ["Lobby"] }),
  site: repeatedSite
    .nullish()
    .meta({ description: "The site's metadata, for a vendor that prefers to repeat it here." }),
  lifecycle: lifecycleSchema.nullish(),
  removed_at: timestampSchema
    .nullish()
    .meta({ description: "When the device was removed; with lifecycle removed only." }),
  warranty_expires_on: calendarDaySchema.nullish().meta({ description: "Last day of the warranty." }),
  end_of_support_on: calendarDaySchema
    .nullish()
    .meta({ description: "Last day on which the maker supports the product." }),
  updated_at: timestampSchema
    .nullish()
    .meta({ description: "When this record was last written; not when the status was seen." }),
  attributes: z
    .record(z.string(), z.unknown())
    .nullish()
    .meta({ description: "The vendor's own fields.", examples: [{ lens: "2.8 mm" }] }),
});

/** What JSON Schema says of {@link removedHasTime}. */
export const REMOVED_HAS_TIME = {
  if: { properties: { lifecycle: { const: "removed" } }, required: ["lifecycle"] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema; nothing awaits this object.
  then: { properties: { removed_at: { type: "string" } }, required: ["removed_at"] },
};

/** A device that was removed says when. */
export function removedHasTime(
  { lifecycle, removed_at }: Pick<z.infer<typeof deviceFieldsSchema>, "lifecycle" | "removed_at">,
  context: z.core.$RefinementCtx,
): void {
  if (lifecycle !== "removed" || typeof removed_at === "string") return;
  context.addIssue({
    code: "custom",
    path: ["removed_at"],
    message: "Send when the device was removed: its lifecycle is removed.",
  });
}

/**
 * A device with its latest known status, as inventory lists it. `null` in an optional field means the same as
 * leaving it out. @see spec/1.0/contract.md#devices
 */
export const deviceSchema = deviceFieldsSchema.superRefine(removedHasTime).meta({
  id: "Device",
  description: "A device with its latest known status.",
  "x-requirement": "INV-001",
  ...REMOVED_HAS_TIME,
});
export type Device = z.infer<typeof deviceSchema>;
