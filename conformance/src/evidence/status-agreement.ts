import { DEVICE_STATUS_CHANGED } from "@convergint/schemas";
import type { Evidence } from "./evidence.ts";
import type { Delivery, Listing } from "./exchange.ts";
import { isReported } from "./match-deliveries.ts";
import { eventsOf, isObject, itemsOf, memberOf, textOf, toOrderKey } from "./read.ts";

/** What events and the inventory say about one device after all changes to it. */
interface Agreement {
  /** Id of the inventory page, and the pointer in it. */
  readonly at: string;
  readonly pointer: string;
  readonly askedAt: string;
  readonly deviceId: string;
  /**
   * The last event about the device, in the contract's order, among the events that had arrived by `askedAt`.
   */
  readonly last: StatusEvent;
  /** The status in the inventory; `null` if the inventory has none. */
  readonly listed: string | null;
  /**
   * Whether the inventory agrees with `last` or with the last of all events about the device. The last of all
   * events may still have been in transit at `askedAt`.
   */
  readonly agrees: boolean;
}

/** An event that reports a device's new status. */
interface StatusEvent {
  readonly delivery: Delivery;
  readonly deviceId: string;
  readonly status: string;
  readonly order: string;
}

function findStatusEvents(deliveries: readonly Delivery[]): StatusEvent[] {
  return deliveries.flatMap((delivery) =>
    eventsOf(delivery).flatMap((event) => {
      const data = memberOf(event, "data");
      const [deviceId, status, order] = [
        textOf(data, "device_id"),
        textOf(data, "status"),
        toOrderKey(event),
      ];
      const isStatusEvent = event["type"] === DEVICE_STATUS_CHANGED;
      return isStatusEvent && deviceId !== null && status !== null && order !== null
        ? [{ delivery, deviceId, status, order }]
        : [];
    }),
  );
}

/**
 * Returns the last event of each device. Of two events with the same order key, the later arrival counts as
 * last.
 */
function lastOf(events: readonly StatusEvent[]): Map<string, StatusEvent> {
  const last = new Map<string, StatusEvent>();
  for (const event of events) {
    if (event.order >= (last.get(event.deviceId)?.order ?? "")) last.set(event.deviceId, event);
  }
  return last;
}

/** Compares each device's status in a listing with the status reported by the events before the listing. */
export function compareStatusesAfter(deliveries: readonly Delivery[], listingAfter: Listing): Agreement[] {
  const events = findStatusEvents(deliveries);
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

/** Compares the final inventory with all events that one endpoint got in the run. */
export function compareStatusesAtEnd({ parts: { lifecycle, devices } }: Evidence["closing"]): Agreement[] {
  if (!lifecycle || !devices) return [];
  return compareStatusesAfter(lifecycle.deliveries, devices.listing).filter(
    // EVT-001 reports a status without an event; the inventory may be right about that status.
    ({ deviceId, listed, agrees }) =>
      agrees || isReported({ deviceId, status: listed }, lifecycle.deliveries),
  );
}
