import { DEVICE_STATUS_CHANGED } from "@convergint/schemas";
import type { Evidence, FamilyOccurrence, StatusChange, SubscribedEndpoint } from "./evidence.ts";
import type { Delivery, Exchange } from "./exchange.ts";
import { eventsOf, isSuccess, type JsonObject, memberOf, objectOf, textOf } from "./read.ts";

/**
 * Tells whether an event is about a device and may report its status. Such an event has no type, or the type
 * of a status change.
 */
function isAbout(deviceId: string, event: JsonObject): boolean {
  const type = textOf(event, "type");
  if (type !== null && type !== DEVICE_STATUS_CHANGED) return false;
  return textOf(memberOf(event, "data"), "device_id") === deviceId || textOf(event, "subject") === deviceId;
}

/** A status that a device took, or that the inventory lists for it. */
interface Change {
  readonly deviceId: string;
  readonly status: string | null;
}

/** Tells whether an event reports a change. */
export const isReportOf = ({ deviceId, status }: Change, event: JsonObject): boolean =>
  isAbout(deviceId, event) && textOf(memberOf(event, "data"), "status") === status;

/**
 * Returns the event in a delivery that reports a change: the event with the change's status, otherwise the
 * first event about the device.
 */
function findEventAbout(change: Change, delivery: Delivery): JsonObject | null {
  const about = eventsOf(delivery).filter((event) => isAbout(change.deviceId, event));
  return about.find((event) => isReportOf(change, event)) ?? about[0] ?? null;
}

/** Returns the deliveries that report a change, in the order in which they arrived at one destination. */
export const findReports = (change: Change, deliveries: readonly Delivery[]): readonly Delivery[] =>
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
export function findAttempts(change: Change, deliveries: readonly Delivery[]): readonly Delivery[] {
  const [first, ...others] = findReports(change, deliveries);
  return first ? [first, ...others.filter((other) => isSameDelivery(first, other))] : [];
}

/** Tells whether any delivery reports a change. */
export const isReported = (change: Change, deliveries: readonly Delivery[]): boolean =>
  deliveries.some((delivery) => eventsOf(delivery).some((event) => isReportOf(change, event)));

/**
 * Finds the delivery that reports a status change. Ignores other defects of the delivery (media type,
 * signature, missing attributes), so that only the check for each defect reports it.
 *
 * @param deliveries the deliveries to one destination, in order of arrival
 * @returns the delivery with the triggered status, otherwise the first about the device, otherwise `null`
 */
export function findDelivery(
  change: Pick<StatusChange, "deviceId" | "status" | "window">,
  deliveries: readonly Delivery[],
): Delivery | null {
  const serialize = (delivery: Delivery) => JSON.stringify(findEventAbout(change, delivery));
  const before = new Set(deliveries.slice(0, change.window.from).map(serialize));
  const candidates = deliveries
    .slice(change.window.from, change.window.to)
    .filter((delivery) => findEventAbout(change, delivery) !== null)
    // Delivery is at least once: a repeated delivery reports nothing new.
    .filter((delivery) => !before.has(serialize(delivery)));
  return findReports(change, candidates)[0] ?? candidates[0] ?? null;
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

/**
 * Finds the event that a device published at the suite's request: the event with the id in the response to the
 * command, otherwise an event of the type about the device. An event that had arrived before does not count.
 *
 * @param deliveries the deliveries to one destination, in order of arrival
 */
export function findPublished(
  { type, deviceId, from, command }: Pick<FamilyOccurrence, "type" | "deviceId" | "from" | "command">,
  deliveries: readonly Delivery[],
): { readonly delivery: Delivery; readonly event: JsonObject } | null {
  const key = (event: JsonObject) => JSON.stringify([event["type"], event["id"]]);
  const before = new Set(deliveries.slice(0, from).flatMap(eventsOf).map(key));
  const arrived = deliveries
    .slice(from)
    .flatMap((delivery) => eventsOf(delivery).map((event) => ({ delivery, event })))
    .filter(({ event }) => event["type"] === type && !before.has(key(event)));
  const id = textOf(objectOf(command), "event_id");
  return (
    arrived.find(({ event }) => id !== null && event["id"] === id) ??
    arrived.find(({ event }) => namesDevice(deviceId, event)) ??
    null
  );
}

/** Tells whether an endpoint is subscribed to changes of a device's status. */
export const isSubscribed = (
  { org_id, event_types }: SubscribedEndpoint["subscription"],
  orgId: string,
): boolean =>
  (org_id === undefined || org_id === orgId) &&
  (event_types === undefined || event_types.includes(DEVICE_STATUS_CHANGED));
