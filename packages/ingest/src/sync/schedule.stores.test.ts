import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterEach, expect, test } from "vitest";
import { type Onboarded, onboard, startOnboarded } from "../testing/onboarded.ts";
import { startServer, temporaryDirectory } from "../testing/running-server.ts";
import { json, listed, type StandInVendor, startVendor } from "../testing/stand-in-vendor.ts";
import { createTestClock } from "../testing/test-clock.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/**
 * Restarts a server `hours` after its last sync. The inventory has one device, and the poll interval is one
 * hour.
 */
async function restartAfter(hours: number) {
  const directory = await temporaryDirectory();
  closers.push(directory.remove);
  const database = join(directory.path, "ingest.db");
  const { server, vendor } = await startOnboarded({
    settings: { database },
    prepare: (prepared) => {
      prepared.devices = [listed("cam-1")];
    },
  });
  await server.close();
  closers.push(() => vendor.close());
  const sqlite = new Sqlite(database);
  const nextAt = new Date(Date.now() + (1 - hours) * 3_600_000).toISOString();
  sqlite
    .prepare("UPDATE sync_state SET state = json_set(state, '$.nextAt', ?, '$.waitSeconds', 3600)")
    .run(nextAt);
  sqlite.close();
  vendor.devices = [listed("cam-1"), listed("cam-2")];
  vendor.calls.splice(0);
  const clock = createTestClock();
  const restarted = await startServer({ database, encryptionKey: server.encryptionKey, clock });
  closers.push(() => restarted.close());
  const countDevices = async () => (await restarted.get("/v1/devices")).body.data.length as number;
  return { clock, vendor, countDevices };
}

test("polls at once after a restart if a poll fell due meanwhile", async () => {
  const { countDevices } = await restartAfter(2);
  await expect.poll(countDevices).toBe(2);
});

test("polls at once if the clock was years ahead at the last poll and has been corrected", async () => {
  const { countDevices } = await restartAfter(-24 * 365 * 10);
  await expect.poll(countDevices).toBe(2);
});

test("does not poll after a restart before the next poll is due", async () => {
  const { clock, vendor, countDevices } = await restartAfter(0);
  const start = clock.now();
  await clock.advanceUntil(() => clock.now() > start + 30_000, { stepMs: 1000 });
  expect(await countDevices()).toBe(1);
  expect(vendor.calls).toEqual([]);
  // Advancing the same clock leads to the next poll. This proves that the schedule checked the clock all the
  // time.
  clock.advance(3_600_000);
  await clock.advanceUntil(async () => (await countDevices()) === 2);
});

async function start(options: Parameters<typeof startOnboarded>[0] = {}): Promise<Onboarded> {
  const at = await startOnboarded(options);
  closers.push(() => at.close());
  return at;
}

const busy = (vendor: StandInVendor, path: string, retryAfter: string) =>
  vendor.instead.set(path, (_request, response) => {
    response.setHeader("retry-after", retryAfter);
    json(response, { type: "about:blank", title: "Busy", status: 429, code: "rate_limited" }, 429);
  });
/** Returns the seconds from the end of the last sync until the next sync. */
async function nextWait(at: Onboarded): Promise<number> {
  const { body } = await at.server.get(`/v1/integrations/${at.integrationId}`);
  return (Date.parse(body.next_sync_at) - Date.parse(body.last_sync.finished_at)) / 1000;
}

test("a vendor is not called again before its Retry-After, however short the interval", async () => {
  const at = await start({ more: { poll_seconds: 60 } });
  busy(at.vendor, "/v1/devices", "900");
  expect((await at.sync()).body).toMatchObject({
    outcome: "failed",
    detail: expect.stringContaining("900 s"),
  });
  expect(await nextWait(at)).toBeGreaterThanOrEqual(900);
});

test("a vendor whose Retry-After is years is called again within a day", async () => {
  const at = await start({ more: { poll_seconds: 60 } });
  busy(at.vendor, "/v1/devices", "Fri, 01 Jan 2100 00:00:00 GMT");
  await at.sync();
  expect(await nextWait(at)).toBeLessThanOrEqual(86_400);
});

test("a listing dated far in the future counts as of its request: events during it are newer", async () => {
  const at = await start();
  at.vendor.devices = [listed("cam-1", { status: "online" })];
  at.vendor.asOf = "2099-01-01T00:00:00Z";
  at.vendor.instead.set("/v1/sites", async (_request, response) => {
    const data = { org_id: "org", site_id: "hq", device_id: "cam-1", status: "offline" };
    const type = "com.convergint.device.status_changed.v1";
    const time = new Date().toISOString();
    await at.deliver({ specversion: "1.0", id: "evt-1", source: "urn:stand-in:org", type, time, data });
    json(response, {
      data: at.vendor.sites,
      next_cursor: null,
      snapshot: { id: "s", as_of: "2026-11-23T08:00:00Z" },
    });
  });
  expect((await at.sync()).body).toMatchObject({ outcome: "complete" });
  expect((await at.device("cam-1")).body).toMatchObject({ status: "offline", name: "Device cam-1" });
});

/** Answers every page with a new device and a new cursor. @param wait awaited before each page */
function listWithoutEnd(vendor: StandInVendor, wait: () => Promise<void> = async () => {}): void {
  let pages = 0;
  vendor.instead.set("/v1/devices", async (_request, response) => {
    await wait();
    pages += 1;
    const snapshot = { id: "s", as_of: "2026-11-23T08:00:00Z" };
    json(response, { data: [listed(`new-${pages}`)], next_cursor: `n${pages}`, snapshot });
  });
}

test("four vendors whose listings never end do not keep a fifth from being polled", async () => {
  const clock = createTestClock();
  const at = await start({ settings: { clock } });
  const endless = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const vendor = await startVendor();
      closers.push(() => vendor.close());
      expect((await onboard(at.server, vendor, { poll_seconds: 60 })).status).toBe(201);
      listWithoutEnd(vendor, () => clock.sleep(500));
      vendor.calls.splice(0);
      return vendor;
    }),
  );
  const countPages = () =>
    endless.map(({ calls }) => calls.filter((made) => made.includes("/v1/devices")).length);
  await clock.advanceUntil(() => countPages().every((pages) => pages > 1));
  at.vendor.devices = [listed("cam-1")];
  clock.advance(4_000_000);
  await clock.advanceUntil(async () => (await at.device("cam-1")).status === 200, { maxMs: 120_000 });
  // All four still list, and each gets its turn again.
  const before = countPages();
  await clock.advanceUntil(() => countPages().every((pages, index) => pages > (before[index] ?? 0)), {
    maxMs: 120_000,
  });
});

test("applies nothing of a listing over budget, names the setting and waits for hours", async () => {
  const at = await start({
    settings: { vendorClient: { limits: { maxListingPages: 3 } } },
    prepare: (prepared) => {
      prepared.devices = [listed("cam-1"), listed("cam-2")];
    },
    more: { poll_seconds: 60 },
  });
  listWithoutEnd(at.vendor);
  expect((await at.sync()).body).toMatchObject({
    outcome: "failed",
    detail: expect.stringContaining("CONVERGINT_INGEST_MAX_LISTING_PAGES"),
  });
  const { body } = await at.server.get("/v1/devices");
  expect(body.data.map(({ device_id }: { device_id: string }) => device_id)).toEqual(["cam-1", "cam-2"]);
  expect(await nextWait(at)).toBeGreaterThanOrEqual(6 * 3600);
  at.vendor.instead.clear();
  expect((await at.sync()).body).toMatchObject({ outcome: "unchanged" });
  expect(await nextWait(at)).toBeLessThan(100);
});
