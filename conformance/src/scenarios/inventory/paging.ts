import type { Listing } from "../../evidence/exchange.ts";
import { itemsOf } from "../../evidence/read.ts";
import { readListing } from "../../harness/listing.ts";
import { apiUrl } from "../api.ts";
import { scenario } from "../scenario.ts";

/** Number of pages of the second reading. */
const PAGES = 12;

const BAD_LIMITS = {
  "0 devices": "0",
  "less than 0": "-1",
  "2.5 devices": "2.5",
  "many devices": "many",
};

/** Reads every listing again in small pages, and tries invalid cursors and limits. */
export const paging = scenario(
  "paging",
  "List everything again in small pages",
  ["discovery", "orgs", "sites", "devices"],
  async ({ discovery, orgs, sites, devices }, { recorder, chance }) => {
    const ask = (purpose: string, query: Record<string, string>) =>
      recorder.call({ purpose, url: apiUrl(discovery, "/v1/devices", query) });
    const again = (name: "orgs" | "sites" | "devices", { listing }: { readonly listing: Listing }) => {
      const limit = Math.max(1, Math.ceil(itemsOf(listing).length / PAGES));
      const url = apiUrl(discovery, `/v1/${name}`);
      return readListing(recorder, { purpose: `list ${name}, ${limit} a page`, url, limit });
    };
    const badLimits = [];
    for (const [words, limit] of Object.entries(BAD_LIMITS)) {
      badLimits.push(await ask(`ask for ${words} a page`, { limit }));
    }
    return {
      inSmallPages: await again("devices", devices),
      orgsInSmallPages: await again("orgs", orgs),
      sitesInSmallPages: await again("sites", sites),
      madeUpCursor: await ask("follow a made-up cursor", { cursor: chance.hex("cursor", 32) }),
      badLimits,
    };
  },
);
