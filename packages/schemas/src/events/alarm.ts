import type { z } from "zod";
import { eventDataSchema, eventOf } from "../event.ts";
import { eventIdSchema, opaqueId } from "../ids.ts";
import { text } from "../text.ts";
import { aboutDevice, descriptionSchema, severitySchema, vendorTypeSchema, word } from "./members.ts";

export const ALARM_RAISED = "com.convergint.alarm.raised.v1";
export const ALARM_CLEARED = "com.convergint.alarm.cleared.v1";

const alarmDataSchema = eventDataSchema.extend({
  alarm_id: opaqueId().meta({
    description: "Names this alarm, the same when it is raised and when it is cleared.",
    examples: ["alarm_88213"],
    "x-requirement": "EVT-015",
  }),
  alarm_type: word("What people are called for.", [
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
  device_id: aboutDevice("The device that raised it, where there is one.").nullish(),
  zone: text(0, 256)
    .nullish()
    .meta({ description: "Where in the site it happened.", examples: ["Zone 4, laboratory"] }),
  description: descriptionSchema.nullish(),
  vendor_type: vendorTypeSchema.nullish(),
});

/** Something that people are called for has begun. @see spec/1.0/contract.md#alarm-events */
export const alarmRaisedEventSchema = eventOf(
  ALARM_RAISED,
  alarmDataSchema.meta({ id: "AlarmRaisedData", description: "An alarm." }),
).meta({ id: "AlarmRaisedEvent", description: "An alarm was raised.", "x-requirement": "EVT-002" });
export type AlarmRaisedEvent = z.infer<typeof alarmRaisedEventSchema>;

/** Something that people were called for is over. @see spec/1.0/contract.md#alarm-events */
export const alarmClearedEventSchema = eventOf(
  ALARM_CLEARED,
  alarmDataSchema
    .extend({
      raised_event_id: eventIdSchema
        .nullish()
        .meta({ description: "Id of the event that raised it, where known." }),
    })
    .meta({ id: "AlarmClearedData", description: "An alarm that is over." }),
).meta({ id: "AlarmClearedEvent", description: "An alarm was cleared.", "x-requirement": "EVT-002" });
export type AlarmClearedEvent = z.infer<typeof alarmClearedEventSchema>;
