import type { EventFamilyDescriptor, EventTypeDescriptor } from "./event-family.ts";
import type { EventTypeName } from "./event-schemas.ts";
import { type EventFamily, eventFamilies } from "./families.ts";

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
