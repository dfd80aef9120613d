import type { Evidence, StatusChange } from "../../evidence/evidence.ts";
import { isReported } from "../../evidence/match-deliveries.ts";
import { objectOf, textOf } from "../../evidence/read.ts";
import { CannotDriveError, type Drive, scenario } from "../scenario.ts";
import { register } from "./endpoints.ts";
import {
  devicesApart,
  devicesToChange,
  inTurns,
  type SandboxDevice,
  type StatusCommand,
} from "./sandbox-device.ts";
import { changeStatus, latencyOf, leaveAsFound } from "./status-change.ts";

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

/** Takes devices offline and online again, and records what the vendor posts to a new endpoint and to an existing one. */
export async function offlineAndBack(
  chosen: readonly SandboxDevice[],
  { discovery, devices, endpoints }: Pick<Evidence, "discovery" | "devices" | "endpoints">,
  drive: Drive,
  varied: SandboxDevice | undefined = undefined,
): Promise<Evidence["health"]> {
  const latencySeconds = latencyOf(discovery);
  const areBack = leaveAsFound(discovery, chosen, drive);
  // The device may have had the same status before, so only later deliveries count.
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
      const all = turn.map(({ deviceId, course }) =>
        changeStatus(discovery, destination, deviceId, course[step], drive),
      );
      changes.push(...(await Promise.all(all)));
    }
  }
  areBack();
  const variants = varied ? await varyStatus(varied, discovery, destination, drive) : [];
  await drive.receiver.waitUntil(
    endpoints.destination,
    () => {
      const [there, here] = [deliveredThere(), drive.receiver.deliveriesTo(destination)];
      return [...changes, ...variants].every((each) => isReported(each, there) || !isReported(each, here));
    },
    { seconds: latencySeconds, signal: drive.signal },
  );
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
