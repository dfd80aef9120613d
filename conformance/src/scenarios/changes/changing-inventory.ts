import type { SyncChange } from "../../evidence/change-evidence.ts";
import type { Exchange } from "../../evidence/exchange.ts";
import { declares } from "../../evidence/manifest.ts";
import { idsOf, objectOf, textOf } from "../../evidence/read.ts";
import { readListing, readUntilShown } from "../../harness/listing.ts";
import { apiUrl, segment } from "../api.ts";
import { onlineDevices } from "../events/sandbox-device.ts";
import { leaveAsFound } from "../events/status-change.ts";
import { CannotDriveError, scenario } from "../scenario.ts";
import { statusTrigger } from "../trigger.ts";
import { sandboxEstate } from "./estate.ts";

/** Minimum number of pages of the listing; something changes between any two of them. */
const PAGES = 10;
/** How many devices to add before the listing and remove during it. */
const LEAVING = 4;
const MAX_LIMIT = 500;
/** A change that the suite made between two pages. */
type Commanded = Pick<SyncChange, "kind" | "deviceId" | "command">;
/** Maximum number of missing devices to look up. */
const MAX_LOOKUPS = 10;

/**
 * Lists the inventory while devices are added, moved, changed and removed between its pages.
 *
 * Each device to remove is the last one on a page, and is removed after that page was read. So a vendor that
 * continues at an offset skips the next device, whatever the order of the listing. The skipped device may be
 * one that the suite added, because new devices are often listed last.
 */
export const changingInventory = scenario(
  "changingInventory",
  "List the inventory while it changes",
  ["discovery", "sites", "devices"],
  async (seen, drive) => {
    const { recorder } = drive;
    const { discovery, devices } = seen;
    const estate = sandboxEstate(seen, drive);
    if (!estate?.takes.remove) {
      throw new CannotDriveError(
        "the manifest does not declare the sandbox commands add_device and remove_device, so the suite cannot add and remove a device",
      );
    }
    const commands: Exchange[] = [];
    const passing: string[] = [];
    const add = async () => {
      const { command, deviceId } = await estate.add();
      commands.push(command);
      return { command, deviceId };
    };
    const removed: Commanded[] = [];
    const remove = async (deviceId: string) => {
      passing.push(deviceId);
      const command = await estate.remove(deviceId);
      commands.push(command);
      removed.push({ kind: "removed", command, deviceId });
    };
    const moved = (await add()).deviceId;
    const leaving = new Set<string>();
    const staying: string[] = [];
    for (let count = 0; count < LEAVING; count += 1) {
      leaving.add((await add()).deviceId);
      staying.push((await add()).deviceId);
    }
    const ahead = await add();
    const url = apiUrl(discovery, "/v1/devices");
    const before = await readUntilShown(
      ahead.command,
      drive,
      () => readListing(recorder, { purpose: "list devices before they change", url, limit: MAX_LIMIT }),
      (listing) =>
        [...leaving, ...staying, moved, ahead.deviceId].every((id) =>
          idsOf(listing, "device_id").includes(id),
        ),
    );
    const order = idsOf(before, "device_id");
    const online = onlineDevices(devices, drive);
    // Later scenarios use the first devices, and could mistake late events of this change for events that they
    // caused. Of the other devices, choose the one that is listed last, so that it changes long before its page is read.
    const changing = online
      .slice(Math.floor(online.length / 2))
      .toSorted((one, other) => order.indexOf(one.deviceId) - order.indexOf(other.deviceId))
      .at(-1);
    const trigger = statusTrigger(discovery, drive);
    const isBack = leaveAsFound(discovery, changing ? [changing] : [], drive);
    const command = async (step: 0 | 1) => {
      if (!changing) return;
      const json = changing.course[step];
      commands.push(await trigger(`make a device ${json.status}`, changing.deviceId, json));
    };
    const relocated: Commanded[] = [];
    const relocate = async (deviceId: string, siteId: string) => {
      const command = await estate.move(deviceId, siteId);
      commands.push(command);
      relocated.push({ kind: "changed", command, deviceId });
    };
    const between = [
      () => command(0),
      async () => passing.push((await add()).deviceId),
      async () => {
        if (!passing.includes(ahead.deviceId)) await remove(ahead.deviceId);
      },
      async () => {
        const { otherSiteId, takes } = estate;
        if (takes.move && otherSiteId !== null) commands.push(await estate.move(moved, otherSiteId));
      },
      async () => {
        const { siteId, takes } = estate;
        if (takes.move) commands.push(await estate.move(moved, siteId));
      },
      () => command(1),
    ];
    let turn = 0;
    const listedIn = (pages: readonly Exchange[]) =>
      idsOf({ limit: null, pages, end: "last_page" }, "device_id");
    const maxLimit = Math.min(MAX_LIMIT, Math.max(1, Math.ceil(order.length / PAGES)));
    const listing = await readListing(recorder, {
      purpose: "list devices while they change",
      url,
      limit: (pages) => {
        const position = Math.max(-1, ...listedIn(pages.slice(-1)).map((id) => order.indexOf(id)));
        const next = order.findIndex((id, place) => place > position && leaving.has(id));
        return next === -1 ? maxLimit : Math.min(maxLimit, next - position);
      },
      betweenPages: async (pages) => {
        const gone = listedIn(pages.slice(-1)).find((id) => leaving.delete(id));
        const { otherSiteId, takes } = estate;
        // A device that was already listed: only the listing's sync token can show this change.
        const listedBefore = staying.find((id) => listedIn(pages).includes(id));
        const isMovable = takes.move && listedBefore !== undefined && relocated.length === 0;
        if (gone !== undefined) await remove(gone);
        else if (isMovable && otherSiteId !== null) await relocate(listedBefore, otherSiteId);
        else await between[turn++ % between.length]?.();
      },
    });
    if (changing) await command(1);
    isBack();
    const listed = new Set(idsOf(listing, "device_id"));
    const missing = [...new Set(order)].filter((id) => !listed.has(id) && !passing.includes(id));
    const lookups = [];
    for (const deviceId of missing.slice(0, MAX_LOOKUPS)) {
      const lookUp = {
        purpose: "look up a device that was not listed",
        url: apiUrl(discovery, `/v1/devices/${segment(deviceId)}`),
      };
      lookups.push({ deviceId, exchange: await recorder.call(lookUp) });
    }
    const gone = removed.filter(({ deviceId }) => listed.has(deviceId)).slice(-1);
    const last = listing.pages.at(-1);
    const token = textOf(last ? objectOf(last) : null, "sync_token");
    const isIncremental = declares(objectOf(discovery.manifest), "inventory.incremental_sync");
    const meanwhile: SyncChange[] = [];
    for (const change of token !== null && isIncremental ? [...relocated, ...gone] : []) {
      const since = await readUntilShown(
        change.command,
        drive,
        () =>
          readListing(recorder, {
            purpose: "list the changes since that listing",
            url: apiUrl(discovery, "/v1/devices", { since: token ?? "" }),
            limit: MAX_LIMIT,
          }),
        (each) => idsOf(each, "device_id").includes(change.deviceId),
      );
      meanwhile.push({ ...change, since, lookedUp: await estate.lookUp(change.deviceId) });
    }
    return { listing, commands, passing, moved, before, lookups, meanwhile };
  },
);
