import type { z } from "zod";
import { eventDataSchema, eventOf } from "../event.ts";
import { eventIdSchema, opaqueId } from "../ids.ts";
import { text } from "../text.ts";
import {
  aboutDevice,
  descriptionSchema,
  type EventFamilyDescriptor,
  openValue,
  SAMPLE_IDS,
  severitySchema,
  vendorTypeSchema,
} from "./event-family.ts";

export const ALARM_RAISED = "com.convergint.alarm.raised.v1";
export const ALARM_CLEARED = "com.convergint.alarm.cleared.v1";

const alarmDataSchema = eventDataSchema.extend({
  alarm_id: opaqueId().meta({
    description: "Id of this alarm, the same when it is raised and when it is cleared.",
    examples: ["alarm_88213"],
    "x-requirement": "EVT-015",
  }),
  alarm_type: openValue("Kind of alarm.", [
    "intrusion",
    "fire",
    "panic",
    "duress",
    "medical",
    "environmental",
    "tamper",
    "other",
  ]),
  severity: severitySchema.nullish(),
  device_id: aboutDevice("The device that raised the alarm, if there is one.").nullish(),
  zone: text(0, 256)
    .nullish()
    .meta({ description: "Where on the site the alarm occurred.", examples: ["Zone 4, laboratory"] }),
  description: descriptionSchema.nullish(),
  vendor_type: vendorTypeSchema.nullish(),
});

/** An alarm was raised. @see spec/1.0/contract.md#alarm-events */
export const alarmRaisedEventSchema = eventOf(
  ALARM_RAISED,
  alarmDataSchema.meta({ id: "AlarmRaisedData", description: "An alarm." }),
).meta({ id: "AlarmRaisedEvent", description: "An alarm was raised.", "x-requirement": "EVT-002" });
export type AlarmRaisedEvent = z.infer<typeof alarmRaisedEventSchema>;

/** An alarm was cleared. @see spec/1.0/contract.md#alarm-events */
export const alarmClearedEventSchema = eventOf(
  ALARM_CLEARED,
  alarmDataSchema
    .extend({
      raised_event_id: eventIdSchema
        .nullish()
        .meta({ description: "Id of the event that raised the alarm, if known." }),
    })
    .meta({ id: "AlarmClearedData", description: "A cleared alarm." }),
).meta({ id: "AlarmClearedEvent", description: "An alarm was cleared.", "x-requirement": "EVT-002" });
export type AlarmClearedEvent = z.infer<typeof alarmClearedEventSchema>;

const SAMPLE = { alarm_id: "alarm_88213", alarm_type: "intrusion" };
const DETAILS = {
  severity: "high",
  device_id: SAMPLE_IDS.sensor,
  zone: "Zone 4, laboratory",
  description: "Motion while armed",
  vendor_type: "BURG-ALM-04",
};

export const alarmFamily = {
  name: "alarm",
  requirement: "EVT-015",
  subject: "device",
  deviceTypes: ["alarm_panel", "sensor"],
  types: {
    [ALARM_RAISED]: { schema: alarmRaisedEventSchema, sample: { required: SAMPLE, optional: DETAILS } },
    [ALARM_CLEARED]: {
      schema: alarmClearedEventSchema,
      sample: {
        required: SAMPLE,
        optional: { ...DETAILS, raised_event_id: "evt_01JD90F2H4K6N8Q0S2V4X6Z8B0" },
      },
    },
  },
  sequences: [[{ type: ALARM_RAISED }, { type: ALARM_CLEARED }]],
  pairedBy: "alarm_id",
} as const satisfies EventFamilyDescriptor;
