import type { Evidence, StatusChange } from "../../evidence/evidence.ts";
import { findDelivery } from "../../evidence/match-deliveries.ts";
import { memberOf, objectOf } from "../../evidence/read.ts";
import { dateOf } from "../../harness/clock.ts";
import { apiUrl, segment } from "../api.ts";
import { CannotDriveError, type Drive } from "../scenario.ts";
import { statusTrigger } from "../trigger.ts";
import type { SandboxDevice, StatusCommand } from "./sandbox-device.ts";

/** Returns the declared time limit for status events. @throws {CannotDriveError} if the manifest declares none */
export function latencyOf(discovery: Evidence["discovery"]): number {
  const seconds = memberOf(objectOf(discovery.manifest), "webhooks")?.["health_latency_seconds"];
  if (typeof seconds !== "number" || !(seconds > 0)) {
    throw new CannotDriveError("the manifest has no valid webhooks.health_latency_seconds; see MAN-001");
  }
  return seconds;
}

/** Watch an endpoint that must stay silent for this many times the delay of another endpoint. */
const PATIENCE = 5;
const MIN_WATCH_SECONDS = 0.25;

/**
 * Returns how long to watch an endpoint that must not get the events of these changes.
 *
 * @param latencySeconds the declared latency
 */
export const watchSeconds = (
  latencySeconds: number,
  changes: readonly Pick<StatusChange, "waitedSeconds">[],
): number =>
  Math.min(
    latencySeconds,
    Math.max(MIN_WATCH_SECONDS, ...changes.map(({ waitedSeconds }) => PATIENCE * waitedSeconds)),
  );

/** Changes one device's status and waits for its webhook. */
export async function changeStatus(
  discovery: Evidence["discovery"],
  destination: string,
  deviceId: string,
  command: StatusCommand,
  drive: Drive,
): Promise<StatusChange> {
  const { recorder, receiver, signal, clock } = drive;
  const { status } = command;
  const triggered = dateOf(clock);
  const deliveries = receiver.deliveriesTo(destination);
  const from = deliveries.length;
  const trigger = statusTrigger(discovery, drive);
  const commanded = await trigger(`make a device ${status}`, deviceId, command);
  const everything = { deviceId, status, window: { from, to: Number.POSITIVE_INFINITY } };
  await receiver.waitUntil(destination, () => findDelivery(everything, deliveries) !== null, {
    seconds: latencyOf(discovery),
    signal,
  });
  return {
    deviceId,
    status,
    triggeredAt: triggered.toISOString(),
    command: commanded,
    waitedSeconds: (clock.now() - triggered.getTime()) / 1000,
    window: { from, to: deliveries.length },
    inventoryAfter: await recorder.call({
      purpose: `look up the device that is ${status}`,
      url: apiUrl(discovery, `/v1/devices/${segment(deviceId)}`),
    }),
  };
}

/**
 * Restores devices at the end of the run, even if the run was interrupted.
 *
 * @returns a function to call once the scenario has restored them itself
 */
export function leaveAsFound(
  discovery: Evidence["discovery"],
  devices: readonly SandboxDevice[],
  drive: Drive,
): () => void {
  let isDone = false;
  const trigger = statusTrigger(discovery, drive);
  for (const { deviceId, course } of devices) {
    drive.afterwards(async (cleaner) => {
      if (!isDone) await trigger("restore the device", deviceId, course[1], cleaner);
    });
  }
  return () => {
    isDone = true;
  };
}
