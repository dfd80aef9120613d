import { DEVICE_STATUS_CHANGED } from "@convergint/schemas";
import type { Evidence, StatusChange, SubscribedEndpoint } from "./evidence.ts";
import type { Delivery, Exchange } from "./exchange.ts";
import { eventsOf, isSuccess, type JsonObject, memberOf, objectOf, textOf, toOrderKey } from "./read.ts";
import type { FamilyOccurrence } from "./resilience-evidence.ts";

/**
 * Tells whether an event is about a device and may report its status. Such an event has no type, or the type
 * of a status change.
 */
function isAbout(deviceId: string, event: JsonObject): boolean {
  const type = textOf(event, "type");
  if (type !== null && type !== DEVICE_STATUS_CHANGED) return false;
  return textOf(memberOf(event, "data"), "device_id") === deviceId || textOf(event, "subject") === deviceId;
}

/** A device and its status, either as an event reported it or as the inventory lists it. */
export interface StatusOf {
  readonly deviceId: string;
  readonly status: string | null;
}

/** Tells whether an event reports a change. */
export const isReportOf = ({ deviceId, status }: StatusOf, event: JsonObject): boolean =>
  isAbout(deviceId, event) && textOf(memberOf(event, "data"), "status") === status;

/**
 * Returns the event in a delivery that reports a change: the event with the change's status, otherwise the
 * first event about the device.
 */
function findEventAbout(change: StatusOf, delivery: Delivery): JsonObject | null {
  const about = eventsOf(delivery).filter((event) => isAbout(change.deviceId, event));
  return about.find((event) => isReportOf(change, event)) ?? about[0] ?? null;
}

/** Returns the deliveries that report a change, in the order in which they arrived at one destination. */
export const findReports = (change: StatusOf, deliveries: readonly Delivery[]): readonly Delivery[] =>
  deliveries.filter((delivery) => eventsOf(delivery).some((event) => isReportOf(change, event)));

/** Tells whether two deliveries are recognizable as two attempts at the same delivery. */
export function isSameDelivery(one: Delivery, other: Delivery): boolean {
  const id = one.headers["webhook-id"];
  return (id !== undefined && id === other.headers["webhook-id"]) || one.bodyBase64 === other.bodyBase64;
}

/**
 * Returns the attempts at the delivery that reported a change first. Another event with the same status, such as one
 * with another reason, is not an attempt.
 */
export function findAttempts(change: StatusOf, deliveries: readonly Delivery[]): readonly Delivery[] {
  const originals = deliveries.filter(({ copyOf }) => copyOf === undefined);
  const [first, ...others] = findReports(change, originals);
  return first ? [first, ...others.filter((other) => isSameDelivery(first, other))] : [];
}

/** Tells whether any delivery reports a change. */
export const isReported = (change: StatusOf, deliveries: readonly Delivery[]): boolean =>
  deliveries.some((delivery) => eventsOf(delivery).some((event) => isReportOf(change, event)));

/**
 * What had arrived about a device before a command. Nothing that had arrived reports the change that the
 * command makes.
 */
interface Earlier {
  /** The events, as text. Delivery is at least once, so a repeated event reports nothing new. */
  readonly events: ReadonlySet<string>;
  /** The order key of the latest event; `null` if no event has an order key. */
  readonly lastKey: string | null;
}

function findEarlier(deviceId: string, deliveries: readonly Delivery[]): Earlier {
  const events = deliveries.flatMap(eventsOf).filter((event) => isAbout(deviceId, event));
  return summarize(events);
}

function summarize(events: readonly JsonObject[]): Earlier {
  const keys = events.flatMap((event) => toOrderKey(event) ?? []).sort();
  return { events: new Set(events.map((event) => JSON.stringify(event))), lastKey: keys.at(-1) ?? null };
}

/** Returns the ids under which an event may name its device, each once. */
const idsIn = (event: JsonObject): ReadonlySet<string | null> =>
  new Set([textOf(memberOf(event, "data"), "device_id"), textOf(event, "subject")]);

