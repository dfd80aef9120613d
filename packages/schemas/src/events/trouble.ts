import type { z } from "zod";
import { eventDataSchema, eventOf } from "../event.ts";
import { opaqueId } from "../ids.ts";
import {
  aboutDevice,
  descriptionSchema,
  type EventFamilyDescriptor,
  openValue,
  SAMPLE_IDS,
  severitySchema,
  vendorTypeSchema,
} from "./event-family.ts";

export const TROUBLE_RAISED = "com.convergint.trouble.raised.v1";
export const TROUBLE_CLEARED = "com.convergint.trouble.cleared.v1";

const troubleDataSchema = eventDataSchema.extend({
  trouble_id: opaqueId().meta({
    description: "Id of this trouble, the same when it is raised and when it is cleared.",
    examples: ["trouble_1207"],
    "x-requirement": "EVT-016",
  }),
  trouble_type: openValue("Kind of equipment fault.", [
    "power_loss",
    "battery_low",
    "communication",
    "tamper",
    "ground_fault",
    "sensor_fault",
    "storage",
    "other",
  ]),
  severity: severitySchema.nullish(),
  device_id: aboutDevice("The device with the fault, if there is one.").nullish(),
  description: descriptionSchema
    .nullish()
    .meta({ description: "Human-readable description.", examples: ["Mains power lost"] }),
  vendor_type: vendorTypeSchema.nullish(),
});

/** An equipment fault began. @see spec/1.0/contract.md#trouble-events */
export const troubleRaisedEventSchema = eventOf(
  TROUBLE_RAISED,
  troubleDataSchema.meta({ id: "TroubleRaisedData", description: "An equipment fault." }),
).meta({
  id: "TroubleRaisedEvent",
  description: "The equipment has a fault.",
  "x-requirement": "EVT-002",
});
export type TroubleRaisedEvent = z.infer<typeof troubleRaisedEventSchema>;

/** An equipment fault ended. @see spec/1.0/contract.md#trouble-events */
export const troubleClearedEventSchema = eventOf(
  TROUBLE_CLEARED,
  troubleDataSchema.meta({
    id: "TroubleClearedData",
    description: "An equipment fault that ended.",
  }),
).meta({
  id: "TroubleClearedEvent",
  description: "A fault of the equipment was cleared.",
  "x-requirement": "EVT-002",
});
export type TroubleClearedEvent = z.infer<typeof troubleClearedEventSchema>;

const SAMPLE = { trouble_id: "trouble_1207", trouble_type: "battery_low" };
const DETAILS = {
  severity: "low",
  device_id: SAMPLE_IDS.sensor,
  description: "Battery at 12 percent",
  vendor_type: "BATT",
};

export const troubleFamily = {
  name: "trouble",
  requirement: "EVT-016",
  subject: "device",
  deviceTypes: ["alarm_panel", "access_controller", "sensor"],
  types: {
    [TROUBLE_RAISED]: { schema: troubleRaisedEventSchema, sample: { required: SAMPLE, optional: DETAILS } },
    [TROUBLE_CLEARED]: { schema: troubleClearedEventSchema, sample: { required: SAMPLE, optional: DETAILS } },
  },
  sequences: [[{ type: TROUBLE_RAISED }, { type: TROUBLE_CLEARED }]],
  pairedBy: "trouble_id",
} as const satisfies EventFamilyDescriptor;
