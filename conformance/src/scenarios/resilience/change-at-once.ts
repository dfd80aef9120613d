import type { Evidence } from "../../evidence/evidence.ts";
import type { TriggeredChange } from "../../evidence/resilience-evidence.ts";
import { dateOf } from "../../harness/clock.ts";
import type { SandboxDevice, StatusCommand } from "../events/sandbox-device.ts";
import type { Drive } from "../scenario.ts";
import { statusTrigger } from "../trigger.ts";

/** Concurrent commands: enough for a burst without overloading the sandbox. */
const CONCURRENCY = 20;

async function change(
  discovery: Evidence["discovery"],
  deviceId: string,
  command: StatusCommand,
  drive: Drive,
): Promise<TriggeredChange> {
  const { status } = command;
  const triggeredAt = dateOf(drive.clock).toISOString();
  const trigger = statusTrigger(discovery, drive);
  return {
    deviceId,
    status,
    triggeredAt,
    command: await trigger(`make a device ${status}`, deviceId, command),
  };
}

/** Changes devices at once, without waiting for the webhooks. @param step 0 to change, 1 to restore */
export async function changeAtOnce(
  discovery: Evidence["discovery"],
  devices: readonly SandboxDevice[],
  step: 0 | 1,
  drive: Drive,
): Promise<TriggeredChange[]> {
  const changes: TriggeredChange[] = [];
  const waiting = devices.entries();
  const workers = Array.from({ length: CONCURRENCY }, async () => {
    for (const [index, { deviceId, course }] of waiting) {
      changes[index] = await change(discovery, deviceId, course[step], drive);
    }
  });
  await Promise.all(workers);
  return changes;
}
