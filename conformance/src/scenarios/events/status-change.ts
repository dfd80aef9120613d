import type { Evidence, StatusChange } from "../../evidence/evidence.ts";
import { deliveryOf } from "../../evidence/match.ts";
import { memberOf, objectOf } from "../../evidence/read.ts";
import { apiUrl, segment } from "../api.ts";
import { CannotDriveError, type Drive } from "../scenario.ts";
import { type SandboxDevice, type StatusCommand, sandboxUrl } from "./sandbox-device.ts";

/** Within how many seconds a change is to be posted. @throws {CannotDriveError} where the manifest does not say */
export function latencyOf(discovery: Evidence["discovery"]): number {
  const seconds = memberOf(objectOf(discovery.manifest), "webhooks")?.["health_latency_seconds"];
  if (typeof seconds !== "number" || !(seconds > 0)) {
    throw new CannotDriveError("the manifest has no usable webhooks.health_latency_seconds; see MAN-001");
  }
  return seconds;
}

/** An endpoint to which nothing may come is watched for this many times as long as another took to be told. */
const PATIENCE = 5;
const LEAST_WATCH_SECONDS = 0.25;

/** How long to watch an endpoint to which nothing of some changes may come. @param latencySeconds as the manifest says */
export const watchSeconds = (latencySeconds: number, changes: readonly StatusChange[]): number =>
  Math.min(
    latencySeconds,
    Math.max(LEAST_WATCH_SECONDS, ...changes.map(({ waitedSeconds }) => PATIENCE * waitedSeconds)),
  );

/** Where a device's status is commanded. @throws {CannotDriveError} where the manifest offers no sandbox control */
function commandUrl(discovery: Evidence["discovery"], deviceId: string): URL {
  const url = sandboxUrl(discovery, deviceId);
  if (url) return url;
  throw new CannotDriveError(
    "nothing can change a device's status unattended: the manifest declares no sandbox control",
  );
}

/** Changes one device's status through the sandbox and waits for the webhook that tells of it. */
export async function changeStatus(
  discovery: Evidence["discovery"],
  destination: string,
  deviceId: string,
  command: StatusCommand,
  { recorder, receiver, signal }: Drive,
): Promise<StatusChange> {
  const { status } = command;
  const triggered = new Date();
  const deliveries = receiver.deliveriesTo(destination);
  const from = deliveries.length;
  const commanded = await recorder.call({
    purpose: `make a device ${status}`,
    method: "POST",
    url: commandUrl(discovery, deviceId),
    json: command,
  });
  const everything = { deviceId, status, window: { from, to: Number.POSITIVE_INFINITY } };
  await receiver.waitUntil(destination, () => deliveryOf(everything, deliveries) !== null, {
    seconds: latencyOf(discovery),
    signal,
  });
  return {
    deviceId,
    status,
    triggeredAt: triggered.toISOString(),
    command: commanded,
    waitedSeconds: (Date.now() - triggered.getTime()) / 1000,
    window: { from, to: deliveries.length },
    inventoryAfter: await recorder.call({
      purpose: `look up the device that is ${status}`,
      url: apiUrl(discovery, `/v1/devices/${segment(deviceId)}`),
    }),
  };
}

/**
 * Has devices brought back at the end of the run, whatever its end.
 *
 * @returns to be called when the scenario has brought them back itself
 */
export function leaveAsFound(
  discovery: Evidence["discovery"],
  devices: readonly SandboxDevice[],
  { afterwards }: Drive,
): () => void {
  let isDone = false;
  for (const { deviceId, course } of devices) {
    const url = commandUrl(discovery, deviceId);
    const restore = { purpose: "bring the device back", method: "POST", url } as const;
    afterwards(async (cleaner) => {
      if (!isDone) await cleaner.call({ ...restore, json: course[1] });
    });
  }
  return () => {
    isDone = true;
  };
}
