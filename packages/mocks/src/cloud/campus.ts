import { type Device, deviceSchema, type Org, orgSchema, type Site, siteSchema } from "@convergint/schemas";
import { MockError, type MockErrorCode } from "../mock-error.ts";
import { readWritten, type Written } from "../written.ts";

/** An org as a test writes it. @see spec/1.0/contract.md#orgs */
export type WrittenOrg = Written<typeof orgSchema>;
/** A site as a test writes it. @see spec/1.0/contract.md#sites */
export type WrittenSite = Written<typeof siteSchema>;
/** A device as a test writes it. @see spec/1.0/contract.md#devices */
export type WrittenDevice = Written<typeof deviceSchema>;

/**
 * A campus as a test writes it: every device is on one of the
 * sites, and every site belongs to one of the orgs.
 */
export interface WrittenCampus {
  readonly orgs: readonly WrittenOrg[];
  readonly sites: readonly WrittenSite[];
  readonly devices: readonly WrittenDevice[];
}

/** What a vendor's cloud knows about its customers' premises. */
export interface Campus {
  readonly orgs: readonly Org[];
  readonly sites: readonly Site[];
  readonly devices: readonly Device[];
}

function requireDistinct(ids: readonly string[]): void {
  const seen = new Set<string>();
  const twice = ids.find((id) => seen.size === seen.add(id).size);
  if (twice !== undefined) throw new MockError("invalid_campus", `The id ${twice} is a duplicate.`);
}

/**
 * Validates a device of one of the sites.
 *
 * @throws {MockError} with `code`
 */
export function readDevice(written: WrittenDevice, sites: readonly Site[], code: MockErrorCode): Device {
  const device = readWritten(deviceSchema, written, `The device ${written.device_id}`, code);
  const { device_id, org_id, site_id, lifecycle } = device;
  if (!sites.some((site) => site.site_id === site_id && site.org_id === org_id))
    throw new MockError(
      code,
      `The device ${device_id} names site ${site_id} of org ${org_id}, but the campus does not contain that site.`,
    );
  if (lifecycle === "removed")
    throw new MockError(
      code,
      `The device ${device_id} has the lifecycle removed, but no listing may contain removed devices.`,
    );
  return device;
}

/**
 * Validates a campus that a test defines.
 *
 * @throws {MockError} `invalid_campus` if it is invalid, incomplete or contradictory
 */
export function readCampus(written: WrittenCampus): Campus {
  const code = "invalid_campus";
  const orgs = written.orgs.map((org) => readWritten(orgSchema, org, `The org ${org.org_id}`, code));
  const sites = written.sites.map((site) => readWritten(siteSchema, site, `The site ${site.site_id}`, code));
  for (const { site_id, org_id } of sites)
    if (!orgs.some((org) => org.org_id === org_id))
      throw new MockError(
        code,
        `The site ${site_id} names org ${org_id}, but the campus does not contain that org.`,
      );
  const devices = written.devices.map((device) => readDevice(device, sites, code));
  requireDistinct(orgs.map(({ org_id }) => org_id));
  requireDistinct(sites.map(({ site_id }) => site_id));
  requireDistinct(devices.map(({ device_id }) => device_id));
  return { orgs, sites, devices };
}
