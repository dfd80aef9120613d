import type { Evidence, StatusChange } from "../../evidence/evidence.ts";
import type { Delivery } from "../../evidence/exchange.ts";
import type { StatusOf } from "../../evidence/match-deliveries.ts";
import { isSuccess, objectOf, textOf } from "../../evidence/read.ts";
import { apiUrl, segment } from "../api.ts";
import { CannotDriveError, type Drive, scenario } from "../scenario.ts";
import { register } from "./endpoints.ts";
import {
  devicesApart,
  devicesBehind,
  devicesToChange,
  inTurns,
  type SandboxDevice,
  type StatusCommand,
} from "./sandbox-device.ts";
import { changeStatus, latencyOf, leaveAsFound, patienceOf } from "./status-change.ts";

/**
 * Returns devices behind the changed devices that are connectors. While a connector is offline, the inventory
 * shows the devices behind it as unknown.
 */
async function findDisconnected(
  changed: readonly SandboxDevice[],
  { discovery, devices }: Pick<Evidence, "discovery" | "devices">,
  { recorder }: Drive,
): Promise<StatusOf[]> {
  const disconnected: StatusOf[] = [];
  for (const { deviceId } of changed) {
    const behind = devicesBehind(deviceId, discovery, devices);
    const [first] = behind;
    if (first === undefined) continue;
    const url = apiUrl(discovery, `/v1/devices/${segment(first)}`);
    const shown = await recorder.call({ purpose: "look up a device behind the changed device", url });
    if (textOf(objectOf(shown), "status") !== "unknown") continue;
    disconnected.push(...behind.map((id) => ({ deviceId: id, status: "unknown" })));
  }
  return disconnected;
}

/** Statuses other than offline and online, and a change of only the reason. */
const VARIANTS: readonly StatusCommand[] = [
  { status: "degraded", status_reason: "fault" },
  { status: "degraded", status_reason: "power_loss" },
  { status: "unknown" },
];

/** Gives one device every other status, and restores it. */
async function varyStatus(
  device: SandboxDevice,
  discovery: Evidence["discovery"],
  destination: string,
  drive: Drive,
): Promise<StatusChange[]> {
  const isBack = leaveAsFound(discovery, [device], drive);
  const changes: StatusChange[] = [];
  for (const command of [...VARIANTS, device.course[1]])
    changes.push(await changeStatus(discovery, destination, device.deviceId, command, drive));
  isBack();
  return changes;
}

/** Ends the run if no webhook arrived for changes that the vendor made, and the receiver is probably unreachable. */
async function requireReachable(
  changes: readonly StatusChange[],
  deliveries: readonly Delivery[],
  { receiver, target, endRun }: Drive,
): Promise<void> {
  if (deliveries.length > 0 || !changes.some(({ command }) => isSuccess(command))) return;
  const obstacle = await receiver.findObstacle(target);
  if (obstacle === null) return;
  endRun(
    "receiver_unreachable",
    `Devices changed, but no webhook arrived. ${obstacle} If the vendor can reach the receiver, then the vendor posts nothing; see EVT-001.`,
  );
}

/** Takes devices offline and online again, and records what the vendor posts to a new endpoint and to an existing one. */
export async function offlineAndBack(
  chosen: readonly SandboxDevice[],
  { discovery, devices, endpoints }: Pick<Evidence, "discovery" | "devices" | "endpoints">,
  drive: Drive,
  varied: SandboxDevice | undefined = undefined,
): Promise<Evidence["health"]> {
  const latencySeconds = latencyOf(discovery);
  const areBack = leaveAsFound(discovery, chosen, drive);
  // Earlier scenarios end when their events have arrived, so what arrives from now on is about these changes.
  const before = drive.receiver.deliveriesTo(endpoints.destination).length;
  const deliveredThere = () => drive.receiver.deliveriesTo(endpoints.destination).slice(before);
  const destination = drive.receiver.destination();
  const secret = textOf(objectOf(await register(discovery, destination, drive)), "secret");
  if (secret === null)
    throw new CannotDriveError("the vendor did not register the webhook endpoint; see SEC-002");
  const changes: StatusChange[] = [];
  for (const turn of inTurns(chosen, devices)) {
    for (const step of [0, 1] as const) {
      drive.progress(
        `${turn.length} devices ${step === 0 ? "change their status" : "change back"}; waiting up to ${latencySeconds} s for their webhooks`,
      );
      const watch = drive.reports.watch();
      const all = turn.map(({ deviceId, course }) =>
        changeStatus(discovery, destination, deviceId, course[step], drive),
      );
      changes.push(...(await Promise.all(all)));
      if (drive.receiver.deliveriesTo(endpoints.destination).length === 0) {
        await requireReachable(changes, drive.receiver.deliveriesTo(destination), drive);
      }
      if (step === 0) {
        const disconnected = await findDisconnected(turn, { discovery, devices }, drive);
        await watch.all(disconnected, patienceOf(discovery));
      }
    }
  }
  areBack();
  const variants = varied ? await varyStatus(varied, discovery, destination, drive) : [];
  return {
    secret,
    latencySeconds,
    changes,
    variants,
    deliveries: [...drive.receiver.deliveriesTo(destination)],
    otherDeliveries: deliveredThere(),
  };
}

/** Takes one device of each type offline and online again, and records what the vendor posts. */
export const health = scenario(
  "health",
  "Take devices offline and online again",
  ["discovery", "devices", "endpoints"],
  (evidence, drive) => {
    const { discovery, devices } = evidence;
    const [varied] = devicesApart(discovery, devices, 1, drive.chance);
    return offlineAndBack(devicesToChange(discovery, devices, drive.chance), evidence, drive, varied);
  },
);
