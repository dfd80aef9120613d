import type { Evidence } from "../../evidence/evidence.ts";
import type { Listing } from "../../evidence/exchange.ts";
import { declares } from "../../evidence/manifest.ts";
import { objectOf, textOf } from "../../evidence/read.ts";
import type { Bearer } from "../../harness/recorder.ts";
import { apiUrl } from "../api.ts";
import { onlineDevices } from "../events/sandbox-device.ts";
import { leaveAsFound } from "../events/status-change.ts";
import type { Drive } from "../scenario.ts";
import { canTrigger, statusTrigger } from "../trigger.ts";

/** Returns the sync token of a listing, if any. */
const tokenOf = ({ pages }: Listing): string | null => {
  const last = pages.at(-1);
  return textOf(last ? objectOf(last) : null, "sync_token");
};

/**
 * Changes a device of the first tenant, so that there is a change to leak. Then lists, as another tenant, the
 * changes since a listing of the first tenant, and the changes since a listing of the other tenant.
 *
 * @param otherDevices the other tenant's listing
 * @returns the response to each tenant; `null` if there was no sync token or no device can be changed
 */
export async function foreignToken(
  { discovery, devices }: Pick<Evidence, "discovery" | "devices">,
  otherDevices: Listing,
  credential: Bearer,
  drive: Drive,
): Promise<Evidence["isolation"]["foreignToken"]> {
  const { recorder } = drive;
  // Uses the last device. Later scenarios use the first devices, and could mistake late events of this change
  // for events that they caused.
  const changing = onlineDevices(devices, drive).at(-1);
  const since = tokenOf(devices.listing);
  const isOffered = declares(objectOf(discovery.manifest), "inventory.incremental_sync");
  // A person is not asked for a change here: a foreign cursor shows the same defect.
  if (!isOffered || !changing || !canTrigger(discovery, drive) || drive.person || since === null) return null;
  const trigger = statusTrigger(discovery, drive);
  const isBack = leaveAsFound(discovery, [changing], drive);
  const { deviceId, course } = changing;
  await trigger(`make a device ${course[0].status}`, deviceId, course[0]);
  const ask = { purpose: "list what has changed", url: apiUrl(discovery, "/v1/devices", { since }) };
  const own = await recorder.call(ask);
  const purpose = "as another tenant, list what has changed since a listing of the first tenant";
  const theirs = await recorder.call({ ...ask, purpose, credential });
  const otherSince = tokenOf(otherDevices);
  const changes =
    otherSince === null
      ? null
      : await recorder.call({
          purpose: "as another tenant, list what has changed since that tenant's own listing",
          url: apiUrl(discovery, "/v1/devices", { since: otherSince }),
          credential,
        });
  await trigger("restore the device", deviceId, course[1]);
  isBack();
  return { own, theirs, ...(changes && { changes }) };
}
