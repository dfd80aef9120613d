import type { Evidence } from "../../evidence/evidence.ts";
import type { Exchange, Listing } from "../../evidence/exchange.ts";
import type { ListingBetween } from "../../evidence/listing-between.ts";
import { declares } from "../../evidence/manifest.ts";
import {
  type DeviceFilters,
  entriesOf,
  idsOf,
  itemsOf,
  listOf,
  memberOf,
  objectOf,
  textOf,
} from "../../evidence/read.ts";
import { readBetween, readListing } from "../../harness/listing.ts";
import { apiUrl, changeOneCharacter } from "../api.ts";
import { CannotDriveError, type Drive, scenario } from "../scenario.ts";

/** Number of pages of the second reading. */
const PAGES = 12;
/** The page size of the second reading is smaller than that of the first, whatever the inventory's size. */
const MAX_SMALL_LIMIT = 250;
/** With more devices than this, the inventory is not read a third time, with the default limit. */
const MAX_DEVICES_BY_DEFAULT = 3000;
/** How many pages with one item to read. */
const SINGLES = 3;

const BAD_LIMITS = {
  "0 entries": "0",
  "less than 0": "-1",
  "2.5 entries": "2.5",
  "many entries": "many",
  "an empty number of entries": "",
};

const KINDS = ["orgs", "sites", "devices"] as const;
type Kind = (typeof KINDS)[number];

const idName = { orgs: "org_id", sites: "site_id", devices: "device_id" } as const;

/** Reads a listing in small pages, between two readings in large pages. */
async function readAgain(
  discovery: Evidence["discovery"],
  drive: Drive,
  kind: Kind,
  first: Listing,
  size: "small" | "default" = "small",
): Promise<ListingBetween> {
  const url = apiUrl(discovery, `/v1/${kind}`);
  const limit = Math.max(1, Math.min(MAX_SMALL_LIMIT, Math.ceil(itemsOf(first).length / PAGES)));
  const read = (purpose: string, pageSize: number | null) =>
    readListing(drive.recorder, { purpose, url, ...(pageSize !== null && { limit: pageSize }) });
  const name = idName[kind];
  const part = {
    name,
    read: () =>
      size === "small"
        ? read(`list ${kind}, ${limit} a page`, limit)
        : read(`list ${kind} without a limit`, null),
    idsIn: (whole: Listing) => idsOf(whole, name),
  };
  const readWhole = () => read(`list ${kind} again`, first.limit);
  const [between] = await readBetween(first, [part], drive, readWhole);
  return between ?? { listing: first, before: first, after: first };
}

const cursorsOf = ({ pages }: Listing): string[] =>
  pages.flatMap((page) => textOf(objectOf(page), "next_cursor") ?? []);

/** Follows cursors that the vendor did not issue: made up, changed, and issued for other filters. */
async function followBadCursors(
  discovery: Evidence["discovery"],
  paged: Readonly<Record<Kind, Listing>>,
  filters: readonly DeviceFilters[],
  { recorder, chance }: Drive,
): Promise<Exchange[]> {
  const follow = (purpose: string, path: `/v1/${string}`, query: Record<string, string>) =>
    recorder.call({ purpose, url: apiUrl(discovery, path, query) });
  const madeUp = chance.hex("another cursor", 32);
  const issued = KINDS.flatMap((kind) => cursorsOf(paged[kind]));
  const followed = [
    await follow("follow a made-up cursor of orgs", "/v1/orgs", { cursor: madeUp }),
    await follow("follow a made-up cursor of sites", "/v1/sites", { cursor: madeUp }),
  ];
  followed.push(await follow("follow an empty cursor", "/v1/devices", { cursor: "" }));
  if (declares(objectOf(discovery.manifest), "backfill"))
    followed.push(await follow("follow a made-up cursor of events", "/v1/events", { cursor: madeUp }));
  for (const kind of KINDS) {
    const [cursor] = cursorsOf(paged[kind]);
    const altered = cursor === undefined ? null : changeOneCharacter(cursor, issued);
    if (altered !== null)
      followed.push(
        await follow(`follow a cursor of ${kind} with one character changed`, `/v1/${kind}`, {
          cursor: altered,
        }),
      );
  }
  const [cursor] = cursorsOf(paged.devices);
  for (const filter of cursor === undefined ? [] : filters)
    followed.push(
      await follow("follow a cursor of the whole inventory with a filter", "/v1/devices", {
        cursor: cursor ?? "",
        ...filter,
      }),
    );
  return followed;
}

