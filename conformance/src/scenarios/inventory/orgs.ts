import { readListing } from "../../harness/listing.ts";
import { apiUrl } from "../api.ts";
import { CannotDriveError, scenario } from "../scenario.ts";

/** Lists the orgs. It comes first of all that needs the credential, so a refused one is said once and plainly. */
export const orgs = scenario(
  "orgs",
  "List the orgs",
  ["discovery"],
  async ({ discovery }, { recorder, credentials }) => {
    const listing = await readListing(recorder, { purpose: "list orgs", url: apiUrl(discovery, "/v1/orgs") });
    const status = listing.pages[0]?.response?.status;
    if (status === 401 || status === 403) {
      throw new CannotDriveError(
        credentials.apiKey === undefined
          ? `the vendor refused the access token that its token_url had issued with ${status}; see AUTH-005`
          : `the vendor refused the API key of this run with ${status}; give a key it issued with --api-key or CONFORMANCE_API_KEY`,
      );
    }
    return { listing };
  },
);
