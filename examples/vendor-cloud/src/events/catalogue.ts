import {
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
import { FAMILY_EVENTS } from "./family-events.ts";

/** Types that report nothing by themselves: their status is polled by this cloud and stands in inventory only. */
const SILENT_TYPES: readonly CampusDeviceType[] = ["speaker", "power"];
const ALL_TYPES = Object.keys(PRODUCTS) as CampusDeviceType[];
const REPORTING_TYPES = ALL_TYPES.filter((type) => !SILENT_TYPES.includes(type));

/** What the manifest says of each device type. */
export const DECLARED_DEVICE_TYPES: Manifest["device_types"] = ALL_TYPES.map((type) => ({
  type,
  status_from: SILENT_TYPES.includes(type) ? ["inventory"] : ["inventory", "events"],
}));

/** What people do to devices; of every type, since this cloud is told of it by the people and not by the device. */
const INVENTORY_EVENTS = {
  [DEVICE_ADDED]: { deviceTypes: ALL_TYPES, description: "A device was put up." },
  [DEVICE_UPDATED]: { deviceTypes: ALL_TYPES, description: "A device is elsewhere, or hangs on another." },
  [DEVICE_REMOVED]: { deviceTypes: ALL_TYPES, description: "A device was taken down." },
};

/** What is posted is kept for those who missed it; a ping is for one endpoint alone. */
const DELIVERY: EventCatalogEntry["delivery"] = ["webhook", "backfill"];

/** Every event type this cloud publishes. @see spec/1.0/contract.md#event-catalogue */
export const EVENT_CATALOGUE: readonly EventCatalogEntry[] = [
  {
    type: DEVICE_STATUS_CHANGED,
    family: "health",
    version: "1",
    description: "A device's status is now another one.",
    device_types: REPORTING_TYPES,
    delivery: DELIVERY,
  },
  {
    type: DEVICE_HEARTBEAT,
    family: "health",
    version: "1",
    description: "A device was heard from. Sent on a sandbox command only; poll `last_seen_at` for the rest.",
    device_types: REPORTING_TYPES,
    delivery: DELIVERY,
  },
  {
    type: WEBHOOK_PING,
    family: "webhook",
    version: "1",
    description: "A test of a webhook endpoint, sent when asked for.",
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

/** Whether a device of this type publishes events of that type. */
export function publishes(deviceType: string, eventType: string): boolean {
  return EVENT_CATALOGUE.some(
    ({ type, device_types }) => type === eventType && device_types.includes(deviceType),
  );
}
