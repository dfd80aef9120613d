import { createSeededRandom } from "@convergint/internal/seeded-random";
import {
  deviceIdSchema,
  type Org,
  orgIdSchema,
  type Site,
  siteIdSchema,
  systemIdSchema,
} from "@convergint/schemas";
import { idWriter, PLAIN, type Variation } from "../variation/variation.ts";
import { furnish } from "./building.ts";
import { type CampusDevice, VENDOR_STATUS } from "./initial-status.ts";
import { CUSTOMERS } from "./places.ts";

/** The initial inventory of the campus. */
export interface Estate {
  readonly orgs: readonly Org[];
  readonly sites: readonly Site[];
  readonly devices: readonly CampusDevice[];
}

/** Limits of an estate, for tests that create hundreds of them. */
export interface EstateSize {
  /** Maximum number of furnished buildings for each site; 1 makes 200 devices. Default: all. */
  readonly maxBuildings?: number | undefined;
  /** Maximum number of devices of each type behind each connector. Default: all. */
  readonly maxChildren?: number | undefined;
}

/**
 * Creates the campus: 1,200 devices on 6 sites, one of them empty, in 2 orgs.
 *
 * @param seed determines every id, name, status and age
 * @param asOf the current time, from which ages are subtracted
 * @param variation the style of ids, and which devices are connectors
 */
export function createEstate(
  seed: number,
  asOf: Date,
  { maxBuildings = Number.POSITIVE_INFINITY, maxChildren = Number.POSITIVE_INFINITY }: EstateSize = {},
  variation: Pick<Variation, "ids" | "notConnectors"> = PLAIN,
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
        devices.push(...furnish({ name: building, site, siteCode: code, subnet }, random, asOf, maxChildren));
        subnet += 1;
      }
    }
  }
  return vary({ orgs, sites, devices }, variation);
}

function vary(
  { orgs, sites, devices }: Estate,
  { ids, notConnectors }: Pick<Variation, "ids" | "notConnectors">,
): Estate {
  const write = idWriter({ ids });
  const org_id = (id: string) => orgIdSchema.parse(write(id));
  const site_id = (id: string) => siteIdSchema.parse(write(id));
  const device_id = (id: string) => deviceIdSchema.parse(write(id));
  const types = new Map(devices.map((device) => [device.device_id, device.type]));
  return {
    orgs: orgs.map((org) => ({ ...org, org_id: org_id(org.org_id) })),
    sites: sites.map((site) => ({ ...site, org_id: org_id(site.org_id), site_id: site_id(site.site_id) })),
    devices: devices.map((device) => {
      const { parent_device_id: parent, status_reason } = device;
      const isBehind = parent != null && !notConnectors.includes(types.get(parent) ?? "");
      return {
        ...device,
        org_id: org_id(device.org_id),
        site_id: site_id(device.site_id),
        device_id: device_id(device.device_id),
        ...(device.system_id != null && { system_id: systemIdSchema.parse(write(device.system_id)) }),
        parent_device_id: parent == null ? null : device_id(parent),
        ...(status_reason === "parent_unreachable" &&
          !isBehind && {
            status: "online",
            status_reason: null,
            vendor_status: VENDOR_STATUS.online,
            last_seen_at: device.status_observed_at,
          }),
      };
    }),
  };
}
