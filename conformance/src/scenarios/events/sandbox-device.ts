import { type DeviceStatus, deviceStatusSchema } from "@convergint/schemas";
import type { Evidence } from "../../evidence/evidence.ts";
import { declaredDeviceTypes } from "../../evidence/manifest.ts";
import { isObject, itemsOf, memberOf, objectOf, textOf } from "../../evidence/read.ts";
import { segment } from "../api.ts";
import { CannotDriveError } from "../scenario.ts";

/** A device to try with: the status it is given, and then the one it had, so that it is left as it was found. */
export interface SandboxDevice {
  readonly deviceId: string;
  readonly course: readonly [changed: DeviceStatus, asFound: DeviceStatus];
}

/** Where sandbox commands for a device are posted, or `null` where the manifest names no control URL. */
export function sandboxUrl({ manifest }: Evidence["discovery"], deviceId: string): URL | null {
  const control = textOf(memberOf(objectOf(manifest), "sandbox"), "control_url");
  if (control === null || !URL.canParse(control)) return null;
  return new URL(`${control.replace(/\/$/, "")}/devices/${segment(deviceId)}/status`);
}

/**
 * One device of each type whose status the manifest says events tell of: an online one where there is one, so that
 * most is tried as it happens most.
 *
 * @throws {CannotDriveError} where there is none
 */
export function devicesToChange(
  discovery: Evidence["discovery"],
  devices: Evidence["devices"],
): readonly [SandboxDevice, ...SandboxDevice[]] {
  const types = declaredDeviceTypes(discovery.manifest);
  const chosen = new Map<string, SandboxDevice>();
  for (const { value } of itemsOf(devices.listing)) {
    const device = isObject(value) ? value : null;
    const type = textOf(device, "type");
    const deviceId = textOf(device, "device_id");
    const { data: status } = deviceStatusSchema.safeParse(device?.["status"]);
    if (type === null || deviceId === null || !types.get(type)?.includes("events")) continue;
    // A device whose status no one knows yet cannot be given that back.
    if (status === undefined || (chosen.has(type) && status !== "online")) continue;
    if (chosen.get(type)?.course[1] === "online") continue;
    chosen.set(type, { deviceId, course: [status === "offline" ? "online" : "offline", status] });
  }
  const [first, ...others] = chosen.values();
  if (!first) {
    throw new CannotDriveError(
      "no device of a type with status_from events has a status, so none can be changed and changed back",
    );
  }
  return [first, ...others];
}
