import type { Evidence } from "../../evidence/evidence.ts";
import { objectOf } from "../../evidence/read.ts";
import { readListing } from "../../harness/listing.ts";
import { apiUrl } from "../api.ts";
import { deviceOfType, sandboxUrl, takesCommand } from "../events/sandbox-device.ts";
import { type Drive, scenario } from "../scenario.ts";
import { sandboxEstate } from "./estate.ts";

/**
 * Makes a device publish an event that the catalogue lists for its type: preferably a heartbeat, otherwise a
 * status change.
 */
async function publish(
  { discovery, devices, catalogue }: Pick<Evidence, "discovery" | "devices" | "catalogue">,
  { recorder, chance }: Drive,
) {
  if (!takesCommand(discovery, "events")) return null;
  const heartbeat = "com.convergint.device.heartbeat.v1";
  const statusChanged = "com.convergint.device.status_changed.v1";
  const entries = objectOf(catalogue.exchange)?.["data"];
  for (const type of [heartbeat, statusChanged]) {
    const entry = (Array.isArray(entries) ? entries : []).find((each) => each?.type === type);
    for (const deviceType of Array.isArray(entry?.device_types) ? entry.device_types : []) {
      const deviceId = deviceOfType(String(deviceType), devices, chance);
      const url = deviceId === null ? null : sandboxUrl(discovery, deviceId, "events");
      if (url) {
        return recorder.call({
          purpose: `make a device publish ${type}`,
          method: "POST",
          url,
          json: { type },
        });
      }
    }
  }
  return null;
}

/** Tries each sandbox command: adds, moves and removes a device, and looks it up each time. */
export const installation = scenario(
  "installation",
  "Add, move and remove a device",
  ["discovery", "sites", "devices", "catalogue"],
  async (seen, drive) => {
    const published = await publish(seen, drive);
    const estate = sandboxEstate(seen, drive);
    if (!estate) {
      return { siteId: "", otherSiteId: null, added: null, moved: null, removed: null, published };
    }
    const { siteId, otherSiteId, takes } = estate;
    const list = (site: string) =>
      readListing(drive.recorder, {
        purpose: "list one site's devices",
        url: apiUrl(seen.discovery, "/v1/devices", { site_id: site }),
        limit: 500,
      });
    const { command, deviceId } = await estate.tryToAdd();
    if (deviceId === null) {
      const added = { deviceId: "", command, lookedUp: command };
      return { siteId, otherSiteId, added, moved: null, removed: null, published };
    }
    const added = { deviceId, command, lookedUp: await estate.lookUp(deviceId) };
    let moved: Evidence["installation"]["moved"] = null;
    if (takes.move && otherSiteId !== null) {
      const move = await estate.move(deviceId, otherSiteId);
      moved = {
        deviceId,
        command: move,
        lookedUp: await estate.lookUp(deviceId),
        there: await list(otherSiteId),
        hereStill: await list(siteId),
      };
    }
    const removed = takes.remove
      ? { deviceId, command: await estate.remove(deviceId), lookedUp: await estate.lookUp(deviceId) }
      : null;
    return { siteId, otherSiteId, added, moved, removed, published };
  },
);
