import type { SeededRandom } from "@convergint/internal/seeded-random";
import { MockError } from "../mock-error.ts";
import type { WrittenCampus, WrittenDevice, WrittenOrg, WrittenSite } from "./campus.ts";

/**
 * The devices of one rack, each with the index of its parent in the rack and the system that it belongs to. Each site
 * has two systems.
 */
const RACK = [
  { type: "network_switch", system: null, parent: null, networked: true },
  { type: "recorder", system: "video", parent: 0, networked: true },
  { type: "camera", system: "video", parent: 1, networked: true },
  { type: "camera", system: "video", parent: 1, networked: true },
  { type: "camera", system: "video", parent: 1, networked: true },
  { type: "camera", system: "video", parent: 1, networked: true },
  { type: "access_controller", system: "access", parent: 0, networked: true },
  { type: "door", system: "access", parent: 6, networked: false },
  { type: "reader", system: "access", parent: 6, networked: false },
  { type: "alarm_panel", system: "access", parent: 0, networked: true },
  { type: "sensor", system: "access", parent: 9, networked: false, subtype: "motion" },
  { type: "intercom", system: null, parent: 0, networked: true },
] as const;

const PLACES = [
  { org: "Lakeside University", site: "Main Campus", city: "Madison", region: "WI", zone: "America/Chicago" },
  { org: "Lakeside University", site: "Harbor Labs", city: "Boston", region: "MA", zone: "America/New_York" },
  { org: "Lakeside Clinics", site: "West Clinic", city: "Denver", region: "CO", zone: "America/Denver" },
  // An empty site, where no devices are installed yet.
  { org: "Lakeside Clinics", site: "New Annex", city: "Denver", region: "CO", zone: "America/Denver" },
] as const;
const EMPTY_SITES = 1;

/** The time from which all ages are calculated. This time is fixed, so that a seed always creates the same campus. */
const SEEDED_AT = Date.parse("2025-01-06T08:00:00Z");

/** How many of a hundred devices have each status. */
const STATUSES = [
  { below: 88, status: "online" },
  { below: 92, status: "degraded", status_reason: "fault" },
  { below: 97, status: "offline", status_reason: "power_loss" },
  { below: 100, status: "unknown", status_reason: "not_installed" },
] as const;

const secondsBefore = (seconds: number): string => new Date(SEEDED_AT - seconds * 1000).toISOString();

/** Returns the status of a device and the times that belong to it. */
function statusOf(random: SeededRandom, label: string): Partial<WrittenDevice> {
  const lot = random.below(`${label}/status`, 100);
  const { below: _, ...found } = STATUSES.find(({ below }) => lot < below) ?? STATUSES[0];
  if (found.status === "unknown") return found;
  const changed = 60 + random.below(`${label}/changed`, 30 * 24 * 3600);
  const heard = found.status === "offline" ? changed : random.below(`${label}/seen`, 60);
  return {
    ...found,
    status_observed_at: secondsBefore(random.below(`${label}/observed`, 60)),
    status_changed_at: secondsBefore(changed),
    last_seen_at: secondsBefore(heard),
  };
}

/** Notations of a MAC address; a reader must accept all of them. */
const MAC_WRITINGS = [
  (digits: string) => digits.replace(/..(?!$)/g, "$&:"),
  (digits: string) => digits.toUpperCase().replace(/..(?!$)/g, "$&-"),
  (digits: string) => digits.replace(/....(?!$)/g, "$&."),
] as const;

/** Returns the members of a networked device; doors and sensors have no network address. */
function network(random: SeededRandom, label: string, index: number): Partial<WrittenDevice> {
  const write = MAC_WRITINGS[index % MAC_WRITINGS.length] ?? MAC_WRITINGS[0];
  return {
    // The prefix 02 marks a locally administered address, which no manufacturer uses.
    mac_addresses: [write(`02${random.hex(`${label}/mac`, 10)}`)],
    ip_addresses: [`10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`],
    firmware_version: `4.${random.below(`${label}/firmware`, 10)}.0`,
  };
}

/** Returns the members that name a system of a site. */
const systemAt = (
  random: SeededRandom,
  { site_id, name }: WrittenSite,
  system: string,
): Partial<WrittenDevice> => ({
  system_id: random.uuid(`system/${site_id}/${system}`),
  system_name: `${name}, ${system}`,
});

function describe(random: SeededRandom, index: number, sites: readonly WrittenSite[]): WrittenDevice {
  const [rack, place] = [Math.floor(index / RACK.length), index % RACK.length];
  const { type, parent, networked, system, ...subtype } = RACK[place] ?? RACK[0];
  const site = sites[rack % (sites.length - EMPTY_SITES)];
  if (site === undefined) throw new MockError("invalid_campus", "The campus has no site.");
  const label = `device/${index}`;
  return {
    device_id: random.uuid(label),
    org_id: site.org_id,
    site_id: site.site_id,
    name: `Building ${rack + 1}, ${type.replaceAll("_", " ")} ${place + 1}`,
    type,
    ...subtype,
    vendor_type: `LS-${type.toUpperCase()}`,
    ...statusOf(random, label),
    ...(networked && network(random, label, index)),
    ...(system !== null && systemAt(random, site, system)),
    ...(parent !== null && { parent_device_id: random.uuid(`device/${rack * RACK.length + parent}`) }),
  };
}

/**
 * Creates a campus with 2 orgs and 4 sites, one of them empty.
 *
 * @param count number of devices
 * @throws {MockError} `invalid_option`
 */
export function seededCampus(random: SeededRandom, count: number): WrittenCampus {
  if (!(Number.isInteger(count) && count >= 0))
    throw new MockError("invalid_option", "Invalid devices: use an integer of at least 0.");
  const names = [...new Set(PLACES.map(({ org }) => org))];
  const orgs: WrittenOrg[] = names.map((name) => ({ org_id: random.uuid(`org/${name}`), name }));
  const sites: WrittenSite[] = PLACES.map(({ org, site, city, region, zone }) => ({
    site_id: random.uuid(`site/${site}`),
    org_id: random.uuid(`org/${org}`),
    name: site,
    address: { city, region, country: "US" },
    timezone: zone,
  }));
  return {
    orgs,
    sites,
    devices: Array.from({ length: count }, (_, index) => describe(random, index, sites)),
  };
}
