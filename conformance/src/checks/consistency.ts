import { DEVICE_STATUS_CHANGED } from "@convergint/schemas";
import type { Evidence } from "../evidence/evidence.ts";
import { eventsOf, isObject, itemsOf, memberOf, textOf } from "../evidence/read.ts";
import { orderOf } from "./event-order.ts";

/** What events and the inventory say of one device, when everything that was done to it is over. */
interface Agreement {
  readonly at: string;
  readonly deviceId: string;
  /** By the last of its events, in the order that the contract gives them. */
  readonly told: string;
  /** By the inventory; `null` where that has no status. */
  readonly listed: string | null;
}

/** Folds the events of many changes over each other, and holds what comes out against the inventory after them. */
export function agreementsAfter({
  healthy,
  listingAfter,
}: Pick<Evidence["outage"], "healthy" | "listingAfter">): Agreement[] {
  const last = new Map<string, { at: string; order: string; status: string }>();
  for (const delivery of healthy.deliveries) {
    for (const event of eventsOf(delivery)) {
      const data = memberOf(event, "data");
      const [deviceId, status, order] = [textOf(data, "device_id"), textOf(data, "status"), orderOf(event)];
      if (event["type"] !== DEVICE_STATUS_CHANGED || deviceId === null || status === null || order === null)
        continue;
      if (order >= (last.get(deviceId)?.order ?? "")) last.set(deviceId, { at: delivery.id, order, status });
    }
  }
  return itemsOf(listingAfter).flatMap(({ value }) => {
    const device = isObject(value) ? value : null;
    const deviceId = textOf(device, "device_id");
    const told = deviceId === null ? undefined : last.get(deviceId);
    return told && deviceId !== null
      ? [{ at: told.at, deviceId, told: told.status, listed: textOf(device, "status") }]
      : [];
  });
}
