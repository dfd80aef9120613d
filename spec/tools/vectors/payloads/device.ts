import { DEVICE, invalid, type PayloadCases, TOMBSTONE, valid, without } from "./samples.ts";

const WHOLE = {
  ...DEVICE,
  subtype: "dome",
  vendor_type: "Dome 4MP",
  status: "online",
  status_reason: "recovered",
  vendor_status: "green",
  status_observed_at: "2026-11-23T08:29:41Z",
  status_changed_at: "2026-11-20T11:00:00.5Z",
  last_seen_at: "2026-11-23T08:29:41.123456789Z",
  admin_state: "enabled",
  mac_addresses: ["00:11:22:aa:bb:cc"],
  ip_addresses: ["192.0.2.7", "2001:db8::7"],
  hostname: "cam-north-1.campus.example",
  manufacturer: "Example Optics",
  model: "XO-4D",
  firmware_version: "3.2.1",
  serial_number: "XO4D-00017233",
  system_id: "vms_north",
  system_name: "Video, north campus",
  parent_device_id: "nvr_1",
  zone: "Lobby",
  site: {
    name: "Science Hall",
    address: {
      street: "12 College Road",
      city: "Northfield",
      region: "MN",
      postal_code: "55057",
      country: "US",
    },
    coordinates: { latitude: 44.4583, longitude: -93.1616 },
    timezone: "America/Chicago",
  },
  lifecycle: "active",
  warranty_expires_on: "2029-06-30",
  end_of_support_on: "2032-02-29",
  updated_at: "2026-11-23T08:29:42Z",
  attributes: { lens: "2.8 mm" },
};

const OPTIONAL = Object.keys(WHOLE).filter((member) => !(member in DEVICE));

const required = ["device_id", "org_id", "site_id", "name", "type"] as const;

const VALID = [
  valid("the five required members, and no more", DEVICE),
  valid("every member of the contract", WHOLE),
  valid("null for every optional member", {
    ...DEVICE,
    ...Object.fromEntries([...OPTIONAL, "removed_at"].map((member) => [member, null])),
  }),
  valid("an unknown type with twelve unknown members", {
    ...DEVICE,
    type: "drone",
    vendor_type: "Hexacopter",
    rotors: 6,
    battery: { level: 0.5, cells: [3.7, 3.8] },
    altitude_m: 12.5,
    hangar: null,
    returning: false,
    pilots: ["per_1", "per_2"],
    flight_plan: [],
    payload: {},
    "x-vendor:key": "v",
    "": "a member without a name",
    größe: "m",
  }),
  valid("times with +00:00 for Z, as Python writes them", {
    ...DEVICE,
    status: "offline",
    status_observed_at: "2026-11-23T08:29:41+00:00",
    last_seen_at: "2026-11-23T08:29:41.250000+00:00",
  }),
  valid("MAC addresses in every notation, and an unreadable one", {
    ...DEVICE,
    mac_addresses: ["00-11-22-AA-BB-CC", "0011.22aa.bbcc", "001122AABBCC", "0:11:22:aa:bb:cc", "not known"],
  }),
  valid("IP addresses with prefix length, zone and brackets, and an unreadable one", {
    ...DEVICE,
    ip_addresses: ["192.0.2.7/24", "fe80::1%eth0", "[2001:db8::1]", "dhcp"],
  }),
  valid("no MAC address at all: an empty list", { ...DEVICE, mac_addresses: [], ip_addresses: [] }),
  valid("an unknown status reason and subtype", {
    ...DEVICE,
    subtype: "thermal",
    status: "unknown",
    status_reason: "solar_storm",
  }),
  valid("an id of 256 characters beyond the Basic Multilingual Plane", {
    ...DEVICE,
    device_id: "🎥".repeat(256),
  }),
  valid("a removed device that says when it was removed", {
    ...DEVICE,
    lifecycle: "removed",
    removed_at: "2026-11-22T16:05:00Z",
  }),
  valid("a device during provisioning", { ...DEVICE, lifecycle: "provisioning", status: "unknown" }),
  valid("a leap day", { ...DEVICE, end_of_support_on: "2028-02-29" }),
  valid("empty strings in optional members", { ...DEVICE, vendor_status: "", zone: "", hostname: "" }),
];

