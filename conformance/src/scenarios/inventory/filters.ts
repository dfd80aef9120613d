import type { Evidence } from "../../evidence/evidence.ts";
import type { Listing } from "../../evidence/exchange.ts";
import { declares } from "../../evidence/manifest.ts";
import { type DeviceFilters, entriesOf, idsOf, idsWhere, objectOf, textOf } from "../../evidence/read.ts";
import { type PartToRead, readBetween, readListing } from "../../harness/listing.ts";
import { apiUrl } from "../api.ts";
import { scenario } from "../scenario.ts";

/** Maximum number of sites and of orgs to list separately. */
const MAX_FILTERS = 10;
/** Maximum number of systems to list separately. */
const MAX_SYSTEMS = 4;

/** Into how many pages to split a filtered listing. */
const FEW_PAGES = 3;
const MAX_LIMIT = 500;
/**
 * Chooses the sites or systems with the most devices and those with the fewest, because faulty filters fail on
 * empty ones. Returns those with the fewest devices first.
 *
 * @param deviceIds the id that each device has
 */
function choose(ids: readonly string[], deviceIds: readonly string[], max: number): string[] {
  const devices = new Map(ids.map((id) => [id, 0]));
  for (const id of deviceIds) devices.set(id, (devices.get(id) ?? 0) + 1);
  const byCount = [...devices].sort(([, a], [, b]) => a - b).map(([id]) => id);
  return byCount.length <= max ? byCount : [...byCount.slice(0, max / 2), ...byCount.slice(-max / 2)];
}

/**
 * Returns the filters to list systems with: each chosen system, and the largest one also together with a site
 * that has its devices, and with a site and an org that have none of them.
 */
function chooseSystems({
  orgs,
  sites,
  devices,
}: Pick<Evidence, "orgs" | "sites" | "devices">): DeviceFilters[] {
  const entries = entriesOf(devices.listing).map(({ value }) => value);
  const ids = entries.flatMap((device) => textOf(device, "system_id") ?? []);
  const systems = choose([...new Set(ids)], ids, MAX_SYSTEMS);
  const system_id = systems.at(-1);
  if (system_id === undefined) return [];
  const [first] = entries.filter((device) => device["system_id"] === system_id);
  const site_id = textOf(first ?? null, "site_id");
  const isElsewhere = (name: "site_id" | "org_id") => (id: string) =>
    idsWhere(devices.listing, { system_id, [name]: id }).length === 0;
  const otherSite = idsOf(sites.listing, "site_id").find(isElsewhere("site_id"));
  const otherOrg = idsOf(orgs.listing, "org_id").find(isElsewhere("org_id"));
  return [
    ...systems.map((id) => ({ system_id: id })),
    ...(site_id === null ? [] : [{ system_id, site_id }]),
    ...(otherSite === undefined ? [] : [{ system_id, site_id: otherSite }]),
    ...(otherOrg === undefined ? [] : [{ system_id, org_id: otherOrg }]),
  ];
}

/**
 * Lists the devices of single sites, orgs and systems, known and unknown. Also lists the changes since a made-up sync
 * token.
 */
export const filters = scenario(
  "filters",
  "List the devices of single sites, orgs and systems",
  ["discovery", "orgs", "sites", "devices"],
  async ({ discovery, orgs, sites, devices }, drive) => {
    const { recorder, chance } = drive;
    const list = (purpose: string, query: Record<string, string>, limit = MAX_LIMIT) =>
      readListing(recorder, { purpose, url: apiUrl(discovery, "/v1/devices", query), limit });
    /** Describes a filtered listing to read. */
    const partWith = (filters: DeviceFilters, read: () => Promise<Listing>): PartToRead => ({
      name: "device_id",
      read,
      idsIn: (whole) => idsWhere(whole, filters),
    });
    /** Describes a listing to read of the devices of one site or org. */
    const partOf = (member: "site_id" | "org_id", id: string, read: () => Promise<Listing>) => ({
      id,
      ...partWith({ [member]: id }, read),
    });
    const siteIds = choose(idsOf(sites.listing, "site_id"), idsOf(devices.listing, "site_id"), MAX_FILTERS);
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
      Math.min(MAX_LIMIT, Math.ceil(idsWhere(devices.listing, { [member]: id }).length / FEW_PAGES) || 1);
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
    const hasSystemFilter = declares(objectOf(discovery.manifest), "inventory.system_filter");
    const systemFilters = hasSystemFilter ? chooseSystems({ orgs, sites, devices }) : [];
    const ofSystems = systemFilters.map((filters, index) => {
      const total = idsWhere(devices.listing, filters).length;
      // The first system is read in a few pages.
      const limit = index === 0 ? Math.min(MAX_LIMIT, Math.ceil(total / FEW_PAGES) || 1) : MAX_LIMIT;
      return partWith(filters, () => list("list one system's devices", { ...filters }, limit));
    });
    const parts = [...ofSites, ...ofOrgs];
    const read = await readBetween(devices.listing, [...parts, ...ofSystems], drive, () =>
      list("list all devices again", {}, devices.listing.limit ?? undefined),
    );
    const bySystem = systemFilters.flatMap((filters, index) => {
      const each = read[parts.length + index];
      return each ? [{ filters, ...each }] : [];
    });
    const between = parts.flatMap(({ id }, index) => {
      const each = read[index];
      return each ? [{ id, ...each }] : [];
    });
    const bySite = between.slice(0, ofSites.length).map(({ id: siteId, ...rest }) => ({ siteId, ...rest }));
    const byOrg = between.slice(ofSites.length).map(({ id: orgId, ...rest }) => ({ orgId, ...rest }));
    // If the site's org is unknown, any org may be the site's own, so there is no request with another org.
    const otherOrg =
      orgOfFullest === null ? undefined : idsOf(orgs.listing, "org_id").find((id) => id !== orgOfFullest);
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
    const systems = hasSystemFilter
      ? {
          bySystem,
          unknownSystem: await recorder.call({
            purpose: "list the devices of a system that does not exist",
            url: apiUrl(discovery, "/v1/devices", { system_id: chance.uuid("system") }),
          }),
        }
      : {};
    const madeUpSince = await recorder.call({
      purpose: "list what changed since a made-up token",
      url: apiUrl(discovery, "/v1/devices", { since: chance.uuid("sync token") }),
    });
    return { bySite, byOrg, unknownSite, unknownOrg, ...systems, madeUpSince, ...siteOfOtherOrg };
  },
  { changes: "nothing" },
);
