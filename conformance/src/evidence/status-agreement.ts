import { DEVICE_STATUS_CHANGED } from "@convergint/schemas";
import type { Evidence } from "./evidence.ts";
import type { Delivery, Listing } from "./exchange.ts";
import { isReported } from "./match-deliveries.ts";
import { eventsOf, isObject, itemsOf, memberOf, textOf, toOrderKey } from "./read.ts";

/** What events and the inventory say of one device, when everything that was done to it is over. */
interface Agreement {
  /** Id of the page of the inventory, and where in it. */
  readonly at: string;
  readonly pointer: string;
  readonly askedAt: string;
  readonly deviceId: string;
  /** The last of its events that had come by then, in the order that the contract gives them. */
  readonly last: TellingEvent;
  /** By the inventory; `null` where that has no status. */
  readonly listed: string | null;
  /** Whether the inventory says what that event does, or the last of all, which may have been on its way. */
  readonly agrees: boolean;
}

/** An event that says which status a device took. */
interface TellingEvent {
  readonly delivery: Delivery;
  readonly deviceId: string;
  readonly status: string;
  readonly order: string;
}

function tellingEventsIn(deliveries: readonly Delivery[]): TellingEvent[] {
  return deliveries.flatMap((delivery) =>
    eventsOf(delivery).flatMap((event) => {
      const data = memberOf(event, "data");
      const [deviceId, status, order] = [
        textOf(data, "device_id"),
        textOf(data, "status"),
        toOrderKey(event),
      ];
      const isTelling = event["type"] === DEVICE_STATUS_CHANGED;
      return isTelling && deviceId !== null && status !== null && order !== null
        ? [{ delivery, deviceId, status, order }]
        : [];
    }),
  );
}

/** The last event of each device; of two in one place, the one that came last. */
function lastOf(events: readonly TellingEvent[]): Map<string, TellingEvent> {
  const last = new Map<string, TellingEvent>();
  for (const event of events) {
    if (event.order >= (last.get(event.deviceId)?.order ?? "")) last.set(event.deviceId, event);
  }
  return last;
}

/** Folds the events of many changes over each other, and holds what comes out against the inventory after them. */
export function compareStatusesAfter(deliveries: readonly Delivery[], listingAfter: Listing): Agreement[] {
  const events = tellingEventsIn(deliveries);
  const atLast = lastOf(events);
  const pages = new Map(
    listingAfter.pages.map(({ id, startedAt: askedAt }) => {
      const lastByThen = lastOf(events.filter(({ delivery }) => delivery.receivedAt <= askedAt));
      return [id, { askedAt, lastByThen }] as const;
    }),
  );
  return itemsOf(listingAfter).flatMap(({ at, pointer, value }) => {
    const device = isObject(value) ? value : null;
    const [deviceId, listed] = [textOf(device, "device_id"), textOf(device, "status")];
    const page = pages.get(at);
    const last = deviceId === null ? undefined : page?.lastByThen.get(deviceId);
    if (!page || !last || deviceId === null) return [];
    const agrees = listed === last.status || listed === atLast.get(deviceId)?.status;
    return [{ at, pointer, askedAt: page.askedAt, deviceId, last, listed, agrees }];
  });
}

/** The same of everything that came to one endpoint until the run was over. */
export function compareStatusesAtEnd({ parts: { lifecycle, devices } }: Evidence["closing"]): Agreement[] {
  if (!lifecycle || !devices) return [];
  return compareStatusesAfter(lifecycle.deliveries, devices.listing).filter(
    // A status that no event tells of was not posted, which is EVT-001's matter: the inventory may well be right.
    ({ deviceId, listed, agrees }) =>
      agrees || isReported({ deviceId, status: listed }, lifecycle.deliveries),
  );
}
