import type { SeededRandom } from "@convergint/internal/seeded-random";
import { type DeviceStatus, deviceStatusSchema } from "@convergint/schemas";
import type { Evidence } from "../../evidence/evidence.ts";
import type { Listing } from "../../evidence/exchange.ts";
import { readDeviceTypes, readSandboxCommands } from "../../evidence/manifest.ts";
import { isObject, itemsOf, type JsonObject, memberOf, objectOf, textOf } from "../../evidence/read.ts";
import { faultOfBase, segment } from "../api.ts";
import { CannotDriveError, type Drive } from "../scenario.ts";

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
type Shuffled = readonly (readonly [string, JsonObject])[];

/** Who chooses devices: the seeded choice or, if a person changes them, the person. */
export type Choosing = Pick<Drive, "chance" | "person">;

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

/** Caches inventories and their random orders, because every scenario chooses from the same listing. */
const inventories = new WeakMap<Listing, Inventory>();
const orders = new WeakMap<Inventory, { readonly chance: SeededRandom; readonly devices: Shuffled }>();

function inventoryOf({ listing }: Evidence["devices"]): Inventory {
  const before = inventories.get(listing);
  if (before) return before;
  const inventory = new Map(
    itemsOf(listing).flatMap(({ value }) => {
      const deviceId = isObject(value) ? textOf(value, "device_id") : null;
      return isObject(value) && deviceId !== null ? [[deviceId, value] as const] : [];
    }),
  );
  inventories.set(listing, inventory);
  return inventory;
}

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

function shuffled(inventory: Inventory, chance: SeededRandom): Shuffled {
  const before = orders.get(inventory);
  if (before?.chance === chance) return before.devices;
  const devices = chance.shuffle([...inventory], ([deviceId]) => deviceId);
  orders.set(inventory, { chance, devices });
  return devices;
}

const hasAncestorDown = (deviceId: string, inventory: Inventory): boolean =>
  lineOf(deviceId, inventory)
    .slice(1)
    .some((id) => ["offline", "unknown"].includes(textOf(inventory.get(id) ?? null, "status") ?? ""));

/** A device with its type. */
type TypedDevice = SandboxDevice & { readonly type: string | null };

/** Returns the devices that a person changes; without a person, all of them. */
function pickFrom<Device extends SandboxDevice>(
  candidates: readonly Device[],
  max: number,
  { person }: Choosing,
): readonly Device[] {
  if (!person) return candidates;
  const picked = person.pick(
    candidates.map(({ deviceId }) => deviceId),
    max,
  );
  return picked.flatMap((id) => candidates.filter(({ deviceId }) => deviceId === id));
}

/**
 * Returns devices of any type that can change at the same time. They are online, and have no devices behind
 * them. If a person changes them, returns one device.
 */
export const onlineDevices = (devices: Evidence["devices"], choosing: Choosing): readonly TypedDevice[] =>
  pickFrom(findOnline(devices, choosing.chance), 1, choosing);

function findOnline(devices: Evidence["devices"], chance: SeededRandom): readonly TypedDevice[] {
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

/** Returns online devices of types with status events, at most `max`. If a person changes them, at most one. */
export const devicesApart = (
  discovery: Evidence["discovery"],
  devices: Evidence["devices"],
  max: number,
  choosing: Choosing,
): readonly SandboxDevice[] =>
  pickFrom(findOnlineWithEvents(discovery, devices, choosing.chance), 1, choosing).slice(0, max);

function findOnlineWithEvents(
  discovery: Evidence["discovery"],
  devices: Evidence["devices"],
  chance: SeededRandom,
): readonly TypedDevice[] {
  const types = readDeviceTypes(discovery.manifest);
  return findOnline(devices, chance).filter(({ type }) => types.get(type ?? "")?.includes("events") === true);
}

/** How many devices of different types a person changes. */
export const TYPES_BY_HAND = 2;
const NO_DEVICE =
  'no device has both a status and a type with "events" in status_from, so the suite cannot change and restore a device';

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
 * Returns one device of each type with status events, preferably online. If a person changes them, returns
 * online devices of two types.
 *
 * @param isMeant returns false for devices to leave out
 * @throws {CannotDriveError} if there is none
 */
export function devicesToChange(
  discovery: Evidence["discovery"],
  devices: Evidence["devices"],
  choosing: Choosing,
  isMeant: (deviceId: string) => boolean = () => true,
): readonly [SandboxDevice, ...SandboxDevice[]] {
  const { chance, person } = choosing;
  if (person) {
    const candidates = findOnlineWithEvents(discovery, devices, chance).filter((each) =>
      isMeant(each.deviceId),
    );
    const [first, ...others] = pickFrom(candidates, TYPES_BY_HAND, choosing);
    if (first) return [first, ...others];
    throw new CannotDriveError(`${NO_DEVICE}. A person can change only a device that is online`);
  }
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
    throw new CannotDriveError(NO_DEVICE);
  }
  return [first, ...others];
}
