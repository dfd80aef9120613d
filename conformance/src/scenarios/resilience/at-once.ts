import type { Evidence } from "../../evidence/evidence.ts";
import type { TriggeredChange } from "../../evidence/resilience-evidence.ts";
import { type SandboxDevice, type StatusCommand, sandboxUrl } from "../events/sandbox-device.ts";
import { CannotDriveError, type Drive } from "../scenario.ts";

/** Commands under way at once: enough for a burst, and no attack on anybody's sandbox. */
const SIDE_BY_SIDE = 20;

async function change(
  discovery: Evidence["discovery"],
  deviceId: string,
  command: StatusCommand,
  { recorder }: Drive,
): Promise<TriggeredChange> {
  const url = sandboxUrl(discovery, deviceId);
  if (url === null)
    throw new CannotDriveError(
      "nothing can change a device's status unattended: the manifest declares no sandbox control",
    );
  const triggeredAt = new Date().toISOString();
  const call = { purpose: `make a device ${command.status}`, method: "POST", url, json: command } as const;
  return { deviceId, status: command.status, triggeredAt, command: await recorder.call(call) };
}

/** Changes devices at once, without waiting for what is posted of it. @param step which part of their course */
export async function changeAtOnce(
  discovery: Evidence["discovery"],
  devices: readonly SandboxDevice[],
  step: 0 | 1,
  drive: Drive,
): Promise<TriggeredChange[]> {
  const changes: TriggeredChange[] = [];
  const waiting = devices.entries();
  const workers = Array.from({ length: SIDE_BY_SIDE }, async () => {
    for (const [index, { deviceId, course }] of waiting) {
      changes[index] = await change(discovery, deviceId, course[step], drive);
    }
  });
  await Promise.all(workers);
  return changes;
}
