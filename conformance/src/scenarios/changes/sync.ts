import type { SyncChange } from "../../evidence/change-evidence.ts";
import type { Evidence } from "../../evidence/evidence.ts";
import type { Exchange, Listing } from "../../evidence/exchange.ts";
import { declares } from "../../evidence/manifest.ts";
import { entriesOf, itemsOf, objectOf, textOf } from "../../evidence/read.ts";
import { readListing, readUntilShown } from "../../harness/listing.ts";
import { apiUrl, changeOneCharacter, segment } from "../api.ts";
import { onlineDevices } from "../events/sandbox-device.ts";
import { leaveAsFound } from "../events/status-change.ts";
import { CannotDriveError, type Drive, scenario } from "../scenario.ts";
import { canTrigger, statusTrigger } from "../trigger.ts";
import { sandboxEstate } from "./estate.ts";

/** Maximum number of listings of changes right after a full listing, since a device may change meanwhile. */
const MAX_LISTINGS = 3;
/** How many devices of different types change their status before the changes are listed. */
const STATUSES = 3;
/**
 * If more changes than this happened between two calls, the suite does not list them with one change per
 * page.
 */
const MAX_SMALL_PAGES = 20;

/** Returns the sync token of a listing; `null` if the listing has none. SYNC-001 reports a missing token. */
function tokenOf({ pages }: Listing): string | null {
  const last = pages.at(-1);
  return textOf(last ? objectOf(last) : null, "sync_token");
}

const offersTokens = (discovery: Evidence["discovery"] | undefined): boolean =>
  discovery !== undefined && declares(objectOf(discovery.manifest), "inventory.incremental_sync");

type Filter = Readonly<Record<string, string>>;
type Seen = Pick<Evidence, "discovery" | "sites" | "devices">;

/** Returns functions that list devices, and the changes since a token. */
function listingsOf(discovery: Evidence["discovery"], { recorder }: Drive) {
  const list = (purpose: string, query: Filter = {}, limit = 500): Promise<Listing> =>
    readListing(recorder, { purpose, url: apiUrl(discovery, "/v1/devices", query), limit });
  return {
    list,
    since: (since: string, filter: Filter = {}, limit = 500) =>
      list("list the changes since", { since, ...filter }, limit),
    /** Lists the whole inventory or a part of it, only to get the listing's sync token. */
    token: async (filter: Filter) => tokenOf(await list("list devices to get the token", filter)),
    ask: (purpose: string, query: Filter): Promise<Exchange> =>
      recorder.call({ purpose, url: apiUrl(discovery, "/v1/devices", query) }),
  };
}

type Listings = ReturnType<typeof listingsOf>;

/** Tells whether a listing of changes contains a device with these values. */
const hasDevice = (listing: Listing, deviceId: string, members: Filter = {}): boolean =>
  entriesOf(listing).some(
    ({ value }) =>
      value["device_id"] === deviceId && Object.entries(members).every(([name, its]) => value[name] === its),
  );

/**
 * Lists changes with sync tokens: after no change, and after every kind of change that the sandbox offers.
 */