const INVALID = [
  ...required.map((member) =>
    invalid(`without ${member}`, without(DEVICE, member), [
      `/${member}`,
      "INV-001",
      `${member} is required.`,
    ]),
  ),
  invalid("null for a required member", { ...DEVICE, site_id: null }, [
    "/site_id",
    "INV-001",
    "null means absent, but site_id is required.",
  ]),
  invalid("an empty id", { ...DEVICE, device_id: "" }, [
    "/device_id",
    "INV-001",
    "An id has 1 to 256 characters.",
  ]),
  invalid("an id of 257 characters", { ...DEVICE, device_id: "x".repeat(257) }, [
    "/device_id",
    "INV-001",
    "An id has 1 to 256 characters.",
  ]),
  invalid("a number instead of an id", { ...DEVICE, device_id: 4711 }, [
    "/device_id",
    "INV-001",
    "Ids are strings: a number loses digits beyond 2^53 and leading zeros.",
  ]),
  invalid("an empty name", { ...DEVICE, name: "" }, [
    "/name",
    "INV-001",
    "People find the device by its name.",
  ]),
  invalid("the status Online", { ...DEVICE, status: "Online" }, [
    "/status",
    "INV-001",
    "Statuses are a closed vocabulary in lower case.",
  ]),
  invalid("a status that only the vendor uses", { ...DEVICE, status: "dormant" }, [
    "/status",
    "INV-001",
    "There are four statuses; the vendor's term belongs in vendor_status.",
  ]),
  invalid("a status that is true or false", { ...DEVICE, status: true }, [
    "/status",
    "INV-001",
    "The status is one of four values.",
  ]),
  invalid("epoch seconds", { ...DEVICE, last_seen_at: 1764000000 }, [
    "/last_seen_at",
    "INV-001",
    "Times are RFC 3339: a number does not show its unit.",
  ]),
  invalid("epoch seconds as a text", { ...DEVICE, last_seen_at: "1764000000" }, [
    "/last_seen_at",
    "INV-001",
    "Times are RFC 3339.",
  ]),
  invalid("a local time with its offset", { ...DEVICE, status_observed_at: "2026-11-23T02:29:41-06:00" }, [
    "/status_observed_at",
    "INV-001",
    "Times are in UTC: Z or +00:00.",
  ]),
  invalid("a time without an offset", { ...DEVICE, status_observed_at: "2026-11-23T08:29:41" }, [
    "/status_observed_at",
    "INV-001",
    "Without Z or +00:00 the moment is ambiguous.",
  ]),
  invalid("the 30th of February", { ...DEVICE, last_seen_at: "2026-02-30T08:29:41Z" }, [
    "/last_seen_at",
    "INV-001",
    "This day does not exist.",
  ]),
  invalid(
    "a warranty that ends on the 29th of February 2027",
    { ...DEVICE, warranty_expires_on: "2027-02-29" },
    ["/warranty_expires_on", "INV-001", "2027 is not a leap year."],
  ),
  invalid("a day in US notation", { ...DEVICE, warranty_expires_on: "06/30/2029" }, [
    "/warranty_expires_on",
    "INV-001",
    "Calendar days are written 2029-06-30.",
  ]),
  invalid("an admin state that only the vendor uses", { ...DEVICE, admin_state: "maintenance" }, [
    "/admin_state",
    "INV-001",
    "admin_state is a closed vocabulary: enabled or disabled.",
  ]),
  invalid("a lifecycle that only the vendor uses", { ...DEVICE, lifecycle: "retired" }, [
    "/lifecycle",
    "INV-001",
    "lifecycle is a closed vocabulary: provisioning, active or removed.",
  ]),
  invalid("removed without removed_at", { ...DEVICE, lifecycle: "removed" }, [
    "/removed_at",
    "INV-001",
    "A removed device says when it was removed.",
  ]),
  invalid("removed, with null for removed_at", { ...DEVICE, lifecycle: "removed", removed_at: null }, [
    "/removed_at",
    "INV-001",
    "null means absent, but a removed device must say when it was removed.",
  ]),
  invalid("one MAC address that is not in a list", { ...DEVICE, mac_addresses: "00:11:22:aa:bb:cc" }, [
    "/mac_addresses",
    "INV-001",
    "mac_addresses is a list, even with one item.",
  ]),
  invalid(
    "a number among the MAC addresses",
    { ...DEVICE, mac_addresses: ["00:11:22:aa:bb:cc", 73588229324] },
    ["/mac_addresses/1", "INV-001", "A MAC address is a string."],
  ),
  invalid("the country USA in the repeated site", { ...DEVICE, site: { address: { country: "USA" } } }, [
    "/site/address/country",
    "INV-001",
    "Countries are ISO 3166-1 alpha-2: US.",
  ]),
  invalid("attributes that are a list", { ...DEVICE, attributes: ["2.8 mm"] }, [
    "/attributes",
    "INV-001",
    "attributes is an object.",
  ]),
];

/** Devices and tombstones. */
export const DEVICE_PAYLOADS: PayloadCases = {
  Device: [...VALID, ...INVALID],
  RemovedDevice: [
    valid("a tombstone", TOMBSTONE),
    valid("a tombstone with the whole device", { ...WHOLE, ...TOMBSTONE }),
    ...(["device_id", "org_id", "site_id", "removed_at"] as const).map((member) =>
      invalid(`without ${member}`, without(TOMBSTONE, member), [
        `/${member}`,
        "SYNC-003",
        `A tombstone says ${member}.`,
      ]),
    ),
    invalid("without its lifecycle", without(TOMBSTONE, "lifecycle"), [
      "/lifecycle",
      "SYNC-003",
      "Without its lifecycle, a tombstone looks like a device.",
    ]),
    invalid("a lifecycle other than removed", { ...TOMBSTONE, lifecycle: "deleted" }, [
      "/lifecycle",
      "SYNC-003",
      "The lifecycle of a tombstone is removed.",
    ]),
    invalid("removed at a local time", { ...TOMBSTONE, removed_at: "2026-11-22T10:05:00-06:00" }, [
      "/removed_at",
      "SYNC-003",
      "Times are in UTC: Z or +00:00.",
    ]),
  ],
  DeviceChange: [
    valid("a device", { ...DEVICE, status: "online" }),
    valid("a device with lifecycle active", { ...DEVICE, lifecycle: "active" }),
    valid("a device with lifecycle null", { ...DEVICE, lifecycle: null }),
    valid("a tombstone", TOMBSTONE),
    invalid("a device without a name, which is not a tombstone", without(DEVICE, "name"), [
      "/name",
      "INV-001",
      "A device has a name; only a tombstone may lack a name.",
    ]),
    invalid("a tombstone without removed_at, which is not a device", without(TOMBSTONE, "removed_at"), [
      "/removed_at",
      "SYNC-003",
      "A tombstone says when the device was removed.",
    ]),
  ],
};
