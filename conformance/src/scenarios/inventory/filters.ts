import { idsOf } from "../../evidence/read.ts";
import { readListing } from "../../harness/listing.ts";
import { apiUrl } from "../api.ts";
import { scenario } from "../scenario.ts";

/** Maximum number of sites and of orgs to list separately. */
const MAX_FILTERS = 10;

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
    const list = (purpose: string, query: Record<string, string>) =>
      readListing(recorder, { purpose, url: apiUrl(discovery, "/v1/devices", query), limit: 500 });
    const siteIds = chooseSites(idsOf(sites.listing, "site_id"), idsOf(devices.listing, "site_id"));
    const bySite = [];
    for (const siteId of siteIds) {
      bySite.push({ siteId, listing: await list("list one site's devices", { site_id: siteId }) });
    }
    const byOrg = [];
    for (const orgId of [...new Set(idsOf(orgs.listing, "org_id"))].slice(0, MAX_FILTERS)) {
      byOrg.push({ orgId, listing: await list("list one org's devices", { org_id: orgId }) });
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
    return { bySite, byOrg, unknownSite, unknownOrg, madeUpSince };
  },
);