export const sync = scenario(
  "sync",
  "List the changes since a listing",
  ["discovery", "sites", "devices"],
  async (seen: Seen, drive) => {
    const { discovery } = seen;
    if (!offersTokens(discovery))
      throw new CannotDriveError("the manifest does not declare inventory.incremental_sync");
    const listings = listingsOf(discovery, drive);

    const full = await listings.list("list the whole inventory to get its token");
    const madeUp = await listings.ask("list the changes since a made-up token", {
      since: drive.chance.uuid("made-up sync token"),
    });
    const first = tokenOf(full);
    if (first === null) return { full, unchanged: [], changes: [], madeUp, ofOtherFilters: null };
    const unchanged: Listing[] = [];
    let token = first;
    for (let count = 0; count < MAX_LISTINGS; count += 1) {
      const next = await listings.since(token);
      unchanged.push(next);
      if (next.end !== "last_page" || itemsOf(next).length === 0) break;
      token = tokenOf(next) ?? token;
    }
    const last = unchanged.at(-1);
    const limit = last && itemsOf(last).length <= MAX_SMALL_PAGES ? 1 : 500;
    const statuses = await changeStatuses(seen, drive, listings, { token, limit });
    const estate = await changeEstate(seen, drive, listings, token);

    const [site] = entriesOf(seen.sites.listing).map(({ value }) => value);
    const [site_id, org_id] = [textOf(site ?? null, "site_id"), textOf(site ?? null, "org_id")];
    const misused = [await listings.ask("send an empty token", { since: "" })];
    const altered = changeOneCharacter(first, [first]);
    if (altered !== null)
      misused.push(await listings.ask("send a token with one character changed", { since: altered }));
    if (org_id !== null)
      misused.push(
        await listings.ask("send the token of the whole inventory with an org", { since: first, org_id }),
      );
    const [system_id] = entriesOf(seen.devices.listing).flatMap(
      ({ value }) => textOf(value, "system_id") ?? [],
    );
    if (system_id !== undefined && declares(objectOf(discovery.manifest), "inventory.system_filter"))
      misused.push(
        await listings.ask("send the token of the whole inventory with a system", {
          since: first,
          system_id,
        }),
      );
    const ofSite = site_id === null ? null : await listings.token({ site_id });
    if (ofSite !== null)
      misused.push(await listings.ask("send the token of a site without its filter", { since: ofSite }));
    return {
      full,
      unchanged,
      changes: [...statuses, ...estate.changes],
      madeUp,
      ofOtherFilters:
        site_id === null
          ? null
          : await listings.ask("send the token of the whole inventory with a filter", {
              since: first,
              site_id,
            }),
      misused,
      ...(estate.afterwards && { afterwards: estate.afterwards }),
    };
  },
  { byHand: ({ discovery }) => (offersTokens(discovery) ? 2 : 0) },
);

/** Gets a sync token of the system of one of these devices; `null` if the vendor does not filter by system. */
async function tokenOfSystem(
  { discovery, devices }: Pick<Seen, "discovery" | "devices">,
  changing: readonly { readonly deviceId: string }[],
  listings: Listings,
): Promise<{ readonly deviceId: string; readonly filter: Filter; readonly token: string } | null> {
  if (!declares(objectOf(discovery.manifest), "inventory.system_filter")) return null;
  const systems = new Map(
    entriesOf(devices.listing).map(({ value }) => [value["device_id"], textOf(value, "system_id")]),
  );
  for (const { deviceId } of changing) {
    const system_id = systems.get(deviceId) ?? null;
    const token = system_id === null ? null : await listings.token({ system_id });
    if (system_id !== null && token !== null) return { deviceId, filter: { system_id }, token };
  }
  return null;
}

/** Changes the status of some devices of any type, and lists these changes together. */
async function changeStatuses(
  { discovery, devices }: Seen,
  drive: Drive,
  listings: Listings,
  { token, limit }: { readonly token: string; readonly limit: number },
): Promise<SyncChange[]> {
  if (!canTrigger(discovery, drive)) return [];
  const ofEachType = new Map(onlineDevices(devices, drive).map((device) => [device.type, device]));
  const changing = [...ofEachType.values()].slice(0, STATUSES);
  const ofSystem = await tokenOfSystem({ discovery, devices }, changing, listings);
  const trigger = statusTrigger(discovery, drive);
  const isBack = leaveAsFound(discovery, changing, drive);
  const commanded: { deviceId: string; command: Exchange; status: string }[] = [];
  for (const { deviceId, course } of changing) {
    const command = await trigger(`make a device ${course[0].status}`, deviceId, course[0]);
    commanded.push({ deviceId, command, status: course[0].status });
  }
  const last = commanded.at(-1);
  if (!last) return [];
  const since = await readUntilShown(
    last.command,
    drive,
    () => listings.since(token, {}, limit),
    (listing) => commanded.every(({ deviceId, status }) => hasDevice(listing, deviceId, { status })),
  );
  const changes: SyncChange[] = [];
  for (const { deviceId, command } of commanded) {
    const lookedUp = await drive.recorder.call({
      purpose: "look up the device that changed",
      url: apiUrl(discovery, `/v1/devices/${segment(deviceId)}`),
    });
    changes.push({ kind: "status", deviceId, command, lookedUp, since });
    if (ofSystem?.deviceId === deviceId) {
      const { filter, token: issued } = ofSystem;
      const filtered = await readUntilShown(
        last.command,
        drive,
        () => listings.since(issued, filter),
        (listing) => hasDevice(listing, deviceId),
      );
      changes.push({ kind: "status", deviceId, command, lookedUp, since: filtered, filter });
    }
  }
  for (const { deviceId, course } of changing) await trigger("restore the device", deviceId, course[1]);
  isBack();
  return changes;
}

