import { createHash } from "node:crypto";
import { canonicalIpAddress, canonicalMacAddress, DEVICE_TYPES, deviceSchema } from "@convergint/schemas";
import { type Row, readCsv } from "./csv.ts";
import { CreateError } from "./errors.ts";

type Members = { readonly [name: string]: unknown };

/** What `devices.json` of a project contains. */
export interface Estate {
  readonly vendor: { readonly id: string; readonly name: string };
  readonly orgs: readonly Members[];
  readonly sites: readonly Members[];
  readonly devices: readonly Members[];
}

/** The names that a column may have. They are compared without case, spaces and punctuation. Messages use the first name. */
const COLUMNS = {
  name: ["name", "devicename", "label", "displayname", "description"],
  type: ["type", "devicetype", "kind", "category"],
  site: ["site", "sitename", "location", "locationname", "building", "facility"],
  id: ["id", "deviceid", "uuid", "deviceuuid", "assetid"],
  siteId: ["siteid", "locationid", "buildingid"],
  org: [
    "org",
    "orgname",
    "organization",
    "organisation",
    "customer",
    "customername",
    "account",
    "company",
    "tenant",
  ],
  orgId: ["orgid", "organizationid", "customerid", "accountid", "tenantid"],
  parent: ["parent", "parentid", "parentdeviceid", "connector", "bridge", "gateway", "controller"],
  mac: ["mac", "macaddress", "macaddresses", "mac48"],
  ip: ["ip", "ipaddress", "ipaddresses", "ipv4", "ipv4address"],
  hostname: ["hostname", "host", "dnsname"],
  manufacturer: ["manufacturer", "vendor", "make", "brand"],
  model: ["model", "modelname", "modelnumber", "product"],
  firmware: ["firmware", "firmwareversion", "version"],
  serial: ["serial", "serialnumber", "sn"],
  street: ["street", "address", "streetaddress"],
  city: ["city", "town"],
  region: ["region", "state", "province"],
  postalCode: ["postalcode", "zip", "zipcode", "postcode"],
  country: ["country", "countrycode"],
  timezone: ["timezone", "tz", "timezonename"],
} as const;
type Column = keyof typeof COLUMNS;
const REQUIRED: readonly Column[] = ["name", "type", "site"];

/** Other words for the contract's device types. */
const TYPE_WORDS: Readonly<Record<string, string>> = {
  ...{ cam: "camera", ip_camera: "camera", ptz: "camera", dome: "camera", bridge: "video_gateway" },
  ...{ nvr: "recorder", dvr: "recorder", vms: "server", switch: "network_switch", ap: "access_point" },
  ...{ controller: "access_controller", panel: "alarm_panel", card_reader: "reader", ups: "power" },
};
const MAX_MISTAKES = 10;

const simplify = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, "");

/** Makes an id from names: the same file gives the same ids each time. */
function idFrom(...names: string[]): string {
  const hex = createHash("sha256").update(JSON.stringify(names)).digest("hex");
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-8$3-8$4-$5");
}

/** Returns the contract's type, and the vendor's term if it is another word. */
function typeFrom(written: string): Members {
  const word = written
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^_|_$/g, "");
  const type = DEVICE_TYPES.find((known) => known === (TYPE_WORDS[word] ?? word)) ?? "other";
  return { type, ...(type !== written && { vendor_type: written }) };
}

/** Leaves out members without a value. */
const present = (members: Members): Members =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && value !== ""));

/** The columns of a file, by the index of their cells. */
function findColumns({ line, cells }: Row): ReadonlyMap<Column, number> {
  const columns = new Map<Column, number>();
  for (const [index, header] of cells.entries()) {
    const [column] = Object.entries(COLUMNS).find(([, names]) =>
      (names as readonly string[]).includes(simplify(header)),
    ) ?? [undefined];
    if (column && !columns.has(column as Column)) columns.set(column as Column, index);
  }
  if (columns.has("siteId") && !columns.has("site")) columns.set("site", columns.get("siteId") ?? 0);
  const missing = REQUIRED.filter((column) => !columns.has(column));
  if (missing.length > 0) {
    const names = missing.map((column) => `"${column}" (or ${COLUMNS[column].slice(1, 4).join(", ")})`);
    throw new CreateError(
      "invalid_csv",
      `line ${line}: there is no column ${names.join(" and no column ")}. Add it.`,
    );
  }
  return columns;
}

/**
 * Reads an inventory from CSV with a header. Needs the columns name, type and site, by any usual name; ids are made from
 * names where the file has none.
 *
 * @param vendor who serves the inventory
 * @throws {CreateError} `invalid_csv`, with the line and column of each mistake
 */
