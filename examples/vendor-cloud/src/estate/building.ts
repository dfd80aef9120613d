import type { SeededRandom } from "@convergint/internal/seeded-random";
import { deviceIdSchema, type Site, systemIdSchema } from "@convergint/schemas";
import { type CampusDevice, initialStatus } from "./initial-status.ts";
import {
  type CampusDeviceType,
  type Connection,
  PRODUCTS,
  type Product,
  SENSOR_SUBTYPES,
} from "./products.ts";

/** The vendor's systems at each site, by device type. Switches, power supplies and speakers belong to neither. */
const SYSTEMS: Partial<Record<CampusDeviceType, "Video" | "Access and intrusion">> = {
  recorder: "Video",
  camera: "Video",
  access_controller: "Access and intrusion",
  door: "Access and intrusion",
  reader: "Access and intrusion",
  alarm_panel: "Access and intrusion",
  sensor: "Access and intrusion",
  intercom: "Access and intrusion",
};

/** A kind of device in a building, and its child devices. */
interface Fixture {
  readonly type: CampusDeviceType;
  readonly count: number;
  readonly children?: readonly Fixture[];
}

/** Forty devices, so that thirty buildings make 1,200. */
const FIXTURES: readonly Fixture[] = [
  { type: "network_switch", count: 1 },
  { type: "power", count: 1 },
  { type: "recorder", count: 1, children: [{ type: "camera", count: 12 }] },
  {
    type: "access_controller",
    count: 2,
    children: [
      { type: "door", count: 3 },
      { type: "reader", count: 3 },
    ],
  },
  { type: "alarm_panel", count: 1, children: [{ type: "sensor", count: 7 }] },
  { type: "intercom", count: 1 },
  { type: "speaker", count: 2 },
];

/** A building: its site and its name. */
export interface Building {
  readonly name: string;
  readonly site: Site;
  readonly siteCode: string;
  /** The building's index among all buildings of the estate; each building has its own subnet. */
  readonly subnet: number;
}

/** Creates the devices of a building, parents before children. @param maxChildren see `EstateSize` */
export function furnish(
  building: Building,
  random: SeededRandom,
  asOf: Date,
  maxChildren: number,
): CampusDevice[] {
  const devices: CampusDevice[] = [];
  const placed = new Map<CampusDeviceType, number>();
  const place = (fixtures: readonly Fixture[], parent?: CampusDevice): void => {
    for (const { type, count, children = [] } of fixtures) {
      const made = parent ? Math.min(count, maxChildren) : count;
      for (let nth = 0; nth < made; nth += 1) {
        const index = placed.get(type) ?? 0;
        placed.set(type, index + 1);
        const device = describeDevice({
          building,
          random,
          asOf,
          type,
          index,
          parent,
          host: devices.length + 10,
        });
        devices.push(device);
        place(children, device);
      }
    }
  };
  place(FIXTURES);
  return devices;
}

interface DeviceDescription {
  readonly building: Building;
  readonly random: SeededRandom;
  readonly asOf: Date;
  readonly type: CampusDeviceType;
  /** The device's index among the devices of the same type in its building. */
  readonly index: number;
  readonly parent: CampusDevice | undefined;
  /** Last byte of the device's IP address. */
  readonly host: number;
}

function describeDevice(description: DeviceDescription): CampusDevice {
  const { building, random, asOf, type, index, parent } = description;
  const product: Product = PRODUCTS[type];
  const label = `${building.siteCode}/${building.name}/${type}/${index}`;
  const spot = product.spots[index] ?? `Level ${index}`;
  return {
    device_id: deviceIdSchema.parse(random.uuid(`device/${label}`)),
    org_id: building.site.org_id,
    site_id: building.site.site_id,
    name: `${building.name} ${spot} ${type.replaceAll("_", " ")}`,
    type,
    ...(type === "sensor" && {
      // Rotates between buildings, so that every subtype occurs and no building has a subtype twice.
      subtype: SENSOR_SUBTYPES[(building.subnet + index) % SENSOR_SUBTYPES.length] ?? null,
    }),
    vendor_type: product.vendorType,
    ...initialStatus(random, label, parent, asOf),
    ...hardware(product, description, label),
    ...systemOf(building, random, type),
    parent_device_id: parent?.device_id ?? null,
    zone: `${building.name}, ${spot}`,
  };
}

/** Names the system that a device belongs to, if any. */
function systemOf({ site, siteCode }: Building, random: SeededRandom, type: CampusDeviceType) {
  const system = SYSTEMS[type];
  if (system === undefined) return {};
  return {
    system_id: systemIdSchema.parse(random.uuid(`system/${siteCode}/${system}`)),
    system_name: `${system}, ${site.name}`,
  };
}

/** The hardware and network identity of a device; a logical opening has no such identity. */
function hardware(product: Product, { building, random, host, index }: DeviceDescription, label: string) {
  const { connection } = product;
  if (connection.kind === "logical") return {};
  const warrantyYear = 2026 + random.below(`${label}/warranty`, 5);
  return {
    mac_addresses: [macAddress(random, label, connection)],
    ...(connection.kind === "ip" && {
      ip_addresses: [`10.20.${building.subnet}.${host}`],
      hostname: `${connection.hostPrefix}-${building.siteCode}-${building.subnet}-${index + 1}.lakeshore.example`,
    }),
    manufacturer: product.manufacturer,
    model: random.pick(`${label}/model`, product.models),
    firmware_version: random.pick(`${label}/firmware`, product.firmware),
    serial_number: random.hex(`${label}/serial`, 12).toUpperCase(),
    warranty_expires_on: `${warrantyYear}-06-30`,
    attributes: { asset_tag: `LU-${random.hex(`${label}/asset`, 6).toUpperCase()}` },
  };
}

type WithMac = Exclude<Connection, { kind: "logical" }>;

function macAddress(random: SeededRandom, label: string, { macNotation }: WithMac): string {
  // The prefix 02 marks a locally administered address, which no manufacturer uses.
  const digits = `02${random.hex(`${label}/mac`, 10)}`;
  switch (macNotation) {
    case "colons":
      return digits.replace(/..(?!$)/g, "$&:");
    case "hyphens":
      return digits.toUpperCase().replace(/..(?!$)/g, "$&-");
    case "dots":
      return digits.replace(/....(?!$)/g, "$&.");
    case "bare":
      return digits.toUpperCase();
  }
}
