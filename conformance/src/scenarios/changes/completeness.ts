import type { AddedDevice } from "../../evidence/change-evidence.ts";
import type { Evidence } from "../../evidence/evidence.ts";
import type { Exchange, Listing } from "../../evidence/exchange.ts";
import { readDeviceTypes } from "../../evidence/manifest.ts";
import { idsOf, isObject, itemsOf, textOf } from "../../evidence/read.ts";
import { readListing, readUntilShown } from "../../harness/listing.ts";
import { apiUrl } from "../api.ts";
import { type Drive, scenario } from "../scenario.ts";
import { canRemoveDevices, type SandboxEstate, sandboxEstate } from "./estate.ts";

/** Maximum number of device types to add. */
const MAX_TYPES = 25;

type Seen = Pick<Evidence, "discovery" | "sites" | "devices">;

/** Returns a listed site without listed devices, preferably of an org with other sites. */
function findEmptySite({ sites, devices }: Seen): string | null {
  const used = new Set(idsOf(devices.listing, "site_id"));
  const empty = itemsOf(sites.listing).flatMap(({ value }) => {
    const siteId = isObject(value) ? textOf(value, "site_id") : null;
    return siteId === null || used.has(siteId) ? [] : [siteId];
  });
  return empty[0] ?? null;
}

/** Adds one device of each type that the sandbox can add. */
async function addEachType(
  seen: Seen,
  { tryToAdd }: SandboxEstate,
  siteId: string | null,
): Promise<AddedDevice[]> {
  const added: AddedDevice[] = [];
  for (const type of [...readDeviceTypes(seen.discovery.manifest).keys()].slice(0, MAX_TYPES))
    added.push({ type, ...(await tryToAdd({ type, ...(siteId !== null && { siteId }) })) });
  return added;
}

/** Adds a device of each type at an empty site, lists everything, and removes the devices again. */
export const completeness = scenario(
  "completeness",
  "Add a device of each type, and empty the site again",
  ["discovery", "sites", "devices"],
  async (seen, drive: Drive) => {
    const { recorder } = drive;
    const emptySiteId = findEmptySite(seen);
    const estate = sandboxEstate(seen, drive);
    // Adds only what the sandbox can also remove.
    if (!estate?.takes.remove)
      return { emptySiteId, added: [], listing: null, removed: [], again: null, sitesAfter: null };
    const added = await addEachType(seen, estate, emptySiteId);
    const made = added.filter(({ deviceId }) => deviceId !== null);
    const last = made.at(-1);
    let listing: Listing | null = null;
    if (last) {
      listing = await readUntilShown(
        last.command,
        drive,
        () =>
          readListing(recorder, {
            purpose: "list devices after one of each type was added",
            url: apiUrl(seen.discovery, "/v1/devices"),
            limit: 500,
          }),
        (each) => {
          const ids = new Set(idsOf(each, "device_id"));
          return made.every(({ deviceId }) => ids.has(deviceId ?? ""));
        },
      );
    }
    const removed: Exchange[] = [];
    for (const { deviceId } of made) removed.push(await estate.remove(deviceId ?? ""));
    const sitesAfter = await readListing(recorder, {
      purpose: "list sites after the last device of a site was removed",
      url: apiUrl(seen.discovery, "/v1/sites"),
    });
    // Adds a device only if the sandbox can remove the device again.
    const again = last ? { type: last.type, ...(await estate.tryToAdd({ type: last.type })) } : null;
    if (again && again.deviceId !== null) removed.push(await estate.remove(again.deviceId));
    return { emptySiteId, added, listing, removed, again, sitesAfter };
  },
  {
    titleFor: (seen, drive) => (canRemoveDevices(seen, drive) ? null : "Look for a site without devices"),
  },
);
