import { z } from "zod";
import { eventDataSchema, eventOf } from "../event.ts";
import { deviceIdSchema, opaqueId } from "../ids.ts";
import { text } from "../text.ts";
import { aboutDevice, type EventFamilyDescriptor, openValue, SAMPLE_IDS } from "./event-family.ts";

export const ACCESS_GRANTED = "com.convergint.access.granted.v1";
export const ACCESS_DENIED = "com.convergint.access.denied.v1";

const personSchema = z
  .looseObject({
    person_id: opaqueId().meta({
      description: "The vendor's opaque id of the person; never a name or a card number.",
      examples: ["per_20931"],
    }),
    name: text(0, 512)
      .nullish()
      .meta({
        description: "The person's name. Personal data: a consumer may drop this member on receipt.",
        examples: ["A. Example"],
        "x-personal-data": true,
      }),
  })
  .meta({ id: "AccessPerson", description: "The person who requested access.", "x-requirement": "EVT-018" });

const credentialSchema = z
  .looseObject({
    credential_id: opaqueId().meta({
      description: "The vendor's opaque id of the credential; never a card number or a PIN.",
      examples: ["cred_5581"],
    }),
    kind: openValue("Kind of credential.", [
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
        description: "Display name. Personal data: a consumer may drop this member on receipt.",
        examples: ["Blue card of A. Example"],
        "x-personal-data": true,
      }),
  })
  .meta({
    id: "AccessCredential",
    description: "The credential used to request access.",
    "x-requirement": "EVT-018",
  });

const accessDataSchema = eventDataSchema.extend({
  device_id: aboutDevice("The door; if there is no door, the reader or the lock."),
  reader_device_id: deviceIdSchema.nullish().meta({ description: "The reader, if known." }),
  person: personSchema.nullish().meta({ description: "The person who requested access, if known." }),
  credential: credentialSchema
    .nullish()
    .meta({ description: "The credential used to request access, if known." }),
  direction: openValue("Direction.", ["entry", "exit"]).nullish(),
});

/** Access was granted. @see spec/1.0/contract.md#access-events */
export const accessGrantedEventSchema = eventOf(
  ACCESS_GRANTED,
  accessDataSchema.meta({ id: "AccessGrantedData", description: "A granted access." }),
).meta({ id: "AccessGrantedEvent", description: "Access was granted.", "x-requirement": "EVT-002" });
export type AccessGrantedEvent = z.infer<typeof accessGrantedEventSchema>;

/** Access was denied. @see spec/1.0/contract.md#access-events */
export const accessDeniedEventSchema = eventOf(
  ACCESS_DENIED,
  accessDataSchema
    .extend({
      reason: openValue("Why access was denied.", [
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
        .meta({ description: "The vendor's own term for the reason.", examples: ["APB violation"] }),
    })
    .meta({ id: "AccessDeniedData", description: "A denied access." }),
).meta({ id: "AccessDeniedEvent", description: "Access was denied.", "x-requirement": "EVT-002" });
export type AccessDeniedEvent = z.infer<typeof accessDeniedEventSchema>;

const AT_DOOR = { device_id: SAMPLE_IDS.door };
const DETAILS = {
  reader_device_id: SAMPLE_IDS.reader,
  direction: "entry",
  person: { person_id: "per_20931" },
  credential: { credential_id: "cred_5581", kind: "card" },
};

export const accessFamily = {
  name: "access",
  requirement: "EVT-017",
  subject: "device",
  deviceTypes: ["door"],
  types: {
    [ACCESS_GRANTED]: { schema: accessGrantedEventSchema, sample: { required: AT_DOOR, optional: DETAILS } },
    [ACCESS_DENIED]: {
      schema: accessDeniedEventSchema,
      sample: {
        required: { ...AT_DOOR, reason: "no_permission" },
        optional: { ...DETAILS, vendor_reason: "APB violation" },
      },
    },
  },
  sequences: [
    [
      { type: ACCESS_GRANTED, data: { credential: DETAILS.credential } },
      { type: ACCESS_DENIED, data: { person: DETAILS.person } },
    ],
  ],
  pairedBy: null,
} as const satisfies EventFamilyDescriptor;
