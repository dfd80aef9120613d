import type { DeviceStatus } from "@convergint/schemas";
import type { Evidence, StatusChange } from "../../evidence/evidence.ts";
import { deliveryOf, tellsOf } from "../../evidence/match.ts";
import { memberOf, objectOf, textOf } from "../../evidence/read.ts";
import { apiUrl } from "../api.ts";
import { CannotDriveError, type Drive, scenario } from "../scenario.ts";
import { register } from "./endpoints.ts";
import { devicesToChange, sandboxUrl } from "./sandbox-device.ts";

/** The status a device is given, and then the one it had, so that it is left as it was found. */
const COURSE: readonly DeviceStatus[] = ["offline", "online"];

function latencyOf(discovery: Evidence["discovery"]): number {
  const seconds = memberOf(objectOf(discovery.manifest), "webhooks")?.["health_latency_seconds"];
  if (typeof seconds !== "number" || !(seconds > 0)) {
    throw new CannotDriveError("the manifest has no usable webhooks.health_latency_seconds; see MAN-001");
  }
  return seconds;
}

/** Changes one device's status through the sandbox and waits for the webhook that tells of it. */
async function change(
  discovery: Evidence["discovery"],
  destination: string,
  deviceId: string,
  status: DeviceStatus,
  { recorder, receiver, signal }: Drive,
): Promise<StatusChange> {
  const command = sandboxUrl(discovery, deviceId);
  if (!command) throw new CannotDriveError("the manifest declares no sandbox");
  const triggered = new Date();
  const from = receiver.deliveriesTo(destination).length;
  const commanded = await recorder.call({
    purpose: `make a device ${status}`,
    method: "POST",
    url: command,
    json: { status },
  });
  const everything = { deviceId, status, window: { from, to: Number.POSITIVE_INFINITY } };
  await receiver.waitUntil(destination, (deliveries) => deliveryOf(everything, deliveries) !== null, {
    seconds: latencyOf(discovery),
    signal,
  });
  return {
    deviceId,
    status,
    triggeredAt: triggered.toISOString(),
    command: commanded,
    waitedSeconds: (Date.now() - triggered.getTime()) / 1000,
    window: { from, to: receiver.deliveriesTo(destination).length },
    inventoryAfter: await recorder.call({
      purpose: `look up the device that is ${status}`,
      url: apiUrl(discovery, `/v1/devices/${encodeURIComponent(deviceId)}`),
    }),
  };
}

/** Takes one device of each type offline and online again, and records what the vendor posts. */
export const health = scenario(
  "health",
  "Take devices offline and online again",
  ["discovery", "devices", "endpoints"],
  async ({ discovery, devices, endpoints }, drive) => {
    const latencySeconds = latencyOf(discovery);
    const deviceIds = devicesToChange(discovery, devices);
    if (!sandboxUrl(discovery, "any")) {
      throw new CannotDriveError(
        "nothing can change a device's status unattended: the manifest declares no sandbox control",
      );
    }
    const destination = drive.receiver.destination();
    const secret = textOf(objectOf(await register(discovery, destination, drive)), "secret");
    if (secret === null)
      throw new CannotDriveError("the vendor did not register the webhook endpoint; see SEC-002");
    const changes: StatusChange[] = [];
    for (const status of COURSE) {
      drive.progress(
        `${deviceIds.length} devices go ${status}; waiting up to ${latencySeconds} s for their webhooks`,
      );
      const all = deviceIds.map((deviceId) => change(discovery, destination, deviceId, status, drive));
      changes.push(...(await Promise.all(all)));
    }
    const beside = endpoints.destination;
    await drive.receiver.waitUntil(
      beside,
      (deliveries) =>
        changes.every(
          (each) => tellsOf(each, deliveries) || !tellsOf(each, drive.receiver.deliveriesTo(destination)),
        ),
      { seconds: latencySeconds, signal: drive.signal },
    );
    return {
      secret,
      latencySeconds,
      changes,
      deliveries: [...drive.receiver.deliveriesTo(destination)],
      deliveriesBeside: [...drive.receiver.deliveriesTo(beside)],
    };
  },
);
