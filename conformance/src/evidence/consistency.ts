import { DEVICE_STATUS_CHANGED } from "@convergint/schemas";
import { orderOf } from "./event-order.ts";
import type { Evidence } from "./evidence.ts";
import type { Delivery, Listing } from "./exchange.ts";
import { tellsOf } from "./match.ts";
import { eventsOf, isObject, itemsOf, memberOf, textOf } from "./read.ts";

/** What events and the inventory say of one device, when everything that was done to it is over. */
interface Agreement {
  /** Id of the page of the inventory, and where in it. */
  readonly at: string;
  readonly pointer: string;
  readonly askedAt: string;
  /** The delivery that had the last of its events. */
  readonly toldIn: Delivery;
  readonly deviceId: string;
  /** By the last of its events, in the order that the contract gives them. */
  readonly told: string;
  /** By the inventory; `null` where that has no status. */
  readonly listed: string | null;
}

/** Folds the events of many changes over each other, and holds what comes out against the inventory after them. */
export function agreementsAfter(deliveries: readonly Delivery[], listingAfter: Listing): Agreement[] {
  const last = new Map<string, { toldIn: Delivery; order: string; status: string }>();
  const askedAt = new Map(listingAfter.pages.map(({ id, startedAt }) => [id, startedAt]));
  for (const delivery of deliveries) {
    for (const event of eventsOf(delivery)) {
      const data = memberOf(event, "data");
      const [deviceId, status, order] = [textOf(data, "device_id"), textOf(data, "status"), orderOf(event)];
      if (event["type"] !== DEVICE_STATUS_CHANGED || deviceId === null || status === null || order === null)
        continue;
      if (order >= (last.get(deviceId)?.order ?? "")) last.set(deviceId, { toldIn: delivery, order, status });
    }
  }
  return itemsOf(listingAfter).flatMap(({ at, pointer, value }) => {
    const device = isObject(value) ? value : null;
    const deviceId = textOf(device, "device_id");
    const told = deviceId === null ? undefined : last.get(deviceId);
    if (!told || deviceId === null) return [];
    const { toldIn, status } = told;
    const listed = textOf(device, "status");
    return [{ at, pointer, askedAt: askedAt.get(at) ?? "", toldIn, deviceId, told: status, listed }];
  });
}

/** The same of everything that came to one endpoint until the run was over. */
export function agreementsAtEnd({ parts: { lifecycle, devices } }: Evidence["closing"]): Agreement[] {
  if (!lifecycle || !devices) return [];
  return agreementsAfter(lifecycle.deliveries, devices.listing).filter(
    // A status that no event tells of was not posted, which is EVT-001's matter: the inventory may well be right.
    ({ deviceId, told, listed }) =>
      told === listed || tellsOf({ deviceId, status: listed }, lifecycle.deliveries),
  );
}
