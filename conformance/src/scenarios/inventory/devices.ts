import { readListing } from "../../harness/listing.ts";
import { apiUrl } from "../api.ts";
import { scenario } from "../scenario.ts";

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
);
