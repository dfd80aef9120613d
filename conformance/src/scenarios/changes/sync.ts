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

/** How often it is asked what has changed at once after a listing: devices live, and something may. */
const MOST_ASKED = 3;

/** The token that a listing ended with. @throws {CannotDriveError} where it has none */
export function tokenOf({ pages }: Listing): string {
  const last = pages.at(-1);
  const token = textOf(last ? objectOf(last) : null, "sync_token");
  if (token === null) throw new CannotDriveError("a listing's last page has no sync_token; see SYNC-001");
  return token;
}

type Seen = Pick<Evidence, "discovery" | "sites" | "devices">;

/** Asks for what has changed since listings, after nothing did and after devices did in every way the sandbox offers. */
export const sync = scenario(
  "sync",
  "Ask for what has changed since a listing",
  ["discovery", "sites", "devices"],
  async (seen: Seen, drive) => {
    const { discovery, devices } = seen;
    const { recorder } = drive;
    if (!declares(objectOf(discovery.manifest), "inventory.incremental_sync"))
      throw new CannotDriveError("the manifest does not declare inventory.incremental_sync");
    const list = (purpose: string, query: Record<string, string> = {}) =>
      readListing(recorder, { purpose, url: apiUrl(discovery, "/v1/devices", query), limit: 500 });
    const since = (listing: Listing, query: Record<string, string> = {}) =>
      list("list what has changed since", { since: tokenOf(listing), ...query });

    const full = await list("list the whole inventory, for its token");
    const unchanged: Listing[] = [];
    let last = full;
    for (let asked = 0; asked < MOST_ASKED; asked += 1) {
      const next = await since(last);
      unchanged.push(next);
      if (next.end !== "last_page" || itemsOf(next).length === 0) break;
      last = next;
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
      changes.push({ kind: "status", deviceId, command, lookedUp, since: await since(last) });
      await trigger("bring the device back", deviceId, course[1]);
      isBack();
    }
    changes.push(...(await changeEstate(seen, drive, { list, since, last })));
    const [siteId] = idsOf(seen.sites.listing, "site_id");
    const ask = (purpose: string, query: Record<string, string>) =>
      recorder.call({ purpose, url: apiUrl(discovery, "/v1/devices", query) });
    return {
      full,
      unchanged,
      changes,
      madeUp: await ask("list what has changed since a made-up token", {
        since: drive.chance.uuid("made-up sync token"),
      }),
      ofOtherFilters:
        siteId === undefined
          ? null
          : await ask("send the token of the whole inventory with a filter", {
              since: tokenOf(full),
              site_id: siteId,
            }),
    };
  },
);

interface Asking {
  readonly list: (purpose: string, query?: Record<string, string>) => Promise<Listing>;
  readonly since: (listing: Listing, query?: Record<string, string>) => Promise<Listing>;
  readonly last: Listing;
}

/** Puts a device up, moves it out of a filter and takes it down, as far as the sandbox offers that. */
async function changeEstate(seen: Seen, drive: Drive, { list, since, last }: Asking): Promise<SyncChange[]> {
  const estate = sandboxEstate(seen, drive);
  if (!estate) return [];
  const changes: SyncChange[] = [];
  const { command, deviceId } = await estate.add();
  const about = { deviceId };
  const lookedUp = await estate.lookUp(deviceId);
  changes.push({ ...about, kind: "added", command, lookedUp, since: await since(last) });
  if (estate.takes.move && estate.otherSiteId !== null) {
    const filter = { site_id: estate.siteId };
    const ofSite = await list("list one site's devices, for its token", filter);
    const move = await estate.move(deviceId, estate.otherSiteId);
    const after = await estate.lookUp(deviceId);
    changes.push({
      ...about,
      kind: "moved",
      command: move,
      lookedUp: after,
      since: await since(ofSite, filter),
    });
  }
  if (estate.takes.remove) {
    const before = await list("list the whole inventory, for its token");
    const removal = await estate.remove(deviceId);
    const after = await estate.lookUp(deviceId);
    changes.push({
      ...about,
      kind: "removed",
      command: removal,
      lookedUp: after,
      since: await since(before),
    });
  }
  return changes;
}
