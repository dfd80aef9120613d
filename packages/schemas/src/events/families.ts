import { accessFamily } from "./access.ts";
import { alarmFamily } from "./alarm.ts";
import { connectorFamily } from "./connector.ts";
import { doorFamily } from "./door.ts";
import type { EventFamilyDescriptor } from "./event-family.ts";
import { healthFamily } from "./health.ts";
import { inventoryFamily } from "./inventory.ts";
import { storageFamily } from "./storage.ts";
import { troubleFamily } from "./trouble.ts";
import { videoFamily } from "./video.ts";
import { webhookFamily } from "./webhook.ts";

/** Every event family of the contract, in the contract's order. @see spec/1.0/contract.md#event-families */
export const eventFamilies = [
  healthFamily,
  inventoryFamily,
  alarmFamily,
  troubleFamily,
  accessFamily,
  doorFamily,
  videoFamily,
  storageFamily,
  connectorFamily,
  webhookFamily,
] as const satisfies readonly EventFamilyDescriptor[];

type Family = (typeof eventFamilies)[number];

/** A group of event types that a vendor claims together. */
export type EventFamily = Family["name"];

/** A family with its own profile, `events:<name>`. @see spec/1.0/contract.md#profiles */
export type OptionalEventFamily = Extract<Family, { readonly requirement: string }>["name"];

/** The event types of each family with their schemas, as one type per family. */
export type FamilyTypes = Family["types"];
