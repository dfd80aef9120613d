import type { SeededRandom } from "@convergint/internal/seeded-random";
import { type DeviceStatus, deviceStatusSchema } from "@convergint/schemas";
import type { Evidence } from "../../evidence/evidence.ts";
import { declaredDeviceTypes, sandboxCommands } from "../../evidence/manifest.ts";
import { isObject, itemsOf, type JsonObject, memberOf, objectOf, textOf } from "../../evidence/read.ts";
import { segment } from "../api.ts";
import { CannotDriveError } from "../scenario.ts";

/** What a device is told to be. */
export interface StatusCommand {
  readonly status: DeviceStatus;
  readonly status_reason?: string;
}

/** A device to try with: the status it is given, and then the one it had, so that it is left as it was found. */
export interface SandboxDevice {
  readonly deviceId: string;
  readonly course: readonly [changed: StatusCommand, asFound: StatusCommand];
}

type Inventory = ReadonlyMap<string, JsonObject>;

/** A device and all it is behind, as far as the inventory tells. */
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

/**
 * Puts devices into turns, so that no two of one turn are behind each other: a connector that goes offline takes the
 * devices behind it along, as DEV-008 asks, and they must not be told to be something else meanwhile.
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

/** Where sandbox commands are posted, or `null` where the manifest names no usable control URL. */
export function controlUrl({ manifest }: Evidence["discovery"], path: string): URL | null {
  const control = textOf(memberOf(objectOf(manifest), "sandbox"), "control_url");
  if (control === null || !URL.canParse(control)) return null;
  return new URL(control.replace(/\/$/, "") + path);
}

/** Where sandbox commands for a device are posted, or `null` where the manifest names no control URL. */
export const sandboxUrl = (
  discovery: Evidence["discovery"],
  deviceId: string,
  command: "status" | "events" = "status",
): URL | null => controlUrl(discovery, `/devices/${segment(deviceId)}/${command}`);

/** Tells whether the sandbox takes a command, by the manifest. @see spec/1.0/contract.md#sandbox-control */
export const takesCommand = ({ manifest }: Evidence["discovery"], command: string): boolean =>
  sandboxCommands(objectOf(manifest)).includes(command);

const byChance = (inventory: Inventory, chance: SeededRandom) =>
  chance.shuffle([...inventory], ([deviceId]) => deviceId);

const isBehindOneThatIsDown = (deviceId: string, inventory: Inventory): boolean =>
  lineOf(deviceId, inventory)
    .slice(1)
    .some((id) => ["offline", "unknown"].includes(textOf(inventory.get(id) ?? null, "status") ?? ""));

/**
 * Devices that can change at once, each by itself: online, of a type whose status events tell of, and with none behind
 * them that would be taken along.
 */
export function devicesApart(
  discovery: Evidence["discovery"],
  devices: Evidence["devices"],
  most: number,
  chance: SeededRandom,
): readonly SandboxDevice[] {
  const types = declaredDeviceTypes(discovery.manifest);
  const inventory = inventoryOf(devices);
  const parents = new Set([...inventory.values()].map((device) => textOf(device, "parent_device_id")));
  return byChance(inventory, chance)
    .filter(
      ([deviceId, device]) =>
        device["status"] === "online" &&
        types.get(textOf(device, "type") ?? "")?.includes("events") === true &&
        !parents.has(deviceId) &&
        !isBehindOneThatIsDown(deviceId, inventory),
    )
    .slice(0, most)
    .map(([deviceId]) => ({ deviceId, course: [{ status: "offline" }, { status: "online" }] }));
}

/** A device of a type: one that is online, where there is one, and never one behind another that is down. */
export function deviceOfType(
  type: string,
  devices: Evidence["devices"],
  chance: SeededRandom,
): string | null {
  const inventory = inventoryOf(devices);
  const candidates = byChance(inventory, chance).filter(
    ([deviceId, device]) => device["type"] === type && !isBehindOneThatIsDown(deviceId, inventory),
  );
  const online = candidates.find(([, device]) => device["status"] === "online");
  return (online ?? candidates[0])?.[0] ?? null;
}

/**
 * One device of each type whose status the manifest says events tell of: an online one where there is one, so that
 * most is tried as it happens most.
 *
 * @param isMeant leaves out those that are not to be changed
 * @throws {CannotDriveError} where there is none
 */
export function devicesToChange(
  discovery: Evidence["discovery"],
  devices: Evidence["devices"],
  chance: SeededRandom,
  isMeant: (deviceId: string) => boolean = () => true,
): readonly [SandboxDevice, ...SandboxDevice[]] {
  const types = declaredDeviceTypes(discovery.manifest);
  const inventory = inventoryOf(devices);
  const chosen = new Map<string, SandboxDevice>();
  for (const [deviceId, device] of byChance(inventory, chance)) {
    if (!isMeant(deviceId)) continue;
    const type = textOf(device, "type");
    const { data: status } = deviceStatusSchema.safeParse(device["status"]);
    if (type === null || !types.get(type)?.includes("events")) continue;
    // A device whose status no one knows yet cannot be given that back.
    if (status === undefined || (chosen.has(type) && status !== "online")) continue;
    if (chosen.get(type)?.course[1].status === "online") continue;
    // Whatever it is told to be, a device behind a connector that is down is unknown.
    if (isBehindOneThatIsDown(deviceId, inventory)) continue;
    const reason = textOf(device, "status_reason");
    const asFound = { status, ...(reason !== null && { status_reason: reason }) };
    chosen.set(type, {
      deviceId,
      course: [{ status: status === "offline" ? "online" : "offline" }, asFound],
    });
  }
  // The types stay in the inventory's order: what is tried with one device alone is tried with the same type.
  const inOrder = new Set([...inventory.values()].map((device) => textOf(device, "type") ?? ""));
  const [first, ...others] = [...inOrder].flatMap((type) => chosen.get(type) ?? []);
  if (!first) {
    throw new CannotDriveError(
      "no device of a type with status_from events has a status, so none can be changed and changed back",
    );
  }
  return [first, ...others];
}
