import type { Evidence } from "../../evidence/evidence.ts";
import type { Exchange, Listing } from "../../evidence/exchange.ts";
import { entriesOf, idsOf, objectOf, textOf } from "../../evidence/read.ts";
import { readListing, readUntilShown } from "../../harness/listing.ts";
import { apiUrl } from "../api.ts";
import { deviceOfType, sandboxUrl, takesCommand } from "../events/sandbox-device.ts";
import { type Drive, scenario } from "../scenario.ts";
import { sandboxEstate } from "./estate.ts";

const HEARTBEAT = "com.convergint.device.heartbeat.v1";
const STATUS_CHANGED = "com.convergint.device.status_changed.v1";

/**
 * Makes a device publish an event that the catalogue lists for its type: preferably a heartbeat, otherwise a
 * status change. Then does the same with an event type that no device has.
 */
async function publish(
  { discovery, devices, catalogue }: Pick<Evidence, "discovery" | "devices" | "catalogue">,
  { recorder, chance }: Drive,
): Promise<Pick<Evidence["installation"], "published" | "unknownType">> {
  if (!takesCommand(discovery, "events")) return { published: null };
  const entries = objectOf(catalogue.exchange)?.["data"];
  for (const type of [HEARTBEAT, STATUS_CHANGED]) {
    const entry = (Array.isArray(entries) ? entries : []).find((each) => each?.type === type);
    for (const deviceType of Array.isArray(entry?.device_types) ? entry.device_types : []) {
      const deviceId = deviceOfType(String(deviceType), devices, chance);
      const url = deviceId === null ? null : sandboxUrl(discovery, deviceId, "events");
      if (!url) continue;
      const ask = (purpose: string, json: object) => recorder.call({ purpose, method: "POST", url, json });
      const device = entriesOf(devices.listing).find(({ value }) => value["device_id"] === deviceId)?.value;
      // Report the current status, so that nothing changes.
      const data =
        type === STATUS_CHANGED ? { status: textOf(device ?? null, "status") ?? "online" } : undefined;
      return {
        published: await ask(`make a device publish ${type}`, { type, data }),
        unknownType: await ask("make a device publish an event type that it does not have", {
          type: "com.convergint.conformance.not_a_type.v1",
        }),
      };
    }
  }
  return { published: null };
}

/** Tries each sandbox command: adds, moves and removes a device, and looks it up each time. */
export const installation = scenario(
  "installation",
  "Add, move and remove a device",
  ["discovery", "sites", "devices", "catalogue"],
  async (seen, drive) => {
    const events = await publish(seen, drive);
    const estate = sandboxEstate(seen, drive);
    if (!estate) {
      return { siteId: "", otherSiteId: null, added: null, moved: null, removed: null, ...events };
    }
    const { siteId, otherSiteId, takes } = estate;
    const list = (
      query: Readonly<Record<string, string>>,
      command: Exchange,
      isShown: (listing: Listing) => boolean,
    ) =>
      readUntilShown(
        command,
        drive,
        () =>
          readListing(drive.recorder, {
            purpose: "list devices after a move",
            url: apiUrl(seen.discovery, "/v1/devices", query),
            limit: 500,
          }),
        isShown,
      );
    const { command, deviceId } = await estate.tryToAdd();
    if (deviceId === null) {
      const added = { deviceId: "", command, lookedUp: command };
      return { siteId, otherSiteId, added, moved: null, removed: null, ...events };
    }
    const added = { deviceId, command, lookedUp: await estate.lookUp(deviceId) };
    let moved: Evidence["installation"]["moved"] = null;
    if (takes.move && otherSiteId !== null) {
      const move = await estate.move(deviceId, otherSiteId);
      const isListed = (listing: Listing) => idsOf(listing, "device_id").includes(deviceId);
      const isThere = (listing: Listing) =>
        entriesOf(listing).some(
          ({ value }) => value["device_id"] === deviceId && value["site_id"] === otherSiteId,
        );
      const there = await list({ site_id: otherSiteId }, move, isListed);
      const hereStill = await list({ site_id: siteId }, move, (listing) => !isListed(listing));
      const site = entriesOf(seen.sites.listing).find(({ value }) => value["site_id"] === siteId)?.value;
      const orgId = textOf(site ?? null, "org_id");
      const elsewhere = [
        await list({}, move, isThere),
        ...(orgId === null ? [] : [await list({ org_id: orgId }, move, isThere)]),
      ];
      moved = {
        deviceId,
        command: move,
        lookedUp: await estate.lookUp(deviceId),
        there,
        hereStill,
        elsewhere,
      };
    }
    const unknownSite = drive.chance.uuid("site of a sandbox command");
    const atUnknownSite = [(await estate.tryToAdd({ siteId: unknownSite })).command];
    if (takes.move) atUnknownSite.push(await estate.move(deviceId, unknownSite));
    const removed = takes.remove
      ? { deviceId, command: await estate.remove(deviceId), lookedUp: await estate.lookUp(deviceId) }
      : null;
    return { siteId, otherSiteId, added, moved, removed, atUnknownSite, ...events };
  },
);
