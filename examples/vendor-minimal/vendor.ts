/**
 * The smallest vendor cloud: it serves an inventory, and signs and delivers each change of a device's status.
 * To make it yours, read your own data instead of `devices.json`, and call `report` when you hear from a device.
 */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Clock, createOutbox, DEFAULT_RETRY_SCHEDULE_SECONDS, systemClock } from "@convergint/delivery";
import { createSqliteStore } from "@convergint/delivery/sqlite";
import type { Device, Org, SandboxStatusCommand, Site } from "@convergint/schemas";
import { type Credential, createVendorListener, statusChangedEvent, VendorRefusal } from "@convergint/vendor";
import Database from "better-sqlite3";

/** What `devices.json` contains. */
interface EstateFile {
  readonly vendor: { readonly id: string; readonly name: string };
  readonly orgs: readonly Org[];
  readonly sites: readonly Site[];
  readonly devices: readonly Device[];
}

export interface VendorOptions {
  readonly estate: EstateFile;
  /** The API keys that you issued, each with the orgs that it may see. Default: all orgs. */
  readonly keys: readonly {
    readonly key: string;
    readonly orgIds?: readonly string[];
    readonly production?: boolean;
  }[];
  /** Offers sandbox control, delivers to this machine, and simulates devices that are online. Never in production. */
  readonly sandbox?: boolean;
  /** A folder for statuses and undelivered events, and the key that encrypts secrets there. Default: in memory. */
  readonly storage?: { readonly folder: string; readonly encryptionKey: string };
  /** The public URL, without a trailing slash. Default: the loopback address. */
  readonly baseUrl?: string;
  readonly port?: number;
  readonly clock?: Clock;
}

type Status = SandboxStatusCommand;

const RETENTION_HOURS = 168;
/** In a sandbox, the first retries come sooner, so that a run of the suite takes less time. */
const SANDBOX_RETRIES = [1, 2, 4, ...DEFAULT_RETRY_SCHEDULE_SECONDS.slice(1)];
/** Devices through which the cloud hears from others, which it cannot know while the connector is unreachable (DEV-008). */
const CONNECTORS = ["video_gateway", "gateway"];
const CUT_OFF: Status = { status: "unknown", status_reason: "parent_unreachable" };
const NEVER_HEARD: Status = { status: "unknown" };
const isUp = (device: Pick<Device, "status">) => device.status === "online" || device.status === "degraded";
const digest = (key: string) => createHash("sha256").update(key).digest("hex");

