import { z } from "zod";
import { eventDataSchema, eventOf } from "../event.ts";
import { aboutDevice, type EventFamilyDescriptor, openValue, SAMPLE_IDS } from "./event-family.ts";

export const DOOR_FORCED_OPEN = "com.convergint.door.forced_open.v1";
export const DOOR_HELD_OPEN = "com.convergint.door.held_open.v1";
export const DOOR_SECURED = "com.convergint.door.secured.v1";

const doorDataSchema = eventDataSchema.extend({ device_id: aboutDevice("The door.") });

/** A door was forced open. @see spec/1.0/contract.md#door-events */
export const doorForcedOpenEventSchema = eventOf(
  DOOR_FORCED_OPEN,
  doorDataSchema.meta({ id: "DoorForcedOpenData", description: "A door that was forced open." }),
).meta({ id: "DoorForcedOpenEvent", description: "A door was forced open.", "x-requirement": "EVT-002" });
export type DoorForcedOpenEvent = z.infer<typeof doorForcedOpenEventSchema>;

/** A door was held open for too long. @see spec/1.0/contract.md#door-events */
export const doorHeldOpenEventSchema = eventOf(
  DOOR_HELD_OPEN,
  doorDataSchema
    .extend({
      held_for_seconds: z
        .number()
        .min(0)
        .nullish()
        .meta({ description: "How long the door has been open, in seconds.", examples: [60] }),
    })
    .meta({ id: "DoorHeldOpenData", description: "A door that is held open." }),
).meta({ id: "DoorHeldOpenEvent", description: "A door is held open.", "x-requirement": "EVT-002" });
export type DoorHeldOpenEvent = z.infer<typeof doorHeldOpenEventSchema>;

/** A door is closed and locked again. @see spec/1.0/contract.md#door-events */
export const doorSecuredEventSchema = eventOf(
  DOOR_SECURED,
  doorDataSchema
    .extend({
      previous_state: openValue("The previous state of the door.", ["forced_open", "held_open"]).nullish(),
    })
    .meta({ id: "DoorSecuredData", description: "A door that is closed and locked again." }),
).meta({
  id: "DoorSecuredEvent",
  description: "A door is closed and locked again.",
  "x-requirement": "EVT-002",
});
export type DoorSecuredEvent = z.infer<typeof doorSecuredEventSchema>;

const DOOR = { device_id: SAMPLE_IDS.door };

export const doorFamily = {
  name: "door",
  requirement: "EVT-019",
  subject: "device",
  deviceTypes: ["door"],
  types: {
    [DOOR_FORCED_OPEN]: { schema: doorForcedOpenEventSchema, sample: { required: DOOR, optional: {} } },
    [DOOR_HELD_OPEN]: {
      schema: doorHeldOpenEventSchema,
      sample: { required: DOOR, optional: { held_for_seconds: 60 } },
    },
    [DOOR_SECURED]: {
      schema: doorSecuredEventSchema,
      sample: { required: DOOR, optional: { previous_state: "held_open" } },
    },
  },
  sequences: [
    [{ type: DOOR_FORCED_OPEN }, { type: DOOR_SECURED }],
    [{ type: DOOR_HELD_OPEN, data: { held_for_seconds: 60 } }, { type: DOOR_SECURED }],
  ],
  pairedBy: null,
} as const satisfies EventFamilyDescriptor;
