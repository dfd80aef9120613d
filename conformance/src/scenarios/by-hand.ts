import type { Evidence } from "../evidence/evidence.ts";
import { readDeviceTypes } from "../evidence/manifest.ts";
import { entriesOf, textOf } from "../evidence/read.ts";
import type { KnownDevice } from "../harness/person.ts";

/** Describes the listed devices for the person who changes them. */
export function describeDevices({ discovery, sites, devices }: Partial<Evidence>): readonly KnownDevice[] {
  if (!discovery || !devices) return [];
  const types = readDeviceTypes(discovery.manifest);
  const siteNames = new Map(
    (sites ? entriesOf(sites.listing) : []).map(({ value }) => [
      textOf(value, "site_id"),
      textOf(value, "name"),
    ]),
  );
  return entriesOf(devices.listing).flatMap(({ value }): KnownDevice[] => {
    const [deviceId, type, siteId] = ["device_id", "type", "site_id"].map((name) => textOf(value, name));
    if (deviceId == null) return [];
    return [
      {
        deviceId,
        name: textOf(value, "name"),
        type: type ?? null,
        site: siteNames.get(siteId ?? null) ?? siteId ?? null,
        hasEvents: types.get(type ?? "")?.includes("events") === true,
      },
    ];
  });
}
