import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * Runs a vendor in a separate process, so that its cost is not measured. The vendor copies a prepared page
 * and writes each device's number into the copy. The path `/{devices}` is the base URL of a vendor with that
 * many devices; `/changing` has as many as the last message to this process said. It also
 * serves the format of Convergint's documentation page for vendors ("Convergint's page").
 */
const UNNUMBERED = "000000000000";

/** Spreads the devices' numbers over all numbers of 12 digits, as ids are spread. */
const toNumber = (index: number): string =>
  String((index * 387_420_489) % 1e12).padStart(UNNUMBERED.length, "0");

let changing = 0;
process.on("message", (devices) => {
  changing = Number(devices);
});

const device = {
  device_id: `c0a8f6d2-1b7e-4a55-8a52-${UNNUMBERED}`,
  org_id: "0b9f6c1e-6f0a-4f0e-9d43-6f1f6f9f1a01",
  site_id: "5d1f2c3a-8c1b-4d52-9b1e-2f6b0f5c7a10",
  name: "North entrance, left",
  type: "camera",
  vendor_type: "Dome 4MP",
  status: "online",
  status_observed_at: "2026-11-23T08:29:41Z",
  status_changed_at: "2026-11-20T17:02:11Z",
  last_seen_at: "2026-11-23T08:29:41Z",
  admin_state: "enabled",
  mac_addresses: ["00:11:22:aa:bb:cc"],
  ip_addresses: ["192.0.2.7"],
  manufacturer: "Example",
  model: "D-4",
  firmware_version: "4.1.9",
  serial_number: "SN-0192-7733",
  lifecycle: "active",
  updated_at: "2026-11-23T08:29:41Z",
};

interface Template {
  readonly data: Buffer;
  /** The offset of each device's number within the page. */
  readonly numbers: readonly number[];
}

/** The same device in the format of Convergint's page. */
const pageForm = {
  device_id: device.device_id,
  name: device.name,
  type: device.type,
  status: device.status,
  mac_address: device.mac_addresses[0],
  site_id: device.site_id,
  ip_address: device.ip_addresses[0],
  last_seen: device.last_seen_at,
  model: device.model,
  firmware_version: device.firmware_version,
};

const templates = new Map<string, Template>();

function getTemplate(size: number, form: object): Template {
  const key = `${size} ${form === device}`;
  const known = templates.get(key);
  if (known) return known;
  const data = Buffer.from(Array.from({ length: size }, () => JSON.stringify(form)).join(","));
  const numbers: number[] = [];
  for (let at = data.indexOf(UNNUMBERED); at !== -1; at = data.indexOf(UNNUMBERED, at + 1)) numbers.push(at);
  const template = { data, numbers };
  templates.set(key, template);
  return template;
}

function numbered(size: number, start: number, form: object): Buffer {
  const template = getTemplate(size, form);
  const data = Buffer.from(template.data);
  template.numbers.forEach((at, i) => {
    data.write(toNumber(start + i), at, "latin1");
  });
  return data;
}

/** Answers the calls that Convergint's page describes. */
function answerPage(path: string, devices: number, query: URLSearchParams): Buffer | string {
  const [number, size] = [Number(query.get("page") ?? 1), Number(query.get("per_page") ?? 100)];
  const count = (total: number) =>
    `"pagination":${JSON.stringify({ page: number, per_page: size, total_pages: Math.max(1, Math.ceil(total / size)), total_count: total })}`;
  if (path === "account") return JSON.stringify({ account_id: org.org_id, name: org.name });
  if (path === "account/sites") return `{"sites":[${JSON.stringify(site)}],${count(1)}}`;
  const start = (number - 1) * size;
  const data = numbered(Math.max(0, Math.min(size, devices - start)), start, pageForm);
  return Buffer.concat([Buffer.from('{"devices":['), data, Buffer.from(`],${count(devices)}}`)]);
}

function page(devices: number, limit: number, start: number): Buffer {
  const data = numbered(Math.min(limit, devices - start), start, device);
  const next = start + limit < devices ? `"${start + limit}"` : "null";
  const snapshot = JSON.stringify({ id: "snap", as_of: "2026-11-23T08:30:00Z", total_count: devices });
  return Buffer.concat([
    Buffer.from('{"data":['),
    data,
    Buffer.from(`],"next_cursor":${next},"snapshot":${snapshot}}`),
  ]);
}

const org = { org_id: device.org_id, name: "Bench" };
const site = { site_id: device.site_id, org_id: device.org_id, name: "Bench", timezone: "UTC" };
const single = (item: object): string =>
  JSON.stringify({
    data: [item],
    next_cursor: null,
    snapshot: { id: "snap", as_of: "2026-11-23T08:30:00Z", total_count: 1 },
  });

const manifest = (base: string) => ({
  contract_version: "1.0",
  vendor: { id: "bench", name: "Bench" },
  api_base: base,
  authentication: [{ scheme: "bearer" }],
  inventory: { max_page_size: 1000, incremental_sync: false, conditional_requests: false },
  device_types: [{ type: "camera", status_from: ["inventory"] }],
  event_types: [],
});

const server = createServer(({ url = "/" }, response) => {
  const { origin, pathname, searchParams } = new URL(url, `http://127.0.0.1:${port()}`);
  const [, base = "", ...rest] = pathname.split("/");
  const devices = base === "changing" ? changing : Number(base);
  response.setHeader("content-type", "application/json");
  if (rest[0] === "api") response.end(answerPage(rest.slice(2).join("/"), devices, searchParams));
  else if (rest[1] === "orgs") response.end(single(org));
  else if (rest[1] === "sites") response.end(single(site));
  else if (rest[0] === "v1") {
    const limit = Number(searchParams.get("limit"));
    response.end(page(devices, limit, Number(searchParams.get("cursor") ?? 0)));
  } else {
    response.end(JSON.stringify(manifest(`${origin}/${base}`)));
  }
});
const port = () => (server.address() as AddressInfo).port;
server.listen(0, "127.0.0.1", () => process.send?.(port()));