/**
 * Adds a device, moves it out of a filter and removes it, as far as the sandbox offers these commands. After
 * each step, lists the changes of the whole inventory, of the device's site and of its org.
 *
 * @param token the sync token of the whole inventory before any change
 */
async function changeEstate(
  seen: Seen,
  drive: Drive,
  listings: Listings,
  token: string,
): Promise<{ readonly changes: readonly SyncChange[]; readonly afterwards?: SyncChange }> {
  const estate = sandboxEstate(seen, drive);
  if (!estate) return { changes: [] };
  const { siteId, otherSiteId, takes } = estate;
  const site = entriesOf(seen.sites.listing).find(({ value }) => value["site_id"] === siteId)?.value;
  const orgId = textOf(site ?? null, "org_id");
  const ofOrg: readonly Filter[] = orgId === null ? [] : [{ org_id: orgId }];
  const changes: SyncChange[] = [];
  /** Gets the tokens of listings, makes a change, and lists the changes with each token. */
  const record = async (
    kinds: readonly (readonly [SyncChange["kind"], Filter])[],
    act: () => Promise<{ readonly command: Exchange; readonly deviceId: string | null }>,
    members: Filter,
  ): Promise<string | null> => {
    const before = [];
    for (const [kind, filter] of kinds) {
      const isWhole = Object.keys(filter).length === 0 && kind === "added";
      before.push({ kind, filter, token: isWhole ? token : await listings.token(filter) });
    }
    const { command, deviceId } = await act();
    if (deviceId === null) return null;
    for (const { kind, filter, token: issued } of before) {
      if (issued === null) continue;
      const since = await readUntilShown(
        command,
        drive,
        () => listings.since(issued, filter),
        (listing) => hasDevice(listing, deviceId, members),
      );
      const lookedUp = await estate.lookUp(deviceId);
      changes.push({ kind, deviceId, command, lookedUp, since, filter });
    }
    return deviceId;
  };
  const deviceId = await record(
    [{}, { site_id: siteId }, ...ofOrg].map((filter) => ["added", filter] as const),
    () => estate.tryToAdd(),
    {},
  );
  if (deviceId === null) return { changes };
  const isMoved = takes.move && otherSiteId !== null;
  if (isMoved) {
    await record(
      [
        ["changed", {}],
        ["moved", { site_id: siteId }],
        ...ofOrg.map((filter) => ["changed", filter] as const),
      ],
      async () => ({ command: await estate.move(deviceId, otherSiteId), deviceId }),
      { site_id: otherSiteId },
    );
  }
  if (!takes.remove) return { changes };
  await record(
    [{}, { site_id: isMoved ? otherSiteId : siteId }, ...ofOrg].map((filter) => ["removed", filter] as const),
    async () => ({ command: await estate.remove(deviceId), deviceId }),
    { lifecycle: "removed" },
  );
  const removal = changes.find(({ kind }) => kind === "removed");
  const next = removal && tokenOf(removal.since);
  if (!removal || typeof next !== "string") return { changes };
  return { changes, afterwards: { ...removal, since: await listings.since(next) } };
}