/** Reads the deliveries once for all devices, because hundreds of devices change at the same time. */
function groupByDevice(deliveries: readonly Delivery[]): ReadonlyMap<string, readonly JsonObject[]> {
  const byDevice = new Map<string, JsonObject[]>();
  for (const event of deliveries.flatMap(eventsOf)) {
    for (const id of idsIn(event)) {
      if (id === null || !isAbout(id, event)) continue;
      const others = byDevice.get(id);
      if (others) others.push(event);
      else byDevice.set(id, [event]);
    }
  }
  return byDevice;
}

const isRepeated = (event: JsonObject, { events }: Earlier): boolean => events.has(JSON.stringify(event));

/** Tells whether an event is about a later change than everything that had arrived before. */
function isLater(event: JsonObject, earlier: Earlier): boolean {
  const key = toOrderKey(event);
  return !isRepeated(event, earlier) && (key === null || earlier.lastKey === null || key > earlier.lastKey);
}

/** Tells whether an event is later than everything that had arrived about a device before the suite changed it. */
export const isNews = (
  { deviceId, window }: Pick<StatusChange, "deviceId" | "window">,
  event: JsonObject,
  deliveries: readonly Delivery[],
): boolean => isLater(event, findEarlier(deviceId, deliveries.slice(0, window.from)));

/**
 * Creates a function that tells whether changes have been reported at a destination. Older events do not
 * count: events that had arrived before the commands, and late events that precede those in the contract's
 * order.
 *
 * @param deliveries the deliveries to the destination; more may arrive between two calls
 * @param from how many deliveries had arrived before the commands
 * @param counts returns false for deliveries to ignore, such as those that the receiver refused
 */
export function watchReports(
  changes: readonly StatusOf[],
  deliveries: readonly Delivery[],
  from: number,
  counts: (delivery: Delivery) => boolean = () => true,
): () => boolean {
  const before = groupByDevice(deliveries.slice(0, from));
  const waiting = new Map(
    changes.map((change) => [
      change.deviceId,
      { change, earlier: summarize(before.get(change.deviceId) ?? []) },
    ]),
  );
  let read = from;
  const readEvent = (event: JsonObject) => {
    for (const id of idsIn(event)) {
      const each = id === null ? undefined : waiting.get(id);
      if (each && isReportOf(each.change, event) && isLater(event, each.earlier))
        waiting.delete(each.change.deviceId);
    }
  };
  return () => {
    for (const delivery of deliveries.slice(read).filter(counts)) eventsOf(delivery).forEach(readEvent);
    read = deliveries.length;
    return waiting.size === 0;
  };
}

/**
 * Creates a function that tells whether every device is connected again: whether no device's latest event says that the
 * device is behind an unreachable connector.
 *
 * @param deliveries the deliveries to one destination; more may arrive between two calls
 * @param since Unix milliseconds; deliveries that arrived before do not count
 */
export function watchReconnection(deliveries: readonly Delivery[], since: number): () => boolean {
  /** The order key of each device's latest event. */
  const latest = new Map<string, string>();
  const cutOff = new Set<string>();
  let read = 0;
  const readEvent = (event: JsonObject) => {
    const data = memberOf(event, "data");
    const deviceId = textOf(data, "device_id");
    if (deviceId === null || !isAbout(deviceId, event)) return;
    const key = toOrderKey(event) ?? "";
    if (key < (latest.get(deviceId) ?? "")) return;
    latest.set(deviceId, key);
    if (textOf(data, "status_reason") === "parent_unreachable") cutOff.add(deviceId);
    else cutOff.delete(deviceId);
  };
  return () => {
    // Reads each delivery once: a connector's return posts an event for every device behind it.
    for (const delivery of deliveries.slice(read))
      if (Date.parse(delivery.receivedAt) >= since) eventsOf(delivery).forEach(readEvent);
    read = deliveries.length;
    return cutOff.size === 0;
  };
}

/**
 * Finds the delivery that reports a status change. Ignores other defects of the delivery (media type,
 * signature, missing attributes), because other checks report those defects.
 *
 * @param deliveries the deliveries to one destination, in order of arrival
 * @returns a delivery with the triggered status, preferably in an event that is later than all earlier
 * events. Without such a delivery, returns the first delivery about the device, or `null`.
 */
