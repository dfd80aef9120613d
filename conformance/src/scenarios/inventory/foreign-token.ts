import type { Evidence } from "../../evidence/evidence.ts";
import { declares } from "../../evidence/manifest.ts";
import { objectOf, textOf } from "../../evidence/read.ts";
import { apiUrl } from "../api.ts";
import { onlineDevices } from "../events/sandbox-device.ts";
import { leaveAsFound } from "../events/status-change.ts";
import type { Drive } from "../scenario.ts";
import { canTrigger, statusTrigger } from "../trigger.ts";

/**
 * Lists, as another tenant, the changes since a listing of the first tenant. Changes a device first, so that there is a change
 * to leak.
 *
 * @returns the response to each tenant; `null` if there was no sync token or no device can be changed
 */
export async function foreignToken(
  { discovery, devices }: Pick<Evidence, "discovery" | "devices">,
  credential: string,
  drive: Drive,
): Promise<Evidence["isolation"]["foreignToken"]> {
  const { recorder } = drive;
  const [changing] = onlineDevices(devices, drive.chance);
  const last = devices.listing.pages.at(-1);
  const since = textOf(last ? objectOf(last) : null, "sync_token");
  const isOffered = declares(objectOf(discovery.manifest), "inventory.incremental_sync");
  if (!isOffered || !changing || !canTrigger(discovery, drive) || since === null) return null;
  const trigger = statusTrigger(discovery, drive);
  const isBack = leaveAsFound(discovery, [changing], drive);
  const { deviceId, course } = changing;
  await trigger(`make a device ${course[0].status}`, deviceId, course[0]);
  const ask = { purpose: "list what has changed", url: apiUrl(discovery, "/v1/devices", { since }) };
  const own = await recorder.call(ask);
  const purpose = "as another tenant, list what has changed since a listing of the first tenant";
  const theirs = await recorder.call({ ...ask, purpose, credential });
  await trigger("restore the device", deviceId, course[1]);
  isBack();
  return { own, theirs };
}
