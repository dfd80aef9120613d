import type { Evidence } from "../../evidence/evidence.ts";
import { declares } from "../../evidence/manifest.ts";
import { objectOf, textOf } from "../../evidence/read.ts";
import { apiUrl } from "../api.ts";
import { devicesApart } from "../events/sandbox-device.ts";
import { leaveAsFound } from "../events/status-change.ts";
import type { Drive } from "../scenario.ts";
import { canTrigger, statusTrigger } from "../trigger.ts";

/**
 * Asks as another tenant for what has changed since a listing of the first, after something has: while nothing has, nobody
 * could be given anything.
 *
 * @returns the answer to either tenant; `null` where no token was given or nothing can change
 */
export async function foreignToken(
  { discovery, devices }: Pick<Evidence, "discovery" | "devices">,
  credential: string,
  drive: Drive,
): Promise<Evidence["isolation"]["foreignToken"]> {
  const { recorder } = drive;
  const [changing] = devicesApart(discovery, devices, 1, drive.chance);
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
  const purpose = "as another tenant, list what has changed since a listing of the first";
  const theirs = await recorder.call({ ...ask, purpose, credential });
  await trigger("bring the device back", deviceId, course[1]);
  isBack();
  return { own, theirs };
}
