import type { Device } from "@convergint/schemas";
import type { KnownDevice } from "../domain/device.ts";
import type { StagedDevice } from "../domain/inventory.ts";
import { type Observation, observeSnapshot, toOrderTime } from "../domain/observation.ts";
import { mergeObservations } from "../domain/status.ts";
import { toDeviceRecord } from "../store/digest.ts";

/** The time of a listing. */
export interface ListedAt {
  /** By the vendor's clock. */
  readonly asOf: string;
  /** When this server requested the listing. */
  readonly askedAt: Date;
}

/** Whether an observation changes anything except which listing reported the status last. */
function addsInformation(known: Observation | null, observed: Observation): boolean {
  const projected = mergeObservations(known, observed);
  if (!known) return true;
  const sameMoment = projected.order.occurredAt === known.order.occurredAt;
  const sameValues =
    projected.sentStatus === known.sentStatus &&
    projected.vendorStatus === known.vendorStatus &&
    projected.reason === known.reason &&
    projected.lastSeenAt === known.lastSeenAt;
  return !(sameMoment && sameValues);
}

/**
 * Compares a listed device with the stored one.
 *
 * @param known `undefined` for a new device
 * @returns what to stage, or `null` if the listing changes nothing
 */
export function diffDevice(
  device: Device,
  known: KnownDevice | undefined,
  { asOf, askedAt }: ListedAt,
): StagedDevice | null {
  const record = toDeviceRecord(device, toOrderTime(asOf, askedAt));
  const { status } = device;
  const observation = status ? observeSnapshot({ ...device, status }, asOf, askedAt) : null;
  const isUnchanged =
    known?.recordHash === record.recordHash &&
    known.lifecycle === (device.lifecycle ?? "active") &&
    !known.held &&
    (observation === null || !addsInformation(known.observation, observation));
  return isUnchanged ? null : { record, observation };
}
