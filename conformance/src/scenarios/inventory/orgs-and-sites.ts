import { idsOf, itemsOf } from "../../evidence/read.ts";
import { readListing } from "../../harness/listing.ts";
import { apiUrl } from "../api.ts";
import { CannotDriveError, scenario } from "../scenario.ts";

/** A page size that every vendor supports. */
const LARGE_PAGES = 500;

/** Lists the whole inventory in large pages. */
export const devices = scenario(
  "devices",
  "List the whole inventory",
  ["discovery", "orgs"],
  async ({ discovery }, { recorder }) => ({
    listing: await readListing(recorder, {
      purpose: "list devices",
      url: apiUrl(discovery, "/v1/devices"),
      limit: LARGE_PAGES,
    }),
  }),
  { changes: "nothing" },
);

/**
 * Lists the orgs. This is the first scenario that needs the credential, so a rejected credential is reported
 * only once.
 */
export const orgs = scenario(
  "orgs",
  "List the orgs",
  ["discovery"],
  async ({ discovery }, { recorder, credentials, endRun }) => {
    const listing = await readListing(recorder, { purpose: "list orgs", url: apiUrl(discovery, "/v1/orgs") });
    const status = listing.pages[0]?.response?.status;
    if (status === 401 || status === 403) {
      if (credentials.apiKey !== undefined) {
        endRun(
          "credential_rejected",
          `The vendor answered ${status} to the API key of this run. Pass a valid key with --api-key or CONFORMANCE_API_KEY. If this key is valid, your log says why it was refused.`,
        );
      }
      if (credentials.key !== undefined) {
        endRun(
          "credential_rejected",
          `The vendor answered ${status} to a token signed with the private key of this run. Check that the vendor has the public key of --private-key-file, under the id of --key-id if you gave one, and that issuer and audience are those that it expects. If they are, your log says why the token was refused; see AUTH-007.`,
        );
      }
      throw new CannotDriveError(
        `the vendor answered ${status} to an access token that its token_url had issued; see AUTH-005`,
      );
    }
    return { listing };
  },
  { changes: "nothing" },
);

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
      // The listing fits on one page, so read the listing again in two pages.
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
  { changes: "nothing" },
);
