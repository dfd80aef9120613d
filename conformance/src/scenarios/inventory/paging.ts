import { randomBytes } from "node:crypto";
import { itemsOf } from "../../evidence/read.ts";
import { readListing } from "../../harness/listing.ts";
import { apiUrl } from "../api.ts";
import { scenario } from "../scenario.ts";

/** How many pages the second reading is to make: enough for every seam between pages to be of the same kind. */
const PAGES = 12;

/** Reads the inventory again in small pages, and asks with cursors and limits that no vendor issues. */
export const paging = scenario(
  "paging",
  "List it again in small pages",
  ["discovery", "devices"],
  async ({ discovery, devices }, { recorder }) => {
    const limit = Math.max(1, Math.ceil(itemsOf(devices.listing).length / PAGES));
    const ask = (purpose: string, query: Record<string, string>) =>
      recorder.call({ purpose, url: apiUrl(discovery, "/v1/devices", query) });
    return {
      inSmallPages: await readListing(recorder, {
        purpose: `list devices, ${limit} a page`,
        url: apiUrl(discovery, "/v1/devices"),
        limit,
      }),
      madeUpCursor: await ask("follow a made-up cursor", { cursor: randomBytes(24).toString("base64url") }),
      badLimits: [
        await ask("ask for 0 devices a page", { limit: "0" }),
        await ask("ask for a page size that is not a number", { limit: "many" }),
      ],
    };
  },
);
