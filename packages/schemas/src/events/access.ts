import { z } from "zod";
import { eventDataSchema, eventOf } from "../event.ts";
import { deviceIdSchema, opaqueId } from "../ids.ts";
import { text } from "../text.ts";
import { aboutDevice, word } from "./members.ts";

export const ACCESS_GRANTED = "com.convergint.access.granted.v1";
export const ACCESS_DENIED = "com.convergint.access.denied.v1";

const personSchema = z
  .looseObject({
    person_id: opaqueId().meta({
      description: "The vendor's opaque id of the person; no name, no number of a card.",
      examples: ["per_20931"],
    }),
    name: text(0, 512)
      .nullish()
      .meta({
        description: "The person's name. Personal data: a consumer may drop it on receipt.",
        examples: ["A. Example"],
        "x-personal-data": true,
      }),
  })
  .meta({ id: "AccessPerson", description: "Who asked for access.", "x-requirement": "EVT-018" });

const credentialSchema = z
  .looseObject({
    credential_id: opaqueId().meta({
      description: "The vendor's opaque id of the credential; never a card's number or a PIN.",
      examples: ["cred_5581"],
    }),
    kind: word("What kind of credential it is.", [
      "card",
      "mobile",
      "pin",
      "biometric",
      "plate",
      "key_fob",
    ]).nullish(),
    label: text(0, 256)
      .nullish()
      .meta({
        description: "What people call it. Personal data: a consumer may drop it on receipt.",
        examples: ["Blue card of A. Example"],
        "x-personal-data": true,
      }),
  })
  .meta({ id: "AccessCredential", description: "What access was asked with.", "x-requirement": "EVT-018" });

const accessDataSchema = eventDataSchema.extend({
  device_id: aboutDevice("The door, or the reader or lock where there is no door."),
  reader_device_id: deviceIdSchema.nullish().meta({ description: "The reader, where known." }),
  person: personSchema.nullish().meta({ description: "Who asked for access, where known." }),
  credential: credentialSchema.nullish().meta({ description: "What access was asked with, where known." }),
  direction: word("Which way.", ["entry", "exit"]).nullish(),
});

/** Somebody was let through a door. @see spec/1.0/contract.md#access-events */
export const accessGrantedEventSchema = eventOf(
  ACCESS_GRANTED,
  accessDataSchema.meta({ id: "AccessGrantedData", description: "An access that was granted." }),
).meta({ id: "AccessGrantedEvent", description: "Access was granted.", "x-requirement": "EVT-002" });
export type AccessGrantedEvent = z.infer<typeof accessGrantedEventSchema>;

/** Somebody was not let through a door. @see spec/1.0/contract.md#access-events */
export const accessDeniedEventSchema = eventOf(
  ACCESS_DENIED,
  accessDataSchema
    .extend({
      reason: word("Why access was denied.", [
        "unknown_credential",
        "expired_credential",
        "disabled_credential",
        "no_permission",
        "outside_schedule",
        "anti_passback",
        "lockdown",
        "wrong_pin",
        "other",
      ]).meta({ "x-requirement": "EVT-017" }),
      vendor_reason: text(0, 256)
        .nullish()
        .meta({ description: "The vendor's own word for the reason.", examples: ["APB violation"] }),
    })
    .meta({ id: "AccessDeniedData", description: "An access that was denied." }),
).meta({ id: "AccessDeniedEvent", description: "Access was denied.", "x-requirement": "EVT-002" });
export type AccessDeniedEvent = z.infer<typeof accessDeniedEventSchema>;
