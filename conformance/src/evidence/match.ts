import { DEVICE_STATUS_CHANGED } from "@convergint/schemas";
import type { StatusChange } from "./evidence.ts";
import type { Delivery } from "./exchange.ts";
import { eventOf, memberOf, textOf } from "./read.ts";

/**
 * Finds the delivery that tells of a status change. It looks past what is wrong with a delivery (its media
 * type, its signature, a missing attribute), so that each defect is reported once, by the check it belongs to.
 *
 * @param deliveries those to one destination, in the order they came
 * @returns the one with the status that was triggered, else the first that speaks of the device, else `null`
 */
export function deliveryOf(
  change: Pick<StatusChange, "deviceId" | "status" | "window">,
  deliveries: readonly Delivery[],
): Delivery | null {
  const before = deliveries.slice(0, change.window.from);
  const candidates = deliveries.slice(change.window.from, change.window.to).filter((delivery) => {
    const event = eventOf(delivery);
    const type = textOf(event, "type");
    if (type !== null && type !== DEVICE_STATUS_CHANGED) return false;
    const named = textOf(memberOf(event, "data"), "device_id");
    if (named !== change.deviceId && textOf(event, "subject") !== change.deviceId) return false;
    // Delivery is at least once: what came before may come again, and tells of nothing new.
    return !before.some(({ bodyBase64 }) => bodyBase64 === delivery.bodyBase64);
  });
  const withStatus = (delivery: Delivery) =>
    textOf(memberOf(eventOf(delivery), "data"), "status") === change.status;
  return candidates.find(withStatus) ?? candidates[0] ?? null;
}
