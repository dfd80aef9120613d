import { idsOf, itemsOf } from "../../evidence/read.ts";
import { readListing } from "../../harness/listing.ts";
import { apiUrl } from "../api.ts";
import { scenario } from "../scenario.ts";

/** Maximum number of orgs to list separately. */
const MAX_ORGS = 5;

/** Lists all sites, the sites of each org, and the sites of an unknown org. */
export const sites = scenario(
  "sites",
  "List the sites",
  ["discovery", "orgs"],
  async ({ discovery, orgs }, { recorder, chance }) => {
    const listing = await readListing(recorder, {
      purpose: "list sites",
      url: apiUrl(discovery, "/v1/sites"),
    });
    const byOrg = [];
    for (const orgId of [...new Set(idsOf(orgs.listing, "org_id"))].slice(0, MAX_ORGS)) {
      const url = apiUrl(discovery, "/v1/sites", { org_id: orgId });
      const sitesOfOrg = await readListing(recorder, { purpose: "list one org's sites", url });
      byOrg.push({ orgId, listing: sitesOfOrg });
      // The listing fits on one page, so read it again in two.
      const limit = Math.ceil(itemsOf(sitesOfOrg).length / 2);
      if (limit > 0) {
        const purpose = `list one org's sites, ${limit} a page`;
        byOrg.push({ orgId, listing: await readListing(recorder, { purpose, url, limit }) });
      }
    }
    const unknownOrg = await recorder.call({
      purpose: "list the sites of an org that does not exist",
      url: apiUrl(discovery, "/v1/sites", { org_id: chance.uuid("org") }),
    });
    return { listing, byOrg, unknownOrg };
  },
);
