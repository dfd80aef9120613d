import type { Evidence } from "./evidence.ts";
import { type JsonObject, listOf, objectOf, textOf } from "./read.ts";
import { collectTraffic } from "./traffic.ts";

/** The org and site of a device. */
export interface Place {
  readonly org_id: string | null;
  readonly site_id: string | null;
}

/**
 * Returns every place that each device had in any response of the run, by device id. Devices are added, moved
 * and removed during a run, and an event is right if it was right at any time.
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
  for (const exchange of collectTraffic({ parts: evidence, missing: {} }).exchanges) {
    const body = objectOf(exchange);
    if (body === null) continue;
    add(body);
    for (const item of listOf(body, "data")) add(item);
  }
  return places;
}