/** Starts the vendor cloud. `report` is what your device gateway calls. */
export async function startVendor({
  estate: { vendor, orgs, sites, devices: listed },
  keys,
  sandbox = false,
  storage,
  baseUrl,
  port = 0,
  clock = systemClock,
}: VendorOptions) {
  if (storage) mkdirSync(storage.folder, { recursive: true });
  const file = (name: string) => (storage ? join(storage.folder, name) : ":memory:");

  // Keys. They are looked up by digest, so that the time that it takes reveals nothing about them.
  const credentials = new Map<string, Credential>();
  for (const { key, orgIds = orgs.map(({ org_id }) => org_id), production = false } of keys)
    credentials.set(digest(key), { id: digest(key), orgIds, production });

  // Delivery. An event is on disk before its change is visible, and is posted until each endpoint has it.
  const retryScheduleSeconds = sandbox ? SANDBOX_RETRIES : DEFAULT_RETRY_SCHEDULE_SECONDS;
  const outbox = await createOutbox({
    store: await createSqliteStore({ path: file("outbox.db") }),
    encryptionKey: storage?.encryptionKey ?? randomBytes(32).toString("base64"),
    ...{ retryScheduleSeconds, retentionHours: RETENTION_HOURS, clock },
    ...(sandbox && { allowLoopback: true, probeScheduleSeconds: [0.5, 1, 2, 4, 10, 20, 40, 80, 160, 300] }),
  });
  for (const { endpointId, owner } of await outbox.listEndpoints())
    if (!credentials.has(owner ?? "")) await outbox.deleteEndpoint(endpointId); // its key was revoked

  // Devices, with the statuses from before a restart.
  const startedAt = new Date(clock.now()).toISOString();
  const simulated = { status: "online", status_observed_at: startedAt, last_seen_at: startedAt } as const;
  const devices = new Map<string, Device>();
  for (const device of listed)
    devices.set(device.device_id, { ...device, ...(sandbox ? simulated : NEVER_HEARD) });
  const heard = new Map<string, Status>(); // what a device reported last, also while it is cut off
  const database = new Database(file("statuses.db"));
  database.exec(
    "CREATE TABLE IF NOT EXISTS status (device_id TEXT PRIMARY KEY, shown TEXT, heard TEXT) STRICT",
  );
  const save = database.prepare<[string, string, string]>("INSERT OR REPLACE INTO status VALUES (?, ?, ?)");
  const saved = database.prepare<[], { device_id: string; shown: string; heard: string }>(
    "SELECT * FROM status",
  );
  for (const row of saved.all()) {
    const device = devices.get(row.device_id);
    if (device) devices.set(row.device_id, { ...device, ...JSON.parse(row.shown) });
    heard.set(row.device_id, JSON.parse(row.heard));
  }
  const connectorOf = ({ parent_device_id }: Device) => {
    const parent = devices.get(parent_device_id ?? "");
    return parent && CONNECTORS.includes(parent.type) ? parent : undefined;
  };

  let [moment, sequence] = [0, 0];
  /** Shows a device's status, and then what it means for the devices behind it. */
  async function show(before: Device, { status, status_reason = null }: Status): Promise<Device> {
    moment = Math.max(moment, clock.now()); // a clock that is set back does not reorder events
    const time = new Date(moment).toISOString();
    const shown = {
      ...{ status, status_reason, status_observed_at: time },
      last_seen_at: isUp({ status }) ? time : (before.last_seen_at ?? null),
    };
    const device = { ...before, ...shown };
    if (status !== before.status || status_reason !== (before.status_reason ?? null))
      await outbox.enqueue(statusChangedEvent(vendor, device, before.status, { time, sequence: ++sequence }));
    devices.set(device.device_id, device);
    save.run(
      device.device_id,
      JSON.stringify(shown),
      JSON.stringify(heard.get(device.device_id) ?? NEVER_HEARD),
    );
    for (const child of devices.values()) {
      const isCutOff = child.status_reason === CUT_OFF.status_reason;
      if (connectorOf(child) !== device || isUp(device) !== isCutOff) continue;
      if (!isCutOff) heard.set(child.device_id, { ...child, status: child.status ?? "unknown" });
      await show(child, isCutOff ? (heard.get(child.device_id) ?? NEVER_HEARD) : CUT_OFF);
    }
    return device;
  }

  let turn: Promise<unknown> = Promise.resolve(); // one change after another
  /** Call it when a device reports its status, and when you notice that it is offline. */
  function report(deviceId: string, command: Status): Promise<Device> {
    const change = turn.then(() => {
      const device = devices.get(deviceId);
      if (!device) throw new VendorRefusal("unknown_device");
      const connector = connectorOf(device);
      if (connector && !isUp(connector)) throw new VendorRefusal("device_unreachable");
      heard.set(deviceId, command);
      return show(device, command);
    });
    turn = change.catch(() => {});
    return change;
  }

  const url = () => baseUrl ?? `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const listener = createVendorListener({
    ...{ vendor, baseUrl: url, outbox, retryScheduleSeconds, retentionHours: RETENTION_HOURS, clock },
    estate: {
      orgs: () => orgs,
      sites: () => sites,
      devices: () => devices.values(),
      device: (deviceId) => devices.get(deviceId),
    },
    deviceTypes: [...new Set(listed.map(({ type }) => type))].map((type) => ({
      type,
      status_from: ["inventory", "events"],
    })),
    authenticate: (key) => credentials.get(digest(key)),
    setStatus: sandbox ? report : undefined,
  });
  const server = createServer(listener).listen(port, baseUrl === undefined ? "127.0.0.1" : undefined);
  await once(server, "listening");
  outbox.start();
  return {
    url: url(),
    report,
    async close() {
      server.close().closeAllConnections();
      await outbox.close();
      database.close();
    },
  };
}

if (import.meta.main) {
  const { VENDOR_API_KEY, VENDOR_SANDBOX, VENDOR_DATA, VENDOR_ENCRYPTION_KEY, VENDOR_BASE_URL, PORT } =
    process.env;
  if (!VENDOR_API_KEY) throw new Error("Set VENDOR_API_KEY to the key that your consumer sends.");
  if (VENDOR_DATA && !VENDOR_ENCRYPTION_KEY)
    throw new Error("Set VENDOR_ENCRYPTION_KEY: base64 of 32 random bytes.");
  const vendor = await startVendor({
    estate: JSON.parse(readFileSync(new URL("devices.json", import.meta.url), "utf8")),
    keys: [{ key: VENDOR_API_KEY }],
    sandbox: VENDOR_SANDBOX === "1",
    ...(VENDOR_DATA && { storage: { folder: VENDOR_DATA, encryptionKey: VENDOR_ENCRYPTION_KEY ?? "" } }),
    ...(VENDOR_BASE_URL && { baseUrl: VENDOR_BASE_URL }),
    port: Number(PORT ?? 8600),
  });
  console.log(`Serving ${vendor.url}/.well-known/vendor-cloud`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void vendor.close());
}
