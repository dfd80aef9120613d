import type { Evidence } from "../../evidence/evidence.ts";
import { declaredDeviceTypes } from "../../evidence/manifest.ts";
import { isObject, itemsOf, memberOf, objectOf, textOf } from "../../evidence/read.ts";
import { CannotDriveError } from "../scenario.ts";

/** Where sandbox commands for a device are posted, or `null` where the manifest names no control URL. */
export function sandboxUrl({ manifest }: Evidence["discovery"], deviceId: string): URL | null {
  const control = textOf(memberOf(objectOf(manifest), "sandbox"), "control_url");
  if (control === null || !URL.canParse(control)) return null;
  return new URL(`${control.replace(/\/$/, "")}/devices/${encodeURIComponent(deviceId)}/status`);
}

/**
 * One online device of each type whose status the manifest says events tell of.
 *
 * @throws {CannotDriveError} where there is none
 */
export function devicesToChange(discovery: Evidence["discovery"], devices: Evidence["devices"]): string[] {
  const types = declaredDeviceTypes(discovery.manifest);
  const chosen = new Map<string, string>();
  for (const { value } of itemsOf(devices.listing)) {
    const device = isObject(value) ? value : null;
    const type = textOf(device, "type");
    const id = textOf(device, "device_id");
    if (type === null || id === null || chosen.has(type)) continue;
    if (textOf(device, "status") === "online" && types.get(type)?.includes("events")) chosen.set(type, id);
  }
  if (chosen.size === 0) {
    throw new CannotDriveError(
      "no device of a type with status_from events is online, so none can be taken offline",
    );
  }
  return [...chosen.values()];
}