/** Reads every listing again in small pages, and tries invalid cursors and limits. */
export const paging = scenario(
  "paging",
  "List everything again in small pages",
  ["discovery", "orgs", "sites", "devices"],
  async ({ discovery, orgs, sites, devices }, drive) => {
    const { recorder, chance } = drive;
    const ask = (purpose: string, path: `/v1/${string}`, query: Record<string, string>) =>
      recorder.call({ purpose, url: apiUrl(discovery, path, query) });
    const badLimits = [];
    for (const kind of KINDS) {
      for (const [words, limit] of Object.entries(BAD_LIMITS))
        badLimits.push(await ask(`ask for ${words} a page of ${kind}`, `/v1/${kind}`, { limit }));
    }
    const [ofDevices, ofOrgs, ofSites] = [
      await readAgain(discovery, drive, "devices", devices.listing),
      await readAgain(discovery, drive, "orgs", orgs.listing),
      await readAgain(discovery, drive, "sites", sites.listing),
    ];
    const url = apiUrl(discovery, "/v1/devices");
    const byDefault =
      itemsOf(ofDevices.after).length > MAX_DEVICES_BY_DEFAULT
        ? null
        : await readAgain(discovery, drive, "devices", ofDevices.after, "default");
    const paged = { devices: ofDevices.listing, orgs: ofOrgs.listing, sites: ofSites.listing };
    const [site_id] = idsOf(sites.listing, "site_id");
    const [system_id] = declares(objectOf(discovery.manifest), "inventory.system_filter")
      ? entriesOf(devices.listing).flatMap(({ value }) => textOf(value, "system_id") ?? [])
      : [];
    const otherFilters = [
      ...(site_id === undefined ? [] : [{ site_id }]),
      ...(system_id === undefined ? [] : [{ system_id }]),
    ];
    const madeUpCursor = await ask("follow a made-up cursor", "/v1/devices", {
      cursor: chance.hex("cursor", 32),
    });
    return {
      inSmallPages: paged.devices,
      orgsInSmallPages: paged.orgs,
      sitesInSmallPages: paged.sites,
      madeUpCursor,
      badLimits,
      between: { devices: ofDevices, orgs: ofOrgs, sites: ofSites, ...(byDefault && { byDefault }) },
      singles: await readListing(recorder, {
        purpose: "list devices, 1 a page",
        url,
        limit: 1,
        maxPages: SINGLES,
      }),
      badCursors: await followBadCursors(discovery, paged, otherFilters, drive),
    };
  },
  { changes: "nothing" },
);

/** A limit that is too large for a signed integer of 32 bits. */
const HUGE = 2 ** 31;
/** The number of items on a page without `limit`. */
const DEFAULT = 100;
/** How often to repeat a call for a page that is suspiciously short; a single page may be short. */
const REPETITIONS = 2;

const sizeOf = (page: Exchange): number => listOf(objectOf(page), "data").length;

/** Requests a page of the declared maximum size, larger pages, and a compressed page. */
export const limits = scenario(
  "limits",
  "Request the largest page",
  ["discovery", "orgs"],
  async ({ discovery }, { recorder }) => {
    const maxPageSize = memberOf(objectOf(discovery.manifest), "inventory")?.["max_page_size"];
    if (typeof maxPageSize !== "number" || !Number.isInteger(maxPageSize) || maxPageSize < 1) {
      throw new CannotDriveError("the manifest has no valid inventory.max_page_size; see MAN-001");
    }
    const ask = (limit: number, kind: "orgs" | "sites" | "devices" = "devices") =>
      recorder.call({
        purpose: `list ${kind}, ${limit} a page`,
        url: apiUrl(discovery, `/v1/${kind}`, { limit: String(limit) }),
      });
    const atMaximum = await ask(maxPageSize);
    const aboveMaximum = await ask(maxPageSize + 1);
    const repeated = [];
    for (
      let count = 0;
      count < REPETITIONS && isShort(repeated.at(-1) ?? aboveMaximum, atMaximum);
      count += 1
    )
      repeated.push(await ask(maxPageSize + 1));
    return {
      maxPageSize,
      atMaximum,
      aboveMaximum,
      repeated,
      others: [
        await ask(HUGE),
        await ask(maxPageSize, "orgs"),
        await ask(maxPageSize + 1, "orgs"),
        await ask(maxPageSize, "sites"),
        await ask(maxPageSize + 1, "sites"),
      ],
      compressed: await recorder.call({
        purpose: "ask for a page with gzip",
        url: apiUrl(discovery, "/v1/devices", { limit: String(maxPageSize) }),
        headers: { "accept-encoding": "gzip" },
      }),
    };
  },
  { changes: "nothing" },
);

/** Tells whether one page has at most as many items as a page without `limit`, but another page has more. */
const isShort = (page: Exchange, other: Exchange): boolean =>
  page.response?.status === 200 && sizeOf(page) <= DEFAULT && sizeOf(other) > DEFAULT;
