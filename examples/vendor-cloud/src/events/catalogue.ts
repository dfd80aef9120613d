import {
  CONNECTOR_DISCONNECTED,
  CONNECTOR_RECONNECTED,
  contractEventType,
  DEVICE_ADDED,
  DEVICE_HEARTBEAT,
  DEVICE_REMOVED,
  DEVICE_STATUS_CHANGED,
  DEVICE_UPDATED,
  type EventCatalogEntry,
  type Manifest,
  WEBHOOK_PING,
} from "@convergint/schemas";
import { type CampusDeviceType, PRODUCTS } from "../estate/products.ts";
import { PLAIN, type Variation } from "../variation/variation.ts";
import { FAMILY_EVENTS } from "./family-events.ts";

/** Types without events. The cloud polls their status and shows it in the inventory only. */
const SILENT_TYPES: readonly CampusDeviceType[] = ["speaker", "power"];
const ALL_TYPES = Object.keys(PRODUCTS) as CampusDeviceType[];
const REPORTING_TYPES = ALL_TYPES.filter((type) => !SILENT_TYPES.includes(type));

/** Types through which the cloud hears from other devices. */
const CONNECTOR_TYPES: readonly CampusDeviceType[] = ["recorder", "access_controller", "alarm_panel"];

/** Returns the device types as the manifest declares them. */
export const declareDeviceTypes = ({
  notConnectors,
}: Pick<Variation, "notConnectors">): Manifest["device_types"] =>
  ALL_TYPES.map((type) => ({
    type,
    status_from: SILENT_TYPES.includes(type) ? ["inventory"] : ["inventory", "events"],
    ...(CONNECTOR_TYPES.includes(type) && !notConnectors.includes(type) && { connector: true }),
  }));

/** Changes made by people, which apply to devices of every type. */
const INVENTORY_EVENTS = {
  [DEVICE_ADDED]: { deviceTypes: ALL_TYPES, description: "A device was added." },
  [DEVICE_UPDATED]: { deviceTypes: ALL_TYPES, description: "A device was moved or has another parent." },
  [DEVICE_REMOVED]: { deviceTypes: ALL_TYPES, description: "A device was removed." },
};

/** Posted events are kept for backfill, except pings, which are for one endpoint only. */
const DELIVERY: EventCatalogEntry["delivery"] = ["webhook", "backfill"];

/** Every event type this cloud publishes. @see spec/1.0/contract.md#event-catalogue */
export const EVENT_CATALOGUE: readonly EventCatalogEntry[] = [
  {
    type: DEVICE_STATUS_CHANGED,
    family: "health",
    version: "1",
    description: "A device's status changed.",
    device_types: REPORTING_TYPES,
    delivery: DELIVERY,
  },
  {
    type: DEVICE_HEARTBEAT,
    family: "health",
    version: "1",
    description:
      "A device sent a heartbeat. In this cloud, only a sandbox command publishes this event. To see real heartbeats, poll `last_seen_at`.",
    device_types: REPORTING_TYPES,
    delivery: DELIVERY,
  },
  {
    type: WEBHOOK_PING,
    family: "webhook",
    version: "1",
    description: "A test of a webhook endpoint, sent on request.",
    device_types: [],
    delivery: ["webhook"],
  },
  ...Object.entries({ ...INVENTORY_EVENTS, ...FAMILY_EVENTS }).map(
    ([type, { deviceTypes, description }]): EventCatalogEntry => ({
      type,
      family: contractEventType(type)?.family ?? "",
      version: "1",
      description,
      device_types: [...deviceTypes],
      delivery: DELIVERY,
    }),
  ),
];

const CONNECTOR_EVENTS: readonly string[] = [CONNECTOR_DISCONNECTED, CONNECTOR_RECONNECTED];

const DELIVERY_PARTS = { webhook: "webhooks", backfill: "backfill" } as const;

/**
 * Returns the catalogue of a variation: devices that are not connectors publish no connector events.
 *
 * @param without the parts that this cloud does not have; an event that is not delivered in any way is not listed
 */
export const catalogueOf = (
  { notConnectors }: Pick<Variation, "notConnectors">,
  without: readonly string[] = [],
): readonly EventCatalogEntry[] =>
  EVENT_CATALOGUE.map((entry) => ({
    ...entry,
    delivery: entry.delivery.filter((way) => !without.includes(DELIVERY_PARTS[way])),
    ...(CONNECTOR_EVENTS.includes(entry.type) && {
      device_types: entry.device_types.filter((type) => !notConnectors.includes(type)),
    }),
  })).filter(({ delivery }) => delivery.length > 0);

/** Whether a device of this type publishes events of that type. */
export function publishes(
  deviceType: string,
  eventType: string,
  variation: Pick<Variation, "notConnectors"> = PLAIN,
): boolean {
  return catalogueOf(variation).some(
    ({ type, device_types }) => type === eventType && device_types.includes(deviceType),
  );
}
