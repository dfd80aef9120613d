import { randomUUID } from "node:crypto";
import { contractEventType, type EventFamilyDescriptor, eventFamilies } from "@convergint/schemas";
import type { CampusDevice } from "../estate/initial-status.ts";
import { type CampusDeviceType, PRODUCTS } from "../estate/products.ts";

/** An event that a device publishes in addition to status events. */
interface FamilyEvent {
  readonly deviceTypes: readonly CampusDeviceType[];
  readonly description: string;
}

const isCampusType = (type: string): type is CampusDeviceType => Object.hasOwn(PRODUCTS, type);

const OPTIONAL_FAMILIES: readonly EventFamilyDescriptor[] = eventFamilies.filter(
  ({ sequences }) => sequences.length > 0,
);

/** Every event of the optional families that this cloud publishes. @see spec/1.0/contract.md#event-families */
export const FAMILY_EVENTS: Readonly<Record<string, FamilyEvent>> = Object.fromEntries(
  OPTIONAL_FAMILIES.flatMap(({ types, deviceTypes }) =>
    Object.entries(types).map(([type, { schema }]) => [
      type,
      { deviceTypes: deviceTypes.filter(isCampusType), description: schema.description ?? "" },
    ]),
  ),
);

/**
 * For each event type of a paired sequence: the pairing member, and whether the type ends what the first type
 * began.
 */
const PAIRED = new Map(
  OPTIONAL_FAMILIES.flatMap(({ name, sequences, pairedBy }) =>
    sequences.flatMap((sequence) =>
      pairedBy === null
        ? []
        : sequence.map(
            ({ type }, index) =>
              [type, { kind: name, member: pairedBy, ends: index === sequence.length - 1 }] as const,
          ),
    ),
  ),
);

type Members = Readonly<Record<string, unknown>>;

/**
 * Creates the data of family events. Remembers open alarms and troubles, so that a later event can end the
 * alarm or trouble that an earlier event began.
 */
export class FamilyEventData {
  /** The open alarm or trouble, by device id and kind. */
  readonly #open = new Map<string, string>();

  /** @param given members that override the defaults */
  describe(device: CampusDevice, type: string, given: Members): Members {
    return { ...this.#known(device, type, given), ...given };
  }

  #known(device: CampusDevice, type: string, given: Members): Members {
    const { connector_id, device_id: _, ...required } = contractEventType(type)?.sample.required ?? {};
    // The id of a connector is its device id, so this class does not have to remember the id.
    if (connector_id !== undefined)
      return { ...required, connector_id: device.device_id, affected_site_ids: [device.site_id] };
    const pair = PAIRED.get(type);
    if (pair === undefined) return required;
    const { kind, member, ends } = pair;
    return {
      ...required,
      [member]: ends ? this.#end(device, kind) : this.#begin(device, kind, given[member]),
    };
  }

  #begin({ device_id }: CampusDevice, kind: string, given: unknown): string {
    const id = typeof given === "string" ? given : `${kind}_${randomUUID()}`;
    this.#open.set(`${device_id} ${kind}`, id);
    return id;
  }

  /**
   * Returns the id of the open alarm or trouble. If there is none, it began before this cloud started, and
   * gets a new id.
   */
  #end({ device_id }: CampusDevice, kind: string): string {
    const key = `${device_id} ${kind}`;
    const id = this.#open.get(key) ?? `${kind}_${randomUUID()}`;
    this.#open.delete(key);
    return id;
  }
}
