import { DEVICE_ADDED, DEVICE_UPDATED } from "@convergint/schemas";
import type { Evidence, EvidenceRecord } from "./evidence.ts";
import type { Delivery, Exchange } from "./exchange.ts";
import { eventsOf, type JsonObject, listOf, memberOf, objectOf, textOf } from "./read.ts";

/** All exchanges and deliveries of a run, each once, in order of id. Every attempt at a call is an exchange. */
export interface Traffic {
  readonly exchanges: readonly Exchange[];
  readonly deliveries: readonly Delivery[];
}

/** Distinguishes an exchange from other objects of the evidence. */
export const isExchange = (value: object): value is Exchange => "purpose" in value && "request" in value;
/** Distinguishes a delivery from other objects of the evidence. */
export const isDelivery = (value: object): value is Delivery =>
  "receivedAt" in value && "bodyBase64" in value;

/** Compares the ids of evidence; sorts `x2` before `x10`. */
export const { compare: compareIds } = new Intl.Collator("en", { numeric: true });

/** Collects the exchanges and deliveries of the evidence, wherever scenarios recorded them. */
export function collectTraffic({ parts }: EvidenceRecord): Traffic {
  const exchanges = new Map<string, Exchange>();
  const deliveries = new Map<string, Delivery>();
  const look = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if (isExchange(value)) {
      exchanges.set(value.id, value);
      look(value.earlier);
    } else if (isDelivery(value)) deliveries.set(value.id, value);
    else for (const member of Object.values(value)) look(member);
  };
  look(parts);
  const inOrder = <Kept extends { readonly id: string }>(kept: Map<string, Kept>): Kept[] =>
    [...kept.values()].toSorted((one, other) => compareIds(one.id, other.id));
  return { exchanges: inOrder(exchanges), deliveries: inOrder(deliveries) };
}

/** The org and site of a device. */
export interface Place {
  readonly org_id: string | null;
  readonly site_id: string | null;
}

/**
 * Returns every place that each device had in any response of the run, by device id. Devices are added, moved
 * and removed during a run, and an event is right if its place was the device's place at any time.
 */
export function findPlaces(evidence: Partial<Evidence>): ReadonlyMap<string, readonly Place[]> {
  const places = new Map<string, Place[]>();
  const add = (device: JsonObject) => {
    const deviceId = textOf(device, "device_id");
    const [org_id, site_id] = [textOf(device, "org_id"), textOf(device, "site_id")];
    if (deviceId === null) return;
    const before = places.get(deviceId) ?? [];
    if (!before.some((place) => place.org_id === org_id && place.site_id === site_id))
      places.set(deviceId, [...before, { org_id, site_id }]);
  };
  const { exchanges, deliveries } = collectTraffic({ parts: evidence, missing: {} });
  // A device may move twice between two responses. No response then shows the place where it was meanwhile,
  // but the device's own events name that place.
  for (const event of deliveries.flatMap(eventsOf)) {
    const data = memberOf(event, "data");
    if (data !== null && (event["type"] === DEVICE_ADDED || event["type"] === DEVICE_UPDATED)) add(data);
  }
  for (const exchange of exchanges) {
    const body = objectOf(exchange);
    if (body === null) continue;
    add(body);
    for (const item of listOf(body, "data")) add(item);
  }
  return places;
}