export function findDelivery(
  change: Pick<StatusChange, "deviceId" | "status" | "window" | "report">,
  deliveries: readonly Delivery[],
): Delivery | null {
  if (change.report !== undefined) return change.report;
  const earlier = findEarlier(change.deviceId, deliveries.slice(0, change.window.from));
  const arrived = deliveries.slice(change.window.from, change.window.to).flatMap((delivery) => {
    const event = findEventAbout(change, delivery);
    return event === null || isRepeated(event, earlier) ? [] : [{ delivery, event }];
  });
  const reports = arrived.filter(({ event }) => isReportOf(change, event));
  const found = reports.find(({ event }) => isLater(event, earlier)) ?? reports[0] ?? arrived[0];
  return found?.delivery ?? null;
}

/** Returns the changes whose command succeeded. After a refused command, there is no change to report. */
export const selectSuccessful = <Change extends { readonly command: Exchange }>(
  changes: readonly Change[],
): readonly Change[] => changes.filter(({ command }) => isSuccess(command));

/** A change that a webhook reported, with that webhook. */
export interface ReportedChange {
  readonly at: string;
  readonly change: StatusChange;
  readonly delivery: Delivery;
  readonly event: JsonObject | null;
}

/** Returns the changes that webhooks reported, each with the first such webhook. */
export const findReportedChanges = ({
  changes,
  deliveries,
}: Pick<Evidence["health"], "changes" | "deliveries">): ReportedChange[] =>
  selectSuccessful(changes).flatMap((change) => {
    const delivery = findDelivery(change, deliveries);
    return delivery ? [{ at: delivery.id, change, delivery, event: findEventAbout(change, delivery) }] : [];
  });

/** Tells whether an event names a device. The subject and the connector count only without a `device_id`. */
function namesDevice(deviceId: string, event: JsonObject): boolean {
  const data = memberOf(event, "data");
  const named = textOf(data, "device_id");
  if (named !== null) return named === deviceId;
  return [textOf(event, "subject"), textOf(data, "connector_id")].includes(deviceId);
}

/** An event that the suite requested, and the deliveries that may report it. */
type RequestedOccurrence = Pick<FamilyOccurrence, "type" | "deviceId" | "from" | "to" | "command">;

/**
 * Tells whether the event that the suite requested has arrived. If the response to the request has an event
 * id, only the event with that id counts. An older event of the same type does not count.
 */
export function isPublished(occurrence: RequestedOccurrence, deliveries: readonly Delivery[]): boolean {
  const id = textOf(objectOf(occurrence.command), "event_id");
  const published = findPublished(occurrence, deliveries);
  return published !== null && (id === null || published.event["id"] === id);
}

/**
 * Finds the event that a device published at the suite's request: the event with the id in the response to
 * the command. If there is no such event, finds an event of the same type about the device. An event that had
 * arrived before the command does not count.
 *
 * @param deliveries the deliveries to one destination, in order of arrival
 */
export function findPublished(
  { type, deviceId, from, to, command }: RequestedOccurrence,
  deliveries: readonly Delivery[],
): { readonly delivery: Delivery; readonly event: JsonObject } | null {
  const key = (event: JsonObject) => JSON.stringify([event["type"], event["id"]]);
  const before = new Set(deliveries.slice(0, from).flatMap(eventsOf).map(key));
  const arrived = deliveries
    .slice(from, to)
    .flatMap((delivery) => eventsOf(delivery).map((event) => ({ delivery, event })))
    .filter(({ event }) => event["type"] === type && !before.has(key(event)));
  const id = textOf(objectOf(command), "event_id");
  return (
    arrived.find(({ event }) => id !== null && event["id"] === id) ??
    arrived.find(({ event }) => namesDevice(deviceId, event)) ??
    null
  );
}

/** Returns the attempts at the delivery of an event that a device published at the suite's request. */
export function findPublishedAttempts(
  event: Pick<FamilyOccurrence, "type" | "deviceId" | "command">,
  deliveries: readonly Delivery[],
): readonly Delivery[] {
  const first = findPublished({ ...event, from: 0 }, deliveries)?.delivery;
  return first
    ? deliveries.filter((other) => other.copyOf === undefined && isSameDelivery(first, other))
    : [];
}

/** Tells whether an endpoint is subscribed to changes of a device's status. */
export const isSubscribed = (
  { org_id, event_types }: SubscribedEndpoint["subscription"],
  orgId: string,
): boolean =>
  (org_id === undefined || org_id === orgId) &&
  (event_types === undefined || event_types.includes(DEVICE_STATUS_CHANGED));
