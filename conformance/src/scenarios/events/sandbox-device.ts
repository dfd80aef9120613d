import type { SeededRandom } from "@convergint/internal/seeded-random";
import { type DeviceStatus, deviceStatusSchema } from "@convergint/schemas";
import type { Evidence } from "../../evidence/evidence.ts";
import { readDeviceTypes, readSandboxCommands } from "../../evidence/manifest.ts";
import { isObject, itemsOf, type JsonObject, memberOf, objectOf, textOf } from "../../evidence/read.ts";
import { faultOfBase, segment } from "../api.ts";
import { CannotDriveError } from "../scenario.ts";

/** The status to give a device. */
export interface StatusCommand {
  readonly status: DeviceStatus;
  readonly status_reason?: string;
}

/** A device to change, with the status to give it and the status to restore. */
export interface SandboxDevice {
  readonly deviceId: string;
  readonly course: readonly [changed: StatusCommand, asFound: StatusCommand];
}

type Inventory = ReadonlyMap<string, JsonObject>;

/** Returns a device and its ancestors by parent_device_id. */
function lineOf(deviceId: string, inventory: Inventory): readonly string[] {
  const line: string[] = [];
  let next: string | null = deviceId;
  while (next !== null && !line.includes(next)) {
    line.push(next);
    next = textOf(inventory.get(next) ?? null, "parent_device_id");
  }
  return line;
}

const inventoryOf = ({ listing }: Evidence["devices"]): Inventory =>
  new Map(
    itemsOf(listing).flatMap(({ value }) => {
      const deviceId = isObject(value) ? textOf(value, "device_id") : null;
      return isObject(value) && deviceId !== null ? [[deviceId, value] as const] : [];
    }),
  );

/** Returns the reachable devices behind a device, by parent_device_id, whose types have status events. */
export function devicesBehind(
  deviceId: string,
  discovery: Evidence["discovery"],
  devices: Evidence["devices"],
): string[] {
  const inventory = inventoryOf(devices);
  const types = readDeviceTypes(discovery.manifest);
  return [...inventory].flatMap(([id, device]) =>
    id !== deviceId &&
    lineOf(id, inventory).includes(deviceId) &&
    ["online", "degraded"].includes(textOf(device, "status") ?? "") &&
    types.get(textOf(device, "type") ?? "")?.includes("events") === true
      ? [id]
      : [],
  );
}

/**
 * Splits devices into turns, so that no device is in the same turn as one of its ancestors. When a connector
 * goes offline, the devices behind it become unknown (DEV-008). While the connector is offline, these devices
 * must not be given another status.
 */
export function inTurns(
  chosen: readonly SandboxDevice[],
  devices: Evidence["devices"],
): readonly (readonly SandboxDevice[])[] {
  const inventory = inventoryOf(devices);
  const turns: SandboxDevice[][] = [];
  for (const device of chosen) {
    const line = lineOf(device.deviceId, inventory);
    const isApart = (other: SandboxDevice) =>
      !line.includes(other.deviceId) && !lineOf(other.deviceId, inventory).includes(device.deviceId);
    const turn = turns.find((others) => others.every(isApart));
    if (turn) turn.push(device);
    else turns.push([device]);
  }
  return turns;
}

/** Returns the URL of a sandbox command, or `null` if the manifest has no valid control URL. */
export function controlUrl({ manifest }: Evidence["discovery"], path: string): URL | null {
  const control = textOf(memberOf(objectOf(manifest), "sandbox"), "control_url");
  if (control === null || faultOfBase(control) !== null) return null;
  return new URL(control.replace(/\/$/, "") + path);
}

/** Returns the URL of a sandbox command for a device, or `null` if the manifest has no valid control URL. */
export const sandboxUrl = (
  discovery: Evidence["discovery"],
  deviceId: string,
  command: "status" | "events" = "status",
): URL | null => controlUrl(discovery, `/devices/${segment(deviceId)}/${command}`);

/** Whether the manifest declares a sandbox command. @see spec/1.0/contract.md#sandbox-control */
export const takesCommand = ({ manifest }: Evidence["discovery"], command: string): boolean =>
  readSandboxCommands(objectOf(manifest)).includes(command);

