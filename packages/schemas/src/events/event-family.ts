import type { z } from "zod";
import type { Event } from "../event.ts";
import { deviceIdSchema } from "../ids.ts";
import { text } from "../text.ts";
import type { DeviceType } from "../values.ts";

type Members = Readonly<Record<string, unknown>>;

/** One event type of a family. */
export interface EventTypeDescriptor {
  /** Schema of the whole event. The schema's description is also the description in the event catalogue. */
  readonly schema: z.ZodType<Event>;
  /**
   * Example members of `data`, apart from `org_id` and `site_id`:
   * all required members, and some optional ones.
   */
  readonly sample: { readonly required: Members; readonly optional: Members };
}

/**
 * One step of a sequence: an event, and the optional members of `data` that the conformance suite requests.
 */
export interface EventStep {
  readonly type: string;
  readonly data?: Members;
}

/**
 * Everything that the contract says about one event family. The catalogue, the profiles, the
 * test vectors, the OpenAPI examples, the conformance suite's scenarios and checks, and the
 * example vendor are derived from this descriptor.
 */
export interface EventFamilyDescriptor {
  readonly name: string;
  /** The requirement to post the family's events; `null` if the family has no profile `events:<name>`. */
  readonly requirement: string | null;
  /** What the events concern: a device (which an alarm or a trouble may lack), or something else of the org. */
  readonly subject: "device" | "org";
  /** The device types that usually have such events; empty for events that do not depend on the type. */
  readonly deviceTypes: readonly DeviceType[];
  readonly types: Readonly<Record<string, EventTypeDescriptor>>;
  /**
   * Sequences of events that follow each other at one device. If events have opposites,
   * the last event of a sequence undoes the first.
   */
  readonly sequences: readonly (readonly EventStep[])[];
  /** The member of `data` whose value is the same in all events of a sequence, such as `alarm_id`. */
  readonly pairedBy: string | null;
}

/** Ids in the samples; all samples describe the same site. */
export const SAMPLE_IDS = {
  site: "5d1f2c3a-8c1b-4d52-9b1e-2f6b0f5c7a10",
  camera: "c0a8f6d2-1b7e-4a55-8a52-3f0c3e9d4b77",
  recorder: "2d8a1f60-7b4c-4c39-8e15-a09b6c7d5e42",
  door: "e41c6a5b-90d7-4c2e-b0a8-2f7d5c3b1a90",
  reader: "4b7e9d12-6c3f-4a81-9e05-d8c7b6a59483",
  sensor: "7a3f90c2-2f4b-4a8e-9b57-61f0c4d8e210",
  gateway: "1f0d7c6b-5a49-4e38-8d27-c6b5a4938271",
} as const;

/** The device that an event concerns. */
export const aboutDevice = (description: string) =>
  deviceIdSchema.meta({ description, "x-requirement": "EVT-003" });

/** A value of an open vocabulary. */
export const openValue = (description: string, known: readonly string[]) =>
  text(1, 64).meta({ description: `${description} Known: ${known.join(", ")}.`, examples: [known[0]] });

/** The severity of an alarm or a trouble. */
export const severitySchema = openValue("Severity.", ["critical", "high", "medium", "low", "info"]);

/** Human-readable text. */
export const descriptionSchema = text(0, 2048).meta({
  description: "Human-readable description.",
  examples: ["Motion while armed"],
});

/** The vendor's own term for the alarm or trouble type. */
export const vendorTypeSchema = text(0, 256).meta({
  description: "The vendor's own term for the type.",
  examples: ["BURG-ALM-04"],
});

/** The reason for an event, in the vendor's own terms. */
export const reasonSchema = (example: string) =>
  text(0, 256).meta({ description: "The reason, as a short code.", examples: [example] });
