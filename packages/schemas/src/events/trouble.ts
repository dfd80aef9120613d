import type { z } from "zod";
import { eventDataSchema, eventOf } from "../event.ts";
import { opaqueId } from "../ids.ts";
import { aboutDevice, descriptionSchema, severitySchema, vendorTypeSchema, word } from "./members.ts";

export const TROUBLE_RAISED = "com.convergint.trouble.raised.v1";
export const TROUBLE_CLEARED = "com.convergint.trouble.cleared.v1";

const troubleDataSchema = eventDataSchema.extend({
  trouble_id: opaqueId().meta({
    description: "Names this trouble, the same when it is raised and when it is cleared.",
    examples: ["trouble_1207"],
    "x-requirement": "EVT-016",
  }),
  trouble_type: word("What is wrong with the equipment.", [
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
  device_id: aboutDevice("The device that has it, where there is one.").nullish(),
  description: descriptionSchema
    .nullish()
    .meta({ description: "What is wrong, for people.", examples: ["Mains power lost"] }),
  vendor_type: vendorTypeSchema.nullish(),
});

/** A fault of the equipment has begun. @see spec/1.0/contract.md#trouble-events */
export const troubleRaisedEventSchema = eventOf(
  TROUBLE_RAISED,
  troubleDataSchema.meta({ id: "TroubleRaisedData", description: "A fault of the equipment." }),
).meta({
  id: "TroubleRaisedEvent",
  description: "The equipment has a fault.",
  "x-requirement": "EVT-002",
});
export type TroubleRaisedEvent = z.infer<typeof troubleRaisedEventSchema>;

/** A fault of the equipment is over. @see spec/1.0/contract.md#trouble-events */
export const troubleClearedEventSchema = eventOf(
  TROUBLE_CLEARED,
  troubleDataSchema.meta({
    id: "TroubleClearedData",
    description: "A fault of the equipment that is over.",
  }),
).meta({
  id: "TroubleClearedEvent",
  description: "A fault of the equipment is over.",
  "x-requirement": "EVT-002",
});
export type TroubleClearedEvent = z.infer<typeof troubleClearedEventSchema>;
