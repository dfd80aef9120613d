import type { Listing } from "../../evidence/exchange.ts";
import { entriesOf, idsOf, idsWhere, textOf } from "../../evidence/read.ts";
import { type PartToRead, readBetween, readListing } from "../../harness/listing.ts";
import { apiUrl } from "../api.ts";
import { scenario } from "../scenario.ts";

/** Maximum number of sites and of orgs to list separately. */
const MAX_FILTERS = 10;

/** Into how many pages to split a filtered listing. */
const FEW_PAGES = 3;
const MAX_LIMIT = 500;
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
  async ({ discovery, orgs, sites, devices }, drive) => {
    const { recorder, chance } = drive;
    const list = (purpose: string, query: Record<string, string>, limit = MAX_LIMIT) =>
      readListing(recorder, { purpose, url: apiUrl(discovery, "/v1/devices", query), limit });
    /** Describes a listing to read of the devices of one site or org. */
    const partOf = (
      member: "site_id" | "org_id",
      id: string,
      read: () => Promise<Listing>,
    ): PartToRead & { readonly id: string } => ({
      id,
      name: "device_id",
      read,
      idsIn: (whole) => idsWhere(whole, member, id),
    });
    const siteIds = chooseSites(idsOf(sites.listing, "site_id"), idsOf(devices.listing, "site_id"));
    const ofSites = siteIds.map((siteId) =>
      partOf("site_id", siteId, () => list("list one site's devices", { site_id: siteId })),
    );
    const ofOrgs = [...new Set(idsOf(orgs.listing, "org_id"))]
      .slice(0, MAX_FILTERS)
      .map((orgId) => partOf("org_id", orgId, () => list("list one org's devices", { org_id: orgId })));
    // Lists the site with the most devices again, in a few pages and with its org. Lists the org with the
    // most devices in a few pages.
    const fullest = siteIds.at(-1);
    const places = new Map(
      entriesOf(sites.listing).map(({ value }) => [value["site_id"], textOf(value, "org_id")]),
    );
    const orgOfFullest = places.get(fullest) ?? null;
    const limitOf = (member: "site_id" | "org_id", id: string) =>
      Math.min(MAX_LIMIT, Math.ceil(idsWhere(devices.listing, member, id).length / FEW_PAGES) || 1);
    if (fullest !== undefined) {
      const limit = limitOf("site_id", fullest);
      const both = { site_id: fullest, ...(orgOfFullest !== null && { org_id: orgOfFullest }) };
      ofSites.push(
        partOf("site_id", fullest, () =>
          list("list one site's devices in a few pages", { site_id: fullest }, limit),
        ),
        partOf("site_id", fullest, () => list("list the devices of one site with its org", both)),
      );
    }
    if (orgOfFullest !== null) {
      const limit = limitOf("org_id", orgOfFullest);
      const query = { org_id: orgOfFullest };
      ofOrgs.push(
        partOf("org_id", orgOfFullest, () => list("list one org's devices in a few pages", query, limit)),
      );
    }
    const parts = [...ofSites, ...ofOrgs];
    const read = await readBetween(devices.listing, parts, drive, () =>
      list("list all devices again", {}, devices.listing.limit ?? undefined),
    );
    const between = parts.flatMap(({ id }, index) => {
      const each = read[index];
      return each ? [{ id, ...each }] : [];
    });
    const bySite = between.slice(0, ofSites.length).map(({ id: siteId, ...rest }) => ({ siteId, ...rest }));
    const byOrg = between.slice(ofSites.length).map(({ id: orgId, ...rest }) => ({ orgId, ...rest }));
    const otherOrg = idsOf(orgs.listing, "org_id").find((id) => id !== orgOfFullest);
    const siteOfOtherOrg =
      fullest === undefined || otherOrg === undefined
        ? {}
        : {
            siteOfOtherOrg: await recorder.call({
              purpose: "list devices by an org and by a site of another org",
              url: apiUrl(discovery, "/v1/devices", { site_id: fullest, org_id: otherOrg }),
            }),
          };
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
    return { bySite, byOrg, unknownSite, unknownOrg, madeUpSince, ...siteOfOtherOrg };
  },
  { changes: "nothing" },
);