export function readEstate(csv: string, vendor: Estate["vendor"]): Estate {
  const [header, ...rows] = readCsv(csv);
  if (!header || rows.length === 0)
    throw new CreateError(
      "invalid_csv",
      "there are no devices. Write a header, and one line for each device.",
    );
  const columns = findColumns(header);
  const mistakes: string[] = [];
  const orgs = new Map<string, Members>();
  const sites = new Map<string, Members & { readonly org_id: string }>();
  const devices = new Map<string, Members & { readonly name: string; readonly org_id: string }>();
  const parents: { readonly row: Row; readonly id: string; readonly parent: string }[] = [];
  const complain = ({ line }: Row, column: Column, text: string) => {
    const index = columns.get(column) ?? 0;
    mistakes.push(`line ${line}, column ${index + 1} ("${header.cells[index] ?? column}"): ${text}`);
  };
  for (const row of rows) {
    const cell = (column: Column) => row.cells[columns.get(column) ?? -1] ?? "";
    const empty = REQUIRED.filter((column) => cell(column) === "");
    for (const column of empty) complain(row, column, "is empty. Write a value.");
    if (row.cells.length > header.cells.length)
      mistakes.push(
        `line ${row.line}: has ${row.cells.length} values, but ${header.cells.length} columns. Quote values that contain the separator.`,
      );
    if (empty.length > 0) continue;
    const orgName = cell("org") || cell("orgId") || "My customer";
    const org_id = cell("orgId") || idFrom("org", orgName);
    const site_id = cell("siteId") || idFrom("site", orgName, cell("site"));
    const id = cell("id") || idFrom("device", orgName, cell("site"), cell("name"));
    orgs.set(org_id, { org_id, name: orgName });
    const address = present({
      ...{ street: cell("street"), city: cell("city"), region: cell("region") },
      ...{ postal_code: cell("postalCode"), country: cell("country") },
    });
    const known = sites.get(site_id);
    if (known && known.org_id !== org_id) complain(row, "site", "belongs to another org on an earlier line.");
    if (!known)
      sites.set(site_id, {
        ...{ site_id, org_id, name: cell("site") },
        ...(Object.keys(address).length > 0 && { address }),
        ...present({ timezone: cell("timezone") }),
      });
    const macs = cell("mac")
      .split(/[\s,;|]+/)
      .filter(Boolean);
    const ips = cell("ip")
      .split(/[\s,;|]+/)
      .filter(Boolean);
    for (const mac of macs)
      if (canonicalMacAddress(mac) === null)
        complain(row, "mac", `${JSON.stringify(mac)} is no MAC address. Write 00:11:22:aa:bb:cc.`);
    for (const ip of ips)
      if (canonicalIpAddress(ip) === null)
        complain(row, "ip", `${JSON.stringify(ip)} is no IP address. Write 192.0.2.7.`);
    if (devices.has(id))
      complain(
        row,
        columns.has("id") ? "id" : "name",
        "is the same as on an earlier line. Write a unique value, or add a column id.",
      );
    const device = {
      ...{ device_id: id, org_id, site_id, name: cell("name") },
      ...typeFrom(cell("type")),
      ...present({
        ...{ hostname: cell("hostname"), manufacturer: cell("manufacturer"), model: cell("model") },
        ...{ firmware_version: cell("firmware"), serial_number: cell("serial") },
      }),
      ...(macs.length > 0 && { mac_addresses: macs.map((mac) => canonicalMacAddress(mac) ?? mac) }),
      ...(ips.length > 0 && { ip_addresses: ips.map((ip) => canonicalIpAddress(ip) ?? ip) }),
    };
    const problem = deviceSchema.safeParse(device).error?.issues[0];
    if (problem) mistakes.push(`line ${row.line}: ${problem.path.join(".")}: ${problem.message}`);
    devices.set(id, device);
    if (cell("parent") !== "") parents.push({ row, id, parent: cell("parent") });
  }
  for (const { row, id, parent } of parents) {
    const device = devices.get(id);
    const found =
      devices.get(parent) ??
      [...devices.values()].find(({ name, org_id }) => name === parent && org_id === device?.org_id);
    if (!found || found === device)
      complain(
        row,
        "parent",
        `${JSON.stringify(parent)} is neither the id nor the name of another device of this org.`,
      );
    else if (device) devices.set(id, { ...device, parent_device_id: found["device_id"] });
  }
  if (mistakes.length > 0) {
    const more = mistakes.length > MAX_MISTAKES ? [`and ${mistakes.length - MAX_MISTAKES} more`] : [];
    throw new CreateError("invalid_csv", [...mistakes.slice(0, MAX_MISTAKES), ...more].join("\n"));
  }
  return { vendor, orgs: [...orgs.values()], sites: [...sites.values()], devices: [...devices.values()] };
}

/** The devices of a project that is created without a file. */
export const SAMPLE_CSV = `name,type,site,parent,mac,city,country,timezone
North entrance,camera,Main Library,,02:00:00:00:00:01,Madison,US,America/Chicago
South entrance,camera,Main Library,,02:00:00:00:00:02,Madison,US,America/Chicago
"Bridge, basement",video_gateway,Main Library,,02:00:00:00:00:03,Madison,US,America/Chicago
Reading room,camera,Main Library,"Bridge, basement",02:00:00:00:00:04,Madison,US,America/Chicago
Staff door,door,Main Library,,,Madison,US,America/Chicago
Reception,camera,Science Hall,,02:00:00:00:00:05,Madison,US,America/Chicago
`;
