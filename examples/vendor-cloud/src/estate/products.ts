/** The notation of a MAC address; consumers have to accept all of them. */
type MacNotation = "colons" | "hyphens" | "dots" | "bare";

/** How the cloud reaches a device: over IP, by radio through its parent, or not at all (a logical device). */
export type Connection =
  | { readonly kind: "ip"; readonly macNotation: MacNotation; readonly hostPrefix: string }
  | { readonly kind: "radio"; readonly macNotation: MacNotation }
  | { readonly kind: "logical" };

/** The products that the campus uses for one device type. */
export interface Product {
  readonly vendorType: string;
  readonly manufacturer: string;
  readonly models: readonly [string, ...string[]];
  readonly firmware: readonly [string, ...string[]];
  readonly connection: Connection;
  /** The locations of the first, second, … device of this type in a building. */
  readonly spots: readonly string[];
}

const ip = (hostPrefix: string, macNotation: MacNotation): Connection => ({
  kind: "ip",
  hostPrefix,
  macNotation,
});

const DOORS = [
  "Main entrance",
  "Loading dock",
  "Stairwell B",
  "Server room",
  "East entrance",
  "Records room",
];

export const PRODUCTS = {
  network_switch: {
    vendorType: "PoESwitch",
    manufacturer: "Tamarack Networks",
    models: ["TN-2448P", "TN-2424P"],
    firmware: ["17.9.4", "17.12.1"],
    connection: ip("sw", "dots"),
    spots: ["Network closet"],
  },
  power: {
    vendorType: "UPS",
    manufacturer: "Evenflow Power",
    models: ["EF-1500", "EF-3000"],
    firmware: ["2.5.1"],
    connection: ip("ups", "hyphens"),
    spots: ["Network closet"],
  },
  recorder: {
    vendorType: "NVR",
    manufacturer: "Northlight Video",
    models: ["NL-R32", "NL-R64"],
    firmware: ["9.3.0", "9.4.2"],
    connection: ip("nvr", "colons"),
    spots: ["Network closet"],
  },
  camera: {
    vendorType: "IPCamera",
    manufacturer: "Northlight Video",
    models: ["NL-D400 dome", "NL-B500 bullet", "NL-P300 pan-tilt-zoom"],
    firmware: ["6.1.14", "6.2.0", "6.2.3"],
    connection: ip("cam", "colons"),
    spots: [
      "Main entrance",
      "Lobby",
      "Reception",
      "Corridor 1",
      "Corridor 2",
      "Stairwell A",
      "Stairwell B",
      "Elevator bank",
      "Loading dock",
      "Bicycle racks",
      "Roof",
      "East entrance",
    ],
  },
  access_controller: {
    vendorType: "DoorController",
    manufacturer: "Portcullis Access",
    models: ["PC-4"],
    firmware: ["4.18.2", "4.19.0"],
    connection: ip("acu", "bare"),
    spots: ["Ground-floor riser", "Second-floor riser"],
  },
  door: {
    vendorType: "Opening",
    manufacturer: "Portcullis Access",
    models: ["Opening"],
    firmware: ["none"],
    connection: { kind: "logical" },
    spots: DOORS,
  },
  reader: {
    vendorType: "CardReader",
    manufacturer: "Portcullis Access",
    models: ["PR-20", "PR-40 keypad"],
    firmware: ["1.7.3", "1.8.0"],
    connection: ip("rdr", "bare"),
    spots: DOORS,
  },
  alarm_panel: {
    vendorType: "IntrusionPanel",
    manufacturer: "Halyard Alarm",
    models: ["HA-128"],
    firmware: ["3.02"],
    connection: ip("panel", "hyphens"),
    spots: ["Guard room"],
  },
  sensor: {
    vendorType: "WirelessSensor",
    manufacturer: "Halyard Alarm",
    models: ["HS-10", "HS-12"],
    firmware: ["1.4", "1.5"],
    connection: { kind: "radio", macNotation: "hyphens" },
    spots: ["Lobby", "Reception", "Corridor 1", "Corridor 2", "Loading dock", "Basement", "Roof hatch"],
  },
  intercom: {
    vendorType: "VideoIntercom",
    manufacturer: "Portcullis Access",
    models: ["PI-7"],
    firmware: ["2.2.9"],
    connection: ip("icom", "colons"),
    spots: ["Main entrance"],
  },
  speaker: {
    vendorType: "IPHorn",
    manufacturer: "Clarion Call",
    models: ["CC-15 ceiling", "CC-30 horn"],
    firmware: ["11.0.2"],
    connection: ip("spk", "colons"),
    spots: ["Lobby", "Loading dock"],
  },
} as const satisfies Record<string, Product>;

export type CampusDeviceType = keyof typeof PRODUCTS;

export const SENSOR_SUBTYPES = [
  "door_contact",
  "motion",
  "glass_break",
  "panic_button",
  "smoke",
  "water",
  "environmental",
  "occupancy",
] as const;
