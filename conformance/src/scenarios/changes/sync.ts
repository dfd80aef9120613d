import type { SyncChange } from "../../evidence/change-evidence.ts";
import type { Evidence } from "../../evidence/evidence.ts";
import type { Listing } from "../../evidence/exchange.ts";
import { declares } from "../../evidence/manifest.ts";
import { idsOf, itemsOf, objectOf, textOf } from "../../evidence/read.ts";
import { readListing } from "../../harness/listing.ts";
import { apiUrl, segment } from "../api.ts";
import { devicesApart } from "../events/sandbox-device.ts";
import { leaveAsFound } from "../events/status-change.ts";
import { CannotDriveError, type Drive, scenario } from "../scenario.ts";
import { canTrigger, statusTrigger } from "../trigger.ts";
import { sandboxEstate } from "./estate.ts";

/** Maximum number of listings of changes right after a full listing, since a device may change meanwhile. */
const MAX_LISTINGS = 3;

/** Returns the sync token of a listing; `null` if the listing has none. SYNC-001 reports a missing token. */
function tokenOf({ pages }: Listing): string | null {
  const last = pages.at(-1);
  return textOf(last ? objectOf(last) : null, "sync_token");
}

type Seen = Pick<Evidence, "discovery" | "sites" | "devices">;

/**
 * Lists changes with sync tokens: after no change, and after every kind of change that the sandbox offers.
 */
export const sync = scenario(
  "sync",
  "List the changes since a listing",
  ["discovery", "sites", "devices"],
  async (seen: Seen, drive) => {
    const { discovery, devices } = seen;
    const { recorder } = drive;
    if (!declares(objectOf(discovery.manifest), "inventory.incremental_sync"))
      throw new CannotDriveError("the manifest does not declare inventory.incremental_sync");
    const list = (purpose: string, query: Record<string, string> = {}) =>
      readListing(recorder, { purpose, url: apiUrl(discovery, "/v1/devices", query), limit: 500 });
    const since = (token: string, query: Record<string, string> = {}) =>
      list("list the changes since", { since: token, ...query });
    const ask = (purpose: string, query: Record<string, string>) =>
      recorder.call({ purpose, url: apiUrl(discovery, "/v1/devices", query) });

    const full = await list("list the whole inventory to get its token");
    const madeUp = await ask("list the changes since a made-up token", {
      since: drive.chance.uuid("made-up sync token"),
    });
    const first = tokenOf(full);
    if (first === null) return { full, unchanged: [], changes: [], madeUp, ofOtherFilters: null };
    const unchanged: Listing[] = [];
    let token = first;
    for (let count = 0; count < MAX_LISTINGS; count += 1) {
      const next = await since(token);
      unchanged.push(next);
      if (next.end !== "last_page" || itemsOf(next).length === 0) break;
      token = tokenOf(next) ?? token;
    }

    const changes: SyncChange[] = [];
    const lookUp = (deviceId: string) =>
      recorder.call({
        purpose: "look up the device that changed",
        url: apiUrl(discovery, `/v1/devices/${segment(deviceId)}`),
      });
    const [changing] = devicesApart(discovery, devices, 1, drive.chance);
    const trigger = statusTrigger(discovery, drive);
    if (changing && canTrigger(discovery, drive)) {
      const isBack = leaveAsFound(discovery, [changing], drive);
      const { deviceId, course } = changing;
      const command = await trigger(`make a device ${course[0].status}`, deviceId, course[0]);
      const lookedUp = await lookUp(deviceId);
      changes.push({ kind: "status", deviceId, command, lookedUp, since: await since(token) });
      await trigger("restore the device", deviceId, course[1]);
      isBack();
    }
    changes.push(...(await changeEstate(seen, drive, { list, since, token })));

    const [siteId] = idsOf(seen.sites.listing, "site_id");
    return {
      full,
      unchanged,
      changes,
      madeUp,
      ofOtherFilters:
        siteId === undefined
          ? null
          : await ask("send the token of the whole inventory with a filter", {
              since: first,
              site_id: siteId,
            }),
    };
  },
);

interface Listings {
  readonly list: (purpose: string, query?: Record<string, string>) => Promise<Listing>;
  readonly since: (token: string, query?: Record<string, string>) => Promise<Listing>;
  /** The sync token of the whole inventory before any change. */
  readonly token: string;
}

/** Adds a device, moves it out of a filter and removes it, as far as the sandbox offers these commands. */
async function changeEstate(
  seen: Seen,
  drive: Drive,
  { list, since, token }: Listings,
): Promise<SyncChange[]> {
  const estate = sandboxEstate(seen, drive);
  if (!estate) return [];
  const changes: SyncChange[] = [];
  const { command, deviceId } = await estate.tryToAdd();
  if (deviceId === null) return [];
  const about = { deviceId };
  const lookedUp = await estate.lookUp(deviceId);
  changes.push({ ...about, kind: "added", command, lookedUp, since: await since(token) });
  if (estate.takes.move && estate.otherSiteId !== null) {
    const filter = { site_id: estate.siteId };
    const ofSite = tokenOf(await list("list one site's devices to get the token", filter));
    const move = await estate.move(deviceId, estate.otherSiteId);
    const after = await estate.lookUp(deviceId);
    if (ofSite !== null) {
      const changed = await since(ofSite, filter);
      changes.push({ ...about, kind: "moved", command: move, lookedUp: after, since: changed });
    }
  }
  if (estate.takes.remove) {
    const before = tokenOf(await list("list the whole inventory to get its token"));
    const removal = await estate.remove(deviceId);
    const after = await estate.lookUp(deviceId);
    if (before !== null) {
      const changed = await since(before);
      changes.push({ ...about, kind: "removed", command: removal, lookedUp: after, since: changed });
    }
  }
  return changes;
}
