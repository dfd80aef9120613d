import type { SeededRandom } from "@convergint/internal/seeded-random";
import { deviceIdSchema, type Site } from "@convergint/schemas";
import { type CampusDevice, initialStatus } from "./initial-status.ts";
import {
  type CampusDeviceType,
  type Connection,
  PRODUCTS,
  type Product,
  SENSOR_SUBTYPES,
} from "./products.ts";

/** A kind of device in a building, and what hangs on each of them. */
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

/** Where a building stands and what it is called. */
export interface Building {
  readonly name: string;
  readonly site: Site;
  readonly siteCode: string;
  /** Position among all buildings of the estate; gives each its own subnet. */
  readonly subnet: number;
}

/** Furnishes one building. Parents come before what hangs on them. */
export function furnish(building: Building, random: SeededRandom, asOf: Date): CampusDevice[] {
  const devices: CampusDevice[] = [];
  const placed = new Map<CampusDeviceType, number>();
  const place = (fixtures: readonly Fixture[], parent?: CampusDevice): void => {
    for (const { type, count, children = [] } of fixtures) {
      for (let made = 0; made < count; made += 1) {
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
  /** Position among the building's devices of this type. */
  readonly index: number;
  readonly parent: CampusDevice | undefined;
  /** Last byte of the address. */
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
      // Rotated from building to building, so that every subtype occurs and no building has two of one.
      subtype: SENSOR_SUBTYPES[(building.subnet + index) % SENSOR_SUBTYPES.length] ?? null,
    }),
    vendor_type: product.vendorType,
    ...initialStatus(random, label, parent, asOf),
    ...hardware(product, description, label),
    parent_device_id: parent?.device_id ?? null,
    zone: `${building.name}, ${spot}`,
  };
}

/** What a label on the housing and the network would tell; a logical opening has neither. */
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

function macAddress(random: SeededRandom, label: string, { macWriting }: WithMac): string {
  // 02 in front marks a locally administered address: it can be no real manufacturer's.
  const digits = `02${random.hex(`${label}/mac`, 10)}`;
  switch (macWriting) {
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
