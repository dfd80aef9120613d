import { z } from "zod";
import { deviceIdSchema, orgIdSchema, siteIdSchema } from "./ids.ts";
import { addressSchema, coordinatesSchema, timezoneSchema } from "./site.ts";
import { timestampSchema } from "./timestamp.ts";
import { adminStateSchema, deviceStatusSchema, deviceTypeSchema, lifecycleSchema } from "./vocabulary.ts";

const text = (maximum: number) => z.string().max(maximum);
const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, "Send a calendar day, such as 2029-06-30.")
  .meta({ format: "date" });

/**
 * A device with its latest known status, as inventory lists it. `null` in an optional field means the same as
 * leaving it out. @see spec/1.0/contract.md#devices
 */
export const deviceSchema = z
  .looseObject({
    device_id: deviceIdSchema,
    org_id: orgIdSchema,
    site_id: siteIdSchema,
    name: text(512).min(1).describe("Name or label people know the device by."),
    type: deviceTypeSchema,
    subtype: text(64).nullish().describe("A finer word within the type, such as door_contact for a sensor."),
    vendor_type: text(256).nullish().describe("The vendor's own word for the type."),
    status: deviceStatusSchema.nullish(),
    status_reason: text(256)
      .nullish()
      .describe("Why, in a word: parent_unreachable, auth_failed, not_installed, …"),
    vendor_status: text(256).nullish().describe("The vendor's own word for the status."),
    status_observed_at: timestampSchema
      .nullish()
      .describe("When the vendor's cloud last saw this status to be so."),
    status_changed_at: timestampSchema.nullish().describe("When the status last changed."),
    last_seen_at: timestampSchema.nullish().describe("When the device was last heard from."),
    admin_state: adminStateSchema.nullish().describe("Whether somebody switched the device off on purpose."),
    mac_addresses: z
      .array(text(32))
      .nullish()
      .describe("Hardware addresses in any common writing; readers write them as aa:bb:cc:dd:ee:ff."),
    ip_addresses: z.array(text(64)).nullish().describe("IPv4 or IPv6 addresses."),
    hostname: text(253).nullish(),
    manufacturer: text(256).nullish(),
    model: text(256).nullish(),
    firmware_version: text(128).nullish(),
    serial_number: text(128).nullish(),
    parent_device_id: deviceIdSchema.nullish().describe("A door's controller, a camera's recorder."),
    zone: text(256).nullish().describe("Where in the site the device is."),
    site: z
      .looseObject({
        name: text(512).nullish(),
        address: addressSchema.nullish(),
        coordinates: coordinatesSchema.nullish(),
        timezone: timezoneSchema.nullish(),
      })
      .nullish()
      .describe("The site's metadata, for a vendor that prefers to repeat it here."),
    lifecycle: lifecycleSchema.nullish().describe("Absent means active."),
    removed_at: timestampSchema
      .nullish()
      .describe("When the device was removed; with lifecycle removed only."),
    warranty_expires_on: day.nullish(),
    end_of_support_on: day.nullish(),
    updated_at: timestampSchema
      .nullish()
      .describe("When this record was last written; not when the status was seen."),
    attributes: z.record(z.string(), z.unknown()).nullish().describe("The vendor's own fields."),
  })
  .meta({ id: "Device", description: "A device with its latest known status." });
export type Device = z.infer<typeof deviceSchema>;
