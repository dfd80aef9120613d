import { createSeededRandom } from "@convergint/internal/seeded-random";
import { type Org, orgIdSchema, type Site, siteIdSchema } from "@convergint/schemas";
import { furnish } from "./building.ts";
import type { CampusDevice } from "./initial-status.ts";
import { CUSTOMERS } from "./places.ts";

/** The initial inventory of the campus. */
export interface Estate {
  readonly orgs: readonly Org[];
  readonly sites: readonly Site[];
  readonly devices: readonly CampusDevice[];
}

/**
 * Creates the campus: 1,200 devices on 6 sites, one of them empty, in 2 orgs.
 *
 * @param seed determines every id, name, status and age
 * @param asOf the current time, from which ages are subtracted
 * @param maxBuildings maximum number of furnished buildings for each site; 1 makes 200 devices. Default: all
 */
export function createEstate(
  seed: number,
  asOf: Date,
  maxBuildings: number = Number.POSITIVE_INFINITY,
): Estate {
  const random = createSeededRandom(seed);
  const orgs: Org[] = [];
  const sites: Site[] = [];
  const devices: CampusDevice[] = [];
  let subnet = 0;
  for (const customer of CUSTOMERS) {
    const org_id = orgIdSchema.parse(random.uuid(`org/${customer.name}`));
    orgs.push({ org_id, name: customer.name });
    for (const { name, code, address, coordinates, timezone, buildings } of customer.places) {
      const site_id = siteIdSchema.parse(random.uuid(`site/${code}`));
      const site: Site = { site_id, org_id, name, address, coordinates, timezone };
      sites.push(site);
      for (const building of buildings.slice(0, maxBuildings)) {
        devices.push(...furnish({ name: building, site, siteCode: code, subnet }, random, asOf));
        subnet += 1;
      }
    }
  }
  return { orgs, sites, devices };
}
