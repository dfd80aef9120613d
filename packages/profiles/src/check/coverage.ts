import { DEVICE_STATUS_CHANGED } from "@convergint/schemas";

type Members = Readonly<Record<string, unknown>>;

/** What the samples show of one line of the minimum data. */
export interface CoverageRow {
  readonly id: string;
  readonly level: "MUST" | "SHOULD" | "MAY";
  readonly requirement: string;
  /** `no_sample`: the samples have no record to which the requirement applies. */
  readonly state: "all" | "some" | "none" | "no_sample";
  /** How many of the `of` records fulfil the requirement. */
  readonly met: number;
  readonly of: number;
  /** The missing fields with how many records lack each, or the optional fields that are present. */
  readonly detail: string | null;
}

const has = (record: Members, field: string): boolean => {
  const value = record[field];
  return (
    value !== undefined && value !== null && value !== "" && !(Array.isArray(value) && value.length === 0)
  );
};

function toRow(
  row: Pick<CoverageRow, "id" | "level" | "requirement">,
  records: readonly Members[],
  isMet: (record: Members) => boolean,
  detail: string | null = null,
): CoverageRow {
  const met = records.filter(isMet).length;
  const state =
    records.length === 0 ? "no_sample" : met === records.length ? "all" : met === 0 ? "none" : "some";
  return { ...row, state, met, of: records.length, detail };
}

/** Names the fields that records lack, each with how many lack it. */
function describeMissing(records: readonly Members[], fields: readonly string[]): string | null {
  const missing = fields.flatMap((field) => {
    const lacking = records.filter((record) => !has(record, field)).length;
    return lacking === 0 ? [] : [`${lacking} without ${field}`];
  });
  return missing.length === 0 ? null : missing.join(", ");
}

const OPTIONAL = [
  "ip_addresses",
  "hostname",
  "site",
  "last_seen_at",
  "model",
  "firmware_version",
  "zone",
  "warranty_expires_on",
  "end_of_support_on",
  "system_id",
] as const;

const DEVICE = ["device_id", "name", "type", "org_id", "site_id"];

/**
 * Compares what a profile made of samples with the minimum data that a consumer needs of every vendor.
 *
 * @param events events of the contract, with the members of `data` next to their own
 * @param derivesIds whether the profile derives the ids of health events, because the vendor sends none
 */
export function describeCoverage({
  sites,
  devices,
  events,
  derivesIds,
}: {
  readonly sites: readonly Members[];
  readonly devices: readonly Members[];
  readonly events: readonly Members[];
  readonly derivesIds: boolean;
}): readonly CoverageRow[] {
  const health = events.filter(({ type }) => type === DEVICE_STATUS_CHANGED);
  const present = OPTIONAL.filter((field) => devices.some((device) => has(device, field)));
  const healthFields = ["device_id", "status", "time", "org_id", "site_id"];
  return [
    toRow(
      { id: "B1", level: "MUST", requirement: "site: org id, site id, name" },
      sites,
      (site) => ["org_id", "site_id", "name"].every((field) => has(site, field)),
      describeMissing(sites, ["org_id", "site_id", "name"]),
    ),
    toRow(
      { id: "B2", level: "SHOULD", requirement: "site: address or coordinates, and time zone" },
      sites,
      (site) => (has(site, "address") || has(site, "coordinates")) && has(site, "timezone"),
      describeMissing(sites, ["address", "timezone"]),
    ),
    toRow(
      { id: "B3", level: "MUST", requirement: "device: id, name, type, org id, site id" },
      devices,
      (device) => DEVICE.every((field) => has(device, field)),
      describeMissing(devices, DEVICE),
    ),
    toRow(
      { id: "B4", level: "SHOULD", requirement: "device: status" },
      devices,
      (device) => has(device, "status"),
      describeMissing(devices, ["status"]),
    ),
    toRow(
      { id: "B5", level: "SHOULD", requirement: "device: MAC address" },
      devices,
      (device) => has(device, "mac_addresses"),
      describeMissing(devices, ["mac_addresses"]),
    ),
    toRow(
      { id: "B6", level: "MAY", requirement: "device: more, such as IP, model, firmware, last seen" },
      devices,
      (device) => OPTIONAL.some((field) => has(device, field)),
      present.length === 0 ? null : `has ${present.join(", ")}`,
    ),
    toRow(
      { id: "B7", level: "MUST", requirement: "health event: device id, status, time, org id, site id" },
      health,
      (event) => healthFields.every((field) => has(event, field)),
      describeMissing(health, healthFields),
    ),
    toRow(
      { id: "B8", level: "SHOULD", requirement: "health event: an id that is the same on every retry" },
      health,
      (event) => has(event, "id") && !derivesIds,
      derivesIds ? "the vendor sends no id, so the profile derives one" : null,
    ),
  ];
}
