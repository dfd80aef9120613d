import { DEVICE_STATUS_CHANGED } from "@convergint/schemas";
import type { Evidence, FamilyOccurrence, StatusChange, SubscribedEndpoint } from "./evidence.ts";
import type { Delivery } from "./exchange.ts";
import { eventsOf, type JsonObject, memberOf, textOf } from "./read.ts";

/** Tells whether an event is about a device, and is not of a type that says nothing of its status. */
function isAbout(deviceId: string, event: JsonObject): boolean {
  const type = textOf(event, "type");
  if (type !== null && type !== DEVICE_STATUS_CHANGED) return false;
  return textOf(memberOf(event, "data"), "device_id") === deviceId || textOf(event, "subject") === deviceId;
}

/** A status that a device took, or is said to have. */
interface Change {
  readonly deviceId: string;
  readonly status: string | null;
}

/** Tells whether an event says that the device of a change took its status. */
export const isReportOf = ({ deviceId, status }: Change, event: JsonObject): boolean =>
  isAbout(deviceId, event) && textOf(memberOf(event, "data"), "status") === status;

/** The event of a delivery that tells of a change: the one with its status, else the first about the device. */
export function findEventAbout(change: Change, delivery: Delivery): JsonObject | null {
  const about = eventsOf(delivery).filter((event) => isAbout(change.deviceId, event));
  return about.find((event) => isReportOf(change, event)) ?? about[0] ?? null;
}

/** The attempts at telling of a change, in the order they came to one destination. */
export const findAttempts = (change: Change, deliveries: readonly Delivery[]): readonly Delivery[] =>
  deliveries.filter((delivery) => eventsOf(delivery).some((event) => isReportOf(change, event)));

/** Tells whether any delivery says that the device of a change took its status. */
export const isReported = (change: Change, deliveries: readonly Delivery[]): boolean =>
  deliveries.some((delivery) => eventsOf(delivery).some((event) => isReportOf(change, event)));

/**
 * Finds the delivery that tells of a status change. It looks past what is wrong with a delivery (its media
 * type, its signature, a missing attribute), so that each defect is reported once, by the check it belongs to.
 *
 * @param deliveries those to one destination, in the order they came
 * @returns the one with the status that was triggered, else the first that speaks of the device, else `null`
 */
export function findDelivery(
  change: Pick<StatusChange, "deviceId" | "status" | "window">,
  deliveries: readonly Delivery[],
): Delivery | null {
  const written = (delivery: Delivery) => JSON.stringify(findEventAbout(change, delivery));
  const before = new Set(deliveries.slice(0, change.window.from).map(written));
  const candidates = deliveries
    .slice(change.window.from, change.window.to)
    .filter((delivery) => findEventAbout(change, delivery) !== null)
    // Delivery is at least once: what came before may come again, and tells of nothing new.
    .filter((delivery) => !before.has(written(delivery)));
  return findAttempts(change, candidates)[0] ?? candidates[0] ?? null;
}

/** The changes that were truly made: one whose command the vendor refused changed nothing that could be told of. */
export const madeIn = ({ changes }: Pick<Evidence["health"], "changes">): readonly StatusChange[] =>
  changes.filter(({ command: { response } }) => response && response.status >= 200 && response.status < 300);

/** A change that a webhook told of, with that webhook. */
export interface Told {
  readonly at: string;
  readonly change: StatusChange;
  readonly delivery: Delivery;
  readonly event: JsonObject | null;
}

/** The changes that webhooks told of, each with the first that did. */
export const findReportedChanges = ({
  changes,
  deliveries,
}: Pick<Evidence["health"], "changes" | "deliveries">): Told[] =>
  madeIn({ changes }).flatMap((change) => {
    const delivery = findDelivery(change, deliveries);
    return delivery ? [{ at: delivery.id, change, delivery, event: findEventAbout(change, delivery) }] : [];
  });

/**
 * Finds the event that the suite had a device publish, by its type and its device.
 *
 * @param deliveries those to one destination, in the order they came
 */
export function findPublished(
  { type, deviceId, from }: Pick<FamilyOccurrence, "type" | "deviceId" | "from">,
  deliveries: readonly Delivery[],
): { readonly delivery: Delivery; readonly event: JsonObject } | null {
  for (const delivery of deliveries.slice(from)) {
    const event = eventsOf(delivery).find(
      (each) =>
        each["type"] === type &&
        [textOf(memberOf(each, "data"), "device_id"), textOf(each, "subject")].includes(deviceId),
    );
    if (event) return { delivery, event };
  }
  return null;
}

/** Tells whether an endpoint is to get a change of a device's status. */
export const isSubscribed = (
  { org_id, event_types }: SubscribedEndpoint["subscription"],
  orgId: string,
): boolean =>
  (org_id === undefined || org_id === orgId) &&
  (event_types === undefined || event_types.includes(DEVICE_STATUS_CHANGED));
