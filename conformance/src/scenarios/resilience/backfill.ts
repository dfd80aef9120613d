import { timestampSchema } from "@convergint/schemas";
import type { Evidence } from "../../evidence/evidence.ts";
import { declares } from "../../evidence/manifest.ts";
import { idsOf, memberOf, objectOf, textOf } from "../../evidence/read.ts";
import { readListing } from "../../harness/listing.ts";
import { apiUrl } from "../api.ts";
import { CannotDriveError, scenario } from "../scenario.ts";

const MAX_ORGS = 5;
const LONG_AGO = "2000-01-01T00:00:00Z";

/** Returns the time of the run's first listing, on the vendor's clock. */
function startOf({ listing }: Evidence["devices"]): string {
  const [page] = listing.pages;
  const asOf = textOf(memberOf(page ? objectOf(page) : null, "snapshot"), "as_of");
  if (timestampSchema.safeParse(asOf).success && asOf !== null) return asOf;
  throw new CannotDriveError("the listing of devices has no valid as_of to start from; see PAGE-002");
}

/** Lists the events since the start of the run (of all orgs, and by org) and since long before the run. */
export const backfill = scenario(
  "backfill",
  "List the published events",
  ["discovery", "orgs", "devices", "health", "retries", "outage"],
  async ({ discovery, orgs, devices }, { recorder, chance }) => {
    if (!declares(objectOf(discovery.manifest), "backfill"))
      throw new CannotDriveError("the manifest does not declare backfill");
    const after = startOf(devices);
    const ask = (query: Record<string, string>) => apiUrl(discovery, "/v1/events", query);
    const list = (purpose: string, query: Record<string, string>) =>
      readListing(recorder, { purpose, url: ask(query), limit: 500 });
    const byOrg = [];
    for (const orgId of [...new Set(idsOf(orgs.listing, "org_id"))].slice(0, MAX_ORGS)) {
      byOrg.push({
        orgId,
        listing: await list("list one org's events", { after, org_id: orgId }),
      });
    }
    return {
      sinceTheBeginning: await list("list the events since the run began", { after }),
      byOrg,
      unknownOrg: await recorder.call({
        purpose: "list the events of an org that does not exist",
        url: ask({ org_id: chance.uuid("org") }),
      }),
      longAgo: await recorder.call({
        purpose: "list the events since long ago",
        url: ask({ after: LONG_AGO }),
      }),
    };
  },
);
