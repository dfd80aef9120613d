import { entriesOf, idsOf, textOf } from "../../evidence/read.ts";
import { readListing } from "../../harness/listing.ts";
import { apiUrl, segment } from "../api.ts";
import { scenario } from "../scenario.ts";

/** Maximum number of sites and of orgs to list separately. */
const MAX_FILTERS = 10;

/** Into how many pages to split a filtered listing. */
const FEW_PAGES = 3;
const MAX_LIMIT = 500;
/** Maximum number of differing devices to look up. */
const MAX_LOOKUPS = 10;

/** Returns the ids that only one of two lists has. */
function differenceOf(one: readonly string[], other: readonly string[]): string[] {
  const [ofOne, ofOther] = [new Set(one), new Set(other)];
  return [...one.filter((id) => !ofOther.has(id)), ...other.filter((id) => !ofOne.has(id))];
}

/**
 * Chooses the sites with the most devices and the sites with the fewest, because faulty filters fail on empty
 * sites.
 */
function chooseSites(siteIds: readonly string[], deviceSiteIds: readonly string[]): string[] {
  const devices = new Map(siteIds.map((id) => [id, 0]));
  for (const id of deviceSiteIds) devices.set(id, (devices.get(id) ?? 0) + 1);
  const byCount = [...devices].sort(([, a], [, b]) => a - b).map(([id]) => id);
  return byCount.length <= MAX_FILTERS
    ? byCount
    : [...byCount.slice(0, MAX_FILTERS / 2), ...byCount.slice(-MAX_FILTERS / 2)];
}

/**
 * Lists the devices of single sites and orgs, known and unknown. Also lists the changes since a made-up sync
 * token.
 */
export const filters = scenario(
  "filters",
  "List the devices of single sites and orgs",
  ["discovery", "orgs", "sites", "devices"],
  async ({ discovery, orgs, sites, devices }, { recorder, chance }) => {
    const list = (purpose: string, query: Record<string, string>, limit = 500) =>
      readListing(recorder, { purpose, url: apiUrl(discovery, "/v1/devices", query), limit });
    const inventory = entriesOf(devices.listing).map(({ value }) => value);
    const idsWhere = (name: "site_id" | "org_id", id: string) =>
      inventory.flatMap((device) => (device[name] === id ? (textOf(device, "device_id") ?? []) : []));
    const siteIds = chooseSites(idsOf(sites.listing, "site_id"), idsOf(devices.listing, "site_id"));
    const bySite = [];
    for (const siteId of siteIds) {
      bySite.push({ siteId, listing: await list("list one site's devices", { site_id: siteId }) });
    }
    const byOrg = [];
    for (const orgId of [...new Set(idsOf(orgs.listing, "org_id"))].slice(0, MAX_FILTERS)) {
      byOrg.push({ orgId, listing: await list("list one org's devices", { org_id: orgId }) });
    }
    // The fullest site again, in a few pages and with its org, and the fullest org in a few pages.
    const fullest = siteIds.at(-1);
    const places = new Map(
      entriesOf(sites.listing).map(({ value }) => [value["site_id"], textOf(value, "org_id")]),
    );
    const orgOfFullest = places.get(fullest) ?? null;
    if (fullest !== undefined) {
      const limit = Math.ceil(idsWhere("site_id", fullest).length / FEW_PAGES) || 1;
      const both = { site_id: fullest, ...(orgOfFullest !== null && { org_id: orgOfFullest }) };
      bySite.push(
        {
          siteId: fullest,
          listing: await list("list one site's devices in a few pages", { site_id: fullest }, limit),
        },
        { siteId: fullest, listing: await list("list the devices of one site with its org", both) },
      );
    }
    if (orgOfFullest !== null) {
      const limit = Math.min(MAX_LIMIT, Math.ceil(idsWhere("org_id", orgOfFullest).length / FEW_PAGES) || 1);
      const listing = await list("list one org's devices in a few pages", { org_id: orgOfFullest }, limit);
      byOrg.push({ orgId: orgOfFullest, listing });
    }
    const otherOrg = idsOf(orgs.listing, "org_id").find((id) => id !== orgOfFullest);
    const siteOfOtherOrg =
      fullest === undefined || otherOrg === undefined
        ? {}
        : {
            siteOfOtherOrg: await recorder.call({
              purpose: "list the devices of a site of another org than the given org",
              url: apiUrl(discovery, "/v1/devices", { site_id: fullest, org_id: otherOrg }),
            }),
          };
    // Another user of the tenant may have added, moved or removed a device since it was listed.
    const differing = new Set(
      [
        ...bySite.map(({ siteId, listing }) => [idsWhere("site_id", siteId), idsOf(listing, "device_id")]),
        ...byOrg.map(({ orgId, listing }) => [idsWhere("org_id", orgId), idsOf(listing, "device_id")]),
      ].flatMap(([one = [], other = []]) => differenceOf(one, other)),
    );
    const differences = [];
    for (const deviceId of [...differing].slice(0, MAX_LOOKUPS)) {
      const url = apiUrl(discovery, `/v1/devices/${segment(deviceId)}`);
      differences.push({
        deviceId,
        exchange: await recorder.call({ purpose: "look up a device that only one listing has", url }),
      });
    }
    const unknownSite = await recorder.call({
      purpose: "list the devices of a site that does not exist",
      url: apiUrl(discovery, "/v1/devices", { site_id: chance.uuid("site") }),
    });
    const unknownOrg = await recorder.call({
      purpose: "list the devices of an org that does not exist",
      url: apiUrl(discovery, "/v1/devices", { org_id: chance.uuid("org") }),
    });
    const madeUpSince = await recorder.call({
      purpose: "list what changed since a made-up token",
      url: apiUrl(discovery, "/v1/devices", { since: chance.uuid("sync token") }),
    });
    return { bySite, byOrg, unknownSite, unknownOrg, madeUpSince, differences, ...siteOfOtherOrg };
  },
);
