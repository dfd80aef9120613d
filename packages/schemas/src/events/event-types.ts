import type { z } from "zod";
import { type Event, eventSchema } from "../event.ts";
import type { EventFamilyDescriptor, EventTypeDescriptor } from "./event-family.ts";
import { type EventFamily, eventFamilies, type FamilyTypes } from "./families.ts";

type KeysOfEach<Types> = Types extends unknown ? keyof Types & string : never;
type SchemaIn<Types, Type> = Types extends {
  readonly [Key in Type & string]: { readonly schema: infer Schema };
}
  ? Schema
  : never;

/** The name of an event type that this contract defines. */
export type EventTypeName = KeysOfEach<FamilyTypes>;

/** The schema of each event type that this contract defines. @see spec/1.0/contract.md#event-families */
export const eventSchemas = Object.fromEntries(
  eventFamilies.flatMap(({ types }) => Object.entries(types).map(([type, { schema }]) => [type, schema])),
) as { readonly [Type in EventTypeName]: SchemaIn<FamilyTypes, Type> };

/** An event of a type that this contract defines: a union discriminated by `type`. */
export type ContractEvent = z.infer<(typeof eventSchemas)[EventTypeName]>;

/** Checks whether this contract defines an event type. */
export function isEventTypeName(type: string): type is EventTypeName {
  return Object.hasOwn(eventSchemas, type);
}

/**
 * Returns the schema to validate an event with.
 *
 * @param type the event's `type`
 * @returns the schema of that type, or the generic event schema if this contract does not define the type
 * @see spec/1.0/contract.md#open-vocabularies
 */
export function eventSchemaOf(type: string): z.ZodType<Event> {
  return isEventTypeName(type) ? eventSchemas[type] : eventSchema;
}

/** The names of all event families. @see spec/1.0/contract.md#event-families */
export const EVENT_FAMILIES: readonly EventFamily[] = eventFamilies.map(({ name }) => name);

/** One event type that this contract defines. */
export interface EventType
  extends EventTypeDescriptor,
    Pick<EventFamilyDescriptor, "subject" | "deviceTypes"> {
  readonly type: EventTypeName;
  readonly family: EventFamily;
  /** Major version, such as `1`. */
  readonly version: string;
  readonly description: string;
}

/** Every event type that this contract defines. @see spec/1.0/contract.md#event-catalogue */
export const EVENT_TYPES: readonly EventType[] = eventFamilies.flatMap(
  ({ name, subject, deviceTypes, types }: EventFamilyDescriptor) =>
    Object.entries(types).map(([type, { schema, sample }]) => ({
      type: type as EventTypeName,
      family: name as EventFamily,
      version: type.slice(type.lastIndexOf(".v") + 2),
      description: schema.description ?? "",
      subject,
      deviceTypes,
      schema,
      sample,
    })),
);

/**
 * Looks up an event type that this contract defines.
 *
 * @returns `undefined` if the contract does not define the type, for example because it is a vendor's own
 */
export function contractEventType(type: string): EventType | undefined {
  return EVENT_TYPES.find((known) => known.type === type);
}
