import { randomInt } from "node:crypto";
import { DEVICE_HEARTBEAT } from "@convergint/schemas";
import type { Evidence, StatusChange } from "../../evidence/evidence.ts";
import type { Delivery } from "../../evidence/exchange.ts";
import { readPostedTypes } from "../../evidence/manifest.ts";
import { type StatusOf, selectSuccessful } from "../../evidence/match-deliveries.ts";
import { eventsOf, isSuccess, listOf, objectOf, textOf } from "../../evidence/read.ts";
import type { TriggeredChange } from "../../evidence/resilience-evidence.ts";
import { sleep } from "../../harness/clock.ts";
import { apiUrl, segment } from "../api.ts";
import { CannotDriveError, type Drive, requireWebhooks, scenario } from "../scenario.ts";
import { statusTrigger } from "../trigger.ts";
import { acquireEndpoint, releaseEndpoint } from "./acquire-endpoint.ts";
import {
  devicesApart,
  devicesBehind,
  devicesToChange,
  inTurns,
  onlineDevices,
  type SandboxDevice,
  type StatusCommand,
  sandboxUrl,
  TYPES_BY_HAND,
  takesCommand,
} from "./sandbox-device.ts";
import {
  changeStatus,
  latencyOf,
  leaveAsFound,
  patienceOf,
  publicationSecondsOf,
  watchSeconds,
} from "./status-change.ts";

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

/**
 * Statuses to give a device in quick succession. Each status occurs once, so an event shows which change it
 * reports.
 */
const RAPID: readonly StatusCommand[] = [
  { status: "offline" },
  { status: "degraded", status_reason: "fault" },
  { status: "unknown" },
];

/** Changes one device several times without waiting for webhooks, waits for the last webhook, and restores the device. */
async function changeRapidly(
  device: SandboxDevice,
  discovery: Evidence["discovery"],
  destination: string,
  drive: Drive,
): Promise<NonNullable<Evidence["health"]["rapid"]>> {
  const { deviceId, course } = device;
  const isBack = leaveAsFound(discovery, [device], drive);
  const watch = drive.reports.watch();
  const from = drive.receiver.deliveriesTo(destination).length;
  const trigger = statusTrigger(discovery, drive);
  const changes: TriggeredChange[] = [];
  for (const { status, ...reason } of RAPID) {
    const command = await trigger(`make a device ${status}, in quick succession`, deviceId, {
      status,
      ...reason,
    });
    changes.push({ deviceId, status, triggeredAt: command.startedAt, command });
  }
  // A vendor may report quick changes together. So only the last event must arrive.
  await watch.all(selectSuccessful(changes).slice(-1), patienceOf(discovery));
  await changeStatus(discovery, destination, deviceId, course[1], drive);
  isBack();
  return { from, changes };
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
    `Devices changed, but no webhook arrived. ${obstacle} If the vendor can reach the receiver, the likely cause is that the vendor does not post this event; see EVT-001.`,
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
  const endpoint = await acquireEndpoint(discovery, drive);
  const { destination, secret } = endpoint;
  if (secret === undefined)
    throw new CannotDriveError("the vendor did not register the webhook endpoint; see SEC-002");
  const changes: StatusChange[] = [];
  // A person makes one change after the other, so each device goes offline and back before the next.
  const turns = drive.person ? chosen.map((device) => [device]) : inTurns(chosen, devices);
  for (const turn of turns) {
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
  const rapid = varied && (await changeRapidly(varied, discovery, destination, drive));
  const evidence = {
    secret,
    latencySeconds,
    changes,
    variants,
    ...(rapid && { rapid }),
    deliveries: [...drive.receiver.deliveriesTo(destination)],
    otherDeliveries: endpoints.otherDestination === null ? null : deliveredThere(),
  };
  await releaseEndpoint(discovery, endpoint, drive);
  return evidence;
}

/** Takes one device of each type offline and online again, and records what the vendor posts. */
export const health = scenario(
  "health",
  "Take devices offline and online again",
  ["discovery", "devices", "endpoints"],
  (evidence, drive) => {
    const { discovery, devices } = evidence;
    // A person cannot give a device every status, nor change it in quick succession.
    const [varied] = drive.person ? [] : devicesApart(discovery, devices, 1, drive);
    return offlineAndBack(devicesToChange(discovery, devices, drive), evidence, drive, varied);
  },
  { byHand: () => 2 * TYPES_BY_HAND },
);

/**
 * Chooses a device that publishes heartbeats. The choice is not seeded: a device that published one in an
 * earlier run, or earlier in this run, may have to stay silent for 5 minutes.
 */
function chooseDevice(
  { discovery, devices, catalogue }: Pick<Evidence, "discovery" | "devices" | "catalogue">,
  drive: Drive,
): URL | null {
  if (!takesCommand(discovery, "events") || !readPostedTypes(discovery.manifest).includes(DEVICE_HEARTBEAT))
    return null;
  const types = listOf(objectOf(catalogue.exchange), "data").flatMap(({ type, device_types }) =>
    type === DEVICE_HEARTBEAT && Array.isArray(device_types) ? device_types : [],
  );
  const chosen = onlineDevices(devices, drive).filter(({ type }) => types.includes(type));
  const device = chosen.length > 0 ? chosen[randomInt(chosen.length)] : undefined;
  return device ? sandboxUrl(discovery, device.deviceId, "events") : null;
}

/** Makes a device publish two heartbeats in quick succession; the vendor must post only the first. */
export const heartbeats = scenario(
  "heartbeats",
  "Make a device publish two heartbeats",
  ["discovery", "devices", "catalogue", "health"],
  async (seen, drive) => {
    requireWebhooks(seen.health);
    const { recorder, receiver, signal, clock } = drive;
    const url = chooseDevice(seen, drive);
    if (url === null) return { commands: [], deliveries: [] };
    const endpoint = await acquireEndpoint(seen.discovery, drive);
    const { destination } = endpoint;
    const publish = () =>
      recorder.call({
        purpose: "make a device publish a heartbeat",
        method: "POST",
        url,
        json: { type: DEVICE_HEARTBEAT },
      });
    const seconds = publicationSecondsOf(seen.discovery);
    const commands = [await publish()];
    const started = clock.now();
    // The endpoint is new, and an earlier heartbeat of any device still shows that heartbeats arrive here.
    const hasArrived = () =>
      receiver
        .deliveriesTo(destination)
        .some((delivery) => eventsOf(delivery).some(({ type }) => type === DEVICE_HEARTBEAT));
    await receiver.waitUntil(destination, hasArrived, { seconds, signal });
    const waitedSeconds = (clock.now() - started) / 1000;
    commands.push(await publish());
    await sleep(clock, watchSeconds(seconds, [{ waitedSeconds }]) * 1000, signal);
    const evidence = { commands, deliveries: [...receiver.deliveriesTo(destination)] };
    await releaseEndpoint(seen.discovery, endpoint, drive);
    return evidence;
  },
);
