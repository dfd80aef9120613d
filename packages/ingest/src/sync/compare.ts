import type { Device } from "@convergint/schemas";
import type { KnownDevice } from "../domain/device.ts";
import type { StagedDevice } from "../domain/inventory.ts";
import { type Observation, observeSnapshot, toOrderTime } from "../domain/observation.ts";
import { mergeObservations } from "../domain/status.ts";
import { toDeviceRecord } from "../store/digest.ts";

/** When a listing was made. */
export interface ListedAt {
  /** By the vendor's clock. */
  readonly asOf: string;
  /** When it was asked for, by ours. */
  readonly askedAt: Date;
}

/** Whether an observation would change anything but which listing told of it last. */
function saysMore(known: Observation | null, observed: Observation): boolean {
  const projected = mergeObservations(known, observed);
  if (!known) return true;
  const sameMoment = projected.order.occurredAt === known.order.occurredAt;
  const sameWords =
    projected.sentStatus === known.sentStatus &&
    projected.vendorStatus === known.vendorStatus &&
    projected.reason === known.reason &&
    projected.lastSeenAt === known.lastSeenAt;
  return !(sameMoment && sameWords);
}

/**
 * Compares a device of a listing with what is known of it.
 *
 * @param known `undefined` for a device that nobody has told of
 * @returns what to stage, or `null` where the listing says nothing new
 */
export function difference(
  device: Device,
  known: KnownDevice | undefined,
  { asOf, askedAt }: ListedAt,
): StagedDevice | null {
  const record = toDeviceRecord(device, toOrderTime(asOf, askedAt));
  const { status } = device;
  const observation = status ? observeSnapshot({ ...device, status }, asOf, askedAt) : null;
  const isAsKnown =
    known?.recordHash === record.recordHash &&
    known.lifecycle === (device.lifecycle ?? "active") &&
    !known.held &&
    (observation === null || !saysMore(known.observation, observation));
  return isAsKnown ? null : { record, observation };
}