const shuffled = (inventory: Inventory, chance: SeededRandom) =>
  chance.shuffle([...inventory], ([deviceId]) => deviceId);

const hasAncestorDown = (deviceId: string, inventory: Inventory): boolean =>
  lineOf(deviceId, inventory)
    .slice(1)
    .some((id) => ["offline", "unknown"].includes(textOf(inventory.get(id) ?? null, "status") ?? ""));

/**
 * Returns devices of any type that can change at the same time. They are online, and have no devices behind
 * them.
 */
export function onlineDevices(
  devices: Evidence["devices"],
  chance: SeededRandom,
): readonly (SandboxDevice & { readonly type: string | null })[] {
  const inventory = inventoryOf(devices);
  const parents = new Set([...inventory.values()].map((device) => textOf(device, "parent_device_id")));
  return shuffled(inventory, chance)
    .filter(
      ([deviceId, device]) =>
        device["status"] === "online" && !parents.has(deviceId) && !hasAncestorDown(deviceId, inventory),
    )
    .map(([deviceId, device]) => ({
      deviceId,
      type: textOf(device, "type"),
      course: [{ status: "offline" }, { status: "online" }],
    }));
}

/** Returns online devices of types with status events, at most `max`. */
export function devicesApart(
  discovery: Evidence["discovery"],
  devices: Evidence["devices"],
  max: number,
  chance: SeededRandom,
): readonly SandboxDevice[] {
  const types = readDeviceTypes(discovery.manifest);
  return onlineDevices(devices, chance)
    .filter(({ type }) => types.get(type ?? "")?.includes("events") === true)
    .slice(0, max);
}

/**
 * Returns a device of a type, preferably an online device, and never a device behind a device that is down.
 */
export function deviceOfType(
  type: string,
  devices: Evidence["devices"],
  chance: SeededRandom,
): string | null {
  const inventory = inventoryOf(devices);
  const candidates = shuffled(inventory, chance).filter(
    ([deviceId, device]) => device["type"] === type && !hasAncestorDown(deviceId, inventory),
  );
  const online = candidates.find(([, device]) => device["status"] === "online");
  return (online ?? candidates[0])?.[0] ?? null;
}

/**
 * Returns one device of each type with status events, preferably online.
 *
 * @param isMeant returns false for devices to leave out
 * @throws {CannotDriveError} if there is none
 */
export function devicesToChange(
  discovery: Evidence["discovery"],
  devices: Evidence["devices"],
  chance: SeededRandom,
  isMeant: (deviceId: string) => boolean = () => true,
): readonly [SandboxDevice, ...SandboxDevice[]] {
  const types = readDeviceTypes(discovery.manifest);
  const inventory = inventoryOf(devices);
  const chosen = new Map<string, SandboxDevice>();
  for (const [deviceId, device] of shuffled(inventory, chance)) {
    if (!isMeant(deviceId)) continue;
    const type = textOf(device, "type");
    const { data: status } = deviceStatusSchema.safeParse(device["status"]);
    if (type === null || !types.get(type)?.includes("events")) continue;
    // Without a known status, nothing can be restored.
    if (status === undefined || (chosen.has(type) && status !== "online")) continue;
    if (chosen.get(type)?.course[1].status === "online") continue;
    // A device behind a connector that is down stays unknown.
    if (hasAncestorDown(deviceId, inventory)) continue;
    const reason = textOf(device, "status_reason");
    const asFound = { status, ...(reason !== null && { status_reason: reason }) };
    chosen.set(type, {
      deviceId,
      course: [{ status: status === "offline" ? "online" : "offline" }, asFound],
    });
  }
  // Keep the inventory's order, so that scenarios that use only one device always use the same type.
  const inOrder = new Set([...inventory.values()].map((device) => textOf(device, "type") ?? ""));
  const [first, ...others] = [...inOrder].flatMap((type) => chosen.get(type) ?? []);
  if (!first) {
    throw new CannotDriveError(
      'no device has both a status and a type with "events" in status_from, so the suite cannot change and restore a device',
    );
  }
  return [first, ...others];
}
