import type { Evidence } from "../../evidence/evidence.ts";
import { isSuccess } from "../../evidence/read.ts";
import type { PublishedEvent, TriggeredChange } from "../../evidence/resilience-evidence.ts";
import { findPublishable } from "../events/family-chains.ts";
import { type SandboxDevice, type StatusCommand, sandboxUrl } from "../events/sandbox-device.ts";
import { patienceOf } from "../events/status-change.ts";
import type { Drive } from "../scenario.ts";
import { statusTrigger } from "../trigger.ts";

/** Concurrent commands: enough for a burst without overloading the sandbox. */
const CONCURRENCY = 20;
/** A burst may take longer than a single change. */
const BURST_SECONDS = 10;

/**
 * Makes one device publish events of another type, without waiting for the webhooks. Returns the events whose
 * command was accepted.
 */
export async function publishAtOnce(
  seen: Pick<Evidence, "discovery" | "devices" | "catalogue">,
  { recorder, chance }: Drive,
): Promise<readonly PublishedEvent[]> {
  const chain = findPublishable(seen, chance);
  const events: PublishedEvent[] = [];
  for (const { type, data } of chain?.steps ?? []) {
    const deviceId = chain?.deviceId ?? "";
    const url = sandboxUrl(seen.discovery, deviceId, "events");
    if (url === null) break;
    const purpose = `make a device publish ${type}`;
    const command = await recorder.call({ purpose, method: "POST", url, json: { type, data } });
    // The check of the event's family reports a refused command.
    if (isSuccess(command)) events.push({ type, deviceId, command });
  }
  return events;
}

/** Changes a device without waiting for the webhook. */
export async function change(
  discovery: Evidence["discovery"],
  deviceId: string,
  command: StatusCommand,
  drive: Drive,
): Promise<TriggeredChange> {
  const { status } = command;
  const trigger = statusTrigger(discovery, drive);
  const triggered = await trigger(`make a device ${status}`, deviceId, command);
  return { deviceId, status, triggeredAt: triggered.startedAt, command: triggered };
}

/**
 * Changes devices at the same time. After the devices are restored, waits until the webhooks have arrived at
 * every endpoint that accepts them, so that no later scenario sees these webhooks.
 *
 * @param step 0 to change, 1 to restore
 */
export async function changeAtOnce(
  discovery: Evidence["discovery"],
  devices: readonly SandboxDevice[],
  step: 0 | 1,
  drive: Drive,
): Promise<TriggeredChange[]> {
  const [watch, since] = [drive.reports.watch(), drive.clock.now()];
  const changes: TriggeredChange[] = [];
  const waiting = devices.entries();
  const workers = Array.from({ length: CONCURRENCY }, async () => {
    for (const [index, { deviceId, course }] of waiting) {
      changes[index] = await change(discovery, deviceId, course[step], drive);
    }
  });
  await Promise.all(workers);
  const successful = changes.filter(({ command }) => isSuccess(command));
  if (step === 0) {
    for (const { deviceId } of successful) drive.reports.noteLoss(deviceId, since);
  } else {
    // A device that was not taken offline cannot have come back online.
    const restored = successful.filter(({ deviceId }) => drive.reports.takeLoss(deviceId) !== null);
    await watch.all(restored, patienceOf(discovery) + BURST_SECONDS);
  }
  return changes;
}
