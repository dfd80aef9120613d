import { DEVICE_STATUS_CHANGED } from "@convergint/schemas";
import type { Evidence } from "./evidence.ts";
import type { Delivery, Exchange, Listing } from "./exchange.ts";
import { isReported } from "./match-deliveries.ts";
import { coveredUntil, eventsOf, isObject, itemsOf, memberOf, objectOf, textOf, toOrderKey } from "./read.ts";

/** What events and the inventory say about one device after all changes to it. */
interface Agreement {
  /** Id of the inventory page, and the pointer in it. */
  readonly at: string;
  readonly pointer: string;
  readonly askedAt: string;
  readonly deviceId: string;
  /**
   * The last event about the device, in the contract's order, among the events that had arrived by the
   * listing's moment.
   */
  readonly last: StatusEvent;
  /** The device's status in the inventory; `null` if the inventory shows none. */
  readonly listed: string | null;
  /**
   * Whether the inventory agrees with `last` or with a later event. A later event may have been in transit at
   * that moment.
   */
  readonly agrees: boolean;
}

/** An event that reports a device's new status. */
interface StatusEvent {
  readonly delivery: Delivery;
  readonly deviceId: string;
  readonly status: string;
  readonly time: string;
  readonly order: string;
}

function findStatusEvents(deliveries: readonly Delivery[]): StatusEvent[] {
  return deliveries.flatMap((delivery) =>
    eventsOf(delivery).flatMap((event) => {
      const data = memberOf(event, "data");
      const [deviceId, status, time, order] = [
        textOf(data, "device_id"),
        textOf(data, "status"),
        textOf(event, "time"),
        toOrderKey(event),
      ];
      const isStatusEvent = event["type"] === DEVICE_STATUS_CHANGED;
      return isStatusEvent && deviceId !== null && status !== null && time !== null && order !== null
        ? [{ delivery, deviceId, status, time, order }]
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

/**
 * Compares each device's status in a listing that was read after some changes with the status that the events up to
 * the listing's moment report.
 */
export function compareStatusesAfter(
  deliveries: readonly Delivery[],
  listingAfter: Listing,
  until = coveredUntil(listingAfter),
): Agreement[] {
  const events = findStatusEvents(deliveries);
  const byDevice = Map.groupBy(events, ({ deviceId }) => deviceId);
  const lastByThen = lastOf(events.filter(({ delivery }) => Date.parse(delivery.receivedAt) <= until));
  const askedAt = new Map(listingAfter.pages.map(({ id, startedAt }) => [id, startedAt]));
  return itemsOf(listingAfter).flatMap(({ at, pointer, value }) => {
    const device = isObject(value) ? value : null;
    const [deviceId, listed] = [textOf(device, "device_id"), textOf(device, "status")];
    const last = deviceId === null ? undefined : lastByThen.get(deviceId);
    if (!last || deviceId === null) return [];
    const later = (byDevice.get(deviceId) ?? []).filter(({ order }) => order >= last.order);
    const agrees = later.some(({ status }) => status === listed);
    return [{ at, pointer, askedAt: askedAt.get(at) ?? "", deviceId, last, listed, agrees }];
  });
}

/** Tells whether a listing shows the statuses of the latest events, even if they arrived after its moment. */
export const agreesWithAll = (deliveries: readonly Delivery[], listing: Listing): boolean =>
  compareStatusesAfter(deliveries, listing, Number.POSITIVE_INFINITY).every(({ agrees }) => agrees);

/**
 * Returns whether the inventory of a device showed, before the first endpoint was registered, an observation that is
 * not older than an event. Then an event that was published before the registration may have reported
 * the device's later status, and the endpoint never got that event.
 */
function isKnownBefore({ deviceId, last }: Agreement, before: Exchange | undefined): boolean {
  const devices = before ? objectOf(before)?.["data"] : undefined;
  const device = (Array.isArray(devices) ? devices : []).find(
    (each) => isObject(each) && each["device_id"] === deviceId,
  );
  const observedAt = Date.parse(textOf(device ?? null, "status_observed_at") ?? "");
  return observedAt >= Date.parse(last.time);
}

/** Compares the final inventory with all events that one endpoint got in the run. */
export function compareStatusesAtEnd(
  { parts: { lifecycle, devices } }: Evidence["closing"],
  endpoints: Evidence["endpoints"] | undefined,
): Agreement[] {
  if (!lifecycle || !devices) return [];
  return compareStatusesAfter(lifecycle.deliveries, lifecycle.listedAfter ?? devices.listing).filter(
    (each) =>
      each.agrees ||
      // EVT-001 reports a status without an event; the inventory may be right about that status.
      (isReported({ deviceId: each.deviceId, status: each.listed }, lifecycle.deliveries) &&
        !isKnownBefore(each, endpoints?.first?.before)),
  );
}
