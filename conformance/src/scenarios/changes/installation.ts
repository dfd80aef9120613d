import { DEVICE_ADDED, DEVICE_REMOVED, DEVICE_UPDATED } from "@convergint/schemas";
import type { InstallationStep } from "../../evidence/change-evidence.ts";
import type { Evidence } from "../../evidence/evidence.ts";
import type { Exchange, Listing } from "../../evidence/exchange.ts";
import { readPostedTypes } from "../../evidence/manifest.ts";
import { isPublished } from "../../evidence/match-deliveries.ts";
import { entriesOf, idsOf, objectOf, textOf } from "../../evidence/read.ts";
import { readListing, readUntilShown } from "../../harness/listing.ts";
import { apiUrl } from "../api.ts";
import { acquireEndpoint, releaseEndpoint } from "../events/acquire-endpoint.ts";
import { deviceOfType, sandboxUrl, takesCommand } from "../events/sandbox-device.ts";
import { publicationSecondsOf } from "../events/status-change.ts";
import { CannotDriveError, type Drive, requireWebhooks, scenario } from "../scenario.ts";
import { CANNOT_ADD, sandboxEstate } from "./estate.ts";

const HEARTBEAT = "com.convergint.device.heartbeat.v1";
const STATUS_CHANGED = "com.convergint.device.status_changed.v1";

/**
 * Makes a device publish an event that the catalogue lists for the device's type, preferably a heartbeat, otherwise a
 * status change. Then asks the same device to publish an event of a type that does not exist.
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

/** Adds, moves and removes a device, and records the events. */
export const installationEvents = scenario(
  "installationEvents",
  "Add, move and remove a device, and wait for the events",
  ["discovery", "sites", "devices", "health"],
  async (seen, drive) => {
    requireWebhooks(seen.health);
    const { receiver, signal, clock } = drive;
    const estate = sandboxEstate(seen, drive);
    if (!estate) throw new CannotDriveError(CANNOT_ADD);
    const declared = readPostedTypes(seen.discovery.manifest);
    const waitSeconds = publicationSecondsOf(seen.discovery);
    const endpoint = await acquireEndpoint(seen.discovery, drive);
    const { destination } = endpoint;
    const deliveries = receiver.deliveriesTo(destination);
    const steps: InstallationStep[] = [];

    async function step(
      type: string,
      siteId: string,
      act: () => Promise<{ command: Exchange; deviceId: string }>,
    ) {
      const from = deliveries.length;
      const { command, deviceId } = await act();
      const commanded = clock.now();
      // The device is new, and each of its events has another type, so no older event can be mistaken for the
      // requested event.
      const hasArrived = () => isPublished({ type, deviceId, from, command }, deliveries);
      if (declared.includes(type))
        await receiver.waitUntil(destination, hasArrived, { seconds: waitSeconds, signal });
      const [waitedSeconds, to] = [(clock.now() - commanded) / 1000, deliveries.length];
      const lookedUp = await estate?.lookUp(deviceId);
      if (lookedUp && declared.includes(type)) {
        steps.push({ type, siteId, deviceId, command, lookedUp, waitedSeconds, from, to });
      }
      return deviceId;
    }
    const { siteId, otherSiteId, takes } = estate;
    const deviceId = await step(DEVICE_ADDED, siteId, () => estate.add());
    if (takes.move && otherSiteId !== null) {
      await step(DEVICE_UPDATED, otherSiteId, async () => ({
        command: await estate.move(deviceId, otherSiteId),
        deviceId,
      }));
    }
    if (takes.remove) {
      const last = takes.move && otherSiteId !== null ? otherSiteId : siteId;
      await step(DEVICE_REMOVED, last, async () => ({ command: await estate.remove(deviceId), deviceId }));
    }
    const evidence = { waitSeconds, steps, deliveries: [...deliveries] };
    await releaseEndpoint(seen.discovery, endpoint, drive);
    return evidence;
  },
);
