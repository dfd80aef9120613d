import type { z } from "zod";
import type { Event } from "../event.ts";
import { type EventTypeName, eventSchemas } from "./event-schemas.ts";
import { isDeviceEventType } from "./health.ts";

/** The groups of event types that a vendor claims together. @see spec/1.0/contract.md#event-families */
export const EVENT_FAMILIES = [
  "health",
  "inventory",
  "alarm",
  "trouble",
  "access",
  "door",
  "video",
  "storage",
  "connector",
  "webhook",
] as const;
export type EventFamily = (typeof EVENT_FAMILIES)[number];

/** One event type that this contract defines. */
export interface EventType {
  readonly type: EventTypeName;
  readonly family: EventFamily;
  /** Major version, such as `1`. */
  readonly version: string;
  readonly description: string;
  /** What it is about: a device (which an alarm or a trouble may lack), or something of the org's. */
  readonly subject: "device" | "org";
  readonly schema: z.ZodType<Event>;
}

function familyOf(type: EventTypeName): EventFamily {
  if (isDeviceEventType(type)) return "health";
  const name = type.split(".")[2];
  return EVENT_FAMILIES.find((family) => family === name) ?? "inventory";
}

function describeType(type: EventTypeName): EventType {
  const family = familyOf(type);
  const schema = eventSchemas[type];
  return {
    type,
    family,
    version: type.slice(type.lastIndexOf(".v") + 2),
    description: schema.description ?? "",
    subject: family === "connector" || family === "webhook" ? "org" : "device",
    schema,
  };
}

/** Every event type that this contract defines. @see spec/1.0/contract.md#event-catalogue */
export const EVENT_TYPES: readonly EventType[] = (Object.keys(eventSchemas) as EventTypeName[]).map(
  describeType,
);

/**
 * What this contract says of an event type.
 *
 * @returns `undefined` for one that it does not define, such as a vendor's own
 */
export function contractEventType(type: string): EventType | undefined {
  return EVENT_TYPES.find((known) => known.type === type);
}
