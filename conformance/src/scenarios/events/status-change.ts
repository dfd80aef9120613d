import type { Evidence, StatusChange } from "../../evidence/evidence.ts";
import { watchReports } from "../../evidence/match-deliveries.ts";
import { isSuccess, memberOf, objectOf } from "../../evidence/read.ts";
import { apiUrl, segment } from "../api.ts";
import { isReachable } from "../report-ledger.ts";
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

/** How long a webhook may take to arrive if the vendor posts it at the end of the latency. */
const TRANSIT_SECONDS = 1;

/** Returns how long to wait for status events. @throws {CannotDriveError} if the manifest declares no time limit */
export const patienceOf = (discovery: Evidence["discovery"]): number =>
  latencyOf(discovery) + TRANSIT_SECONDS;

/** The contract's bound for events other than changes of status, unless the declared latency is longer. */
const PUBLICATION_SECONDS = 30;

/** Returns how long to wait for events other than changes of status. @see spec/1.0/contract.md#events */
export const publicationSecondsOf = (discovery: Evidence["discovery"]): number =>
  Math.max(PUBLICATION_SECONDS, latencyOf(discovery)) + TRANSIT_SECONDS;

/** How long to watch an endpoint that must stay silent, as a multiple of the delay of another endpoint. */
const PATIENCE = 5;
const MIN_WATCH_SECONDS = 0.25;

/**
 * Returns how long to watch an endpoint that must not receive the events of a change.
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

/**
 * Changes one device's status and waits for its webhook at every endpoint. After a connector is back, waits
 * for the webhooks of the devices behind it too. As a result, no webhook is in transit when the next change
 * starts.
 */
export async function changeStatus(
  discovery: Evidence["discovery"],
  destination: string,
  deviceId: string,
  command: StatusCommand,
  drive: Drive,
): Promise<StatusChange> {
  const { recorder, receiver, reports, clock, signal } = drive;
  const { status } = command;
  const seconds = patienceOf(discovery);
  const deliveries = receiver.deliveriesTo(destination);
  const [watch, since, from] = [reports.watch(), clock.now(), deliveries.length];
  const isReportedHere = watchReports([{ deviceId, status }], deliveries, from);
  const trigger = statusTrigger(discovery, drive);
  const commanded = await trigger(`make a device ${status}`, deviceId, command);
  const triggered = clock.now();
  const waitHere = async () => {
    await receiver.waitUntil(destination, isReportedHere, { seconds, signal });
    return {
      waitedSeconds: (clock.now() - triggered) / 1000,
      window: { from, to: deliveries.length },
      // Look the device up immediately, because the inventory must show a status as soon as its event is
      // posted.
      inventoryAfter: await recorder.call({
        purpose: `look up the device that is ${status}`,
        url: apiUrl(discovery, `/v1/devices/${segment(deviceId)}`),
      }),
    };
  };
  const [waited] = await Promise.all([waitHere(), watch.all([{ deviceId, status }], seconds)]);
  if (!isReachable(status)) {
    if (isSuccess(commanded)) reports.noteLoss(deviceId, since);
  } else {
    const lostAt = reports.takeLoss(deviceId);
    if (lostAt !== null) await reports.reconnected(lostAt, seconds);
  }
  return { deviceId, status, triggeredAt: commanded.startedAt, command: commanded, ...waited };
}

/**
 * Returns the order in which to change devices and to change them back: first all, then all back. A person puts
 * each device back before the next.
 */
export function inSteps<Each>(
  all: readonly Each[],
  { person }: Pick<Drive, "person">,
): readonly (readonly [Each, 0 | 1])[] {
  const back = all.map((each) => [each, 1] as const);
  return person
    ? all.flatMap((each) => [[each, 0] as const, [each, 1] as const])
    : [...all.map((each) => [each, 0] as const), ...back];
}

/**
 * Restores devices at the end of the run, even if the run was interrupted.
 *
 * @returns a function to call after the scenario itself has restored the devices
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
