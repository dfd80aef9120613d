import { afterEach, expect, test } from "vitest";
import { deliver, statusChanged } from "../testing/deliver.ts";
import { onboard } from "../testing/onboarded.ts";
import { type RunningServer, startServer } from "../testing/running-server.ts";
import { listed, type StandInVendor, startVendor } from "../testing/stand-in-vendor.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** The shortest silence that may be set. */
const SILENCE_SECONDS = 10;
const FAST_POLL_SECONDS = 1;

async function start(prepare: (vendor: StandInVendor) => void = () => {}) {
  const [server, vendor] = await Promise.all([startServer(), startVendor()]);
  closers.push(
    () => vendor.close(),
    () => server.close(),
  );
  prepare(vendor);
  const { body } = await onboard(server, vendor, {
    silence_seconds: SILENCE_SECONDS,
    fast_poll_seconds: FAST_POLL_SECONDS,
  });
  return { server, vendor, integrationId: body.integration_id as string, url: body.webhook_url as string };
}

const health = async (server: RunningServer, integrationId: string) =>
  (await server.get(`/v1/integrations/${integrationId}`)).body.webhooks;
const statusOf = async (server: RunningServer, integrationId: string, deviceId: string) =>
  (await server.get(`/v1/integrations/${integrationId}/devices/${deviceId}`)).body.status;

/** A change that happens now, as the vendor would tell of it. */
const changed = (id: string, status: string, time: Date) =>
  statusChanged({ id, time: time.toISOString(), data: { status } });

test("webhooks cut off: the server notices, polls, and is right again; late ones overwrite nothing newer", async () => {
  const { server, vendor, integrationId, url } = await start((prepared) => {
    prepared.devices = [listed("cam-1", { status: "online", status_observed_at: new Date().toISOString() })];
    prepared.asOf = new Date().toISOString();
  });
  const secret = vendor.webhookSecret;
  const post = (event: Parameters<typeof deliver>[1]) => deliver(url, event, { secret });
  expect((await post(changed("evt-before", "online", new Date()))).status).toBe(204);
  expect(await health(server, integrationId)).toMatchObject({ state: "ok", detail: null });

  // From here on nothing is delivered: the camera goes off, comes back, and goes off again.
  const lost = changed("evt-lost", "degraded", new Date());
  await expect
    .poll(async () => (await health(server, integrationId)).state, { timeout: 20_000, interval: 200 })
    .toBe("silent");
  const wentOff = new Date();
  vendor.devices = [listed("cam-1", { status: "offline", status_observed_at: wentOff.toISOString() })];
  vendor.asOf = wentOff.toISOString();
  await expect
    .poll(() => statusOf(server, integrationId, "cam-1"), { timeout: FAST_POLL_SECONDS * 1000 * 1.1 + 1500 })
    .toBe("offline");
  expect((await health(server, integrationId)).detail).toMatch(/polled instead/);

  // Webhooks are back, the late one first.
  expect((await post(lost)).status).toBe(204);
  expect(await statusOf(server, integrationId, "cam-1")).toBe("offline");
  await expect
    .poll(async () => (await health(server, integrationId)).state, { timeout: 10_000, interval: 200 })
    .toBe("ok");
  expect((await post(changed("evt-after", "online", new Date()))).status).toBe(204);
  expect(await statusOf(server, integrationId, "cam-1")).toBe("online");
}, 60_000);

test("what a vendor published meanwhile is fetched, where it offers that, and told downstream", async () => {
  const { server, vendor, integrationId } = await start((prepared) => {
    prepared.devices = [listed("cam-1", { status: "online", status_observed_at: new Date().toISOString() })];
    prepared.asOf = new Date().toISOString();
    prepared.events = [];
  });
  const missed = changed("evt-missed", "offline", new Date());
  vendor.events = [missed];
  await expect
    .poll(() => statusOf(server, integrationId, "cam-1"), { timeout: 20_000, interval: 200 })
    .toBe("offline");
  const { body } = await server.get("/v1/events");
  expect(body.data.map(({ event }: { event: { id: string } }) => event.id)).toEqual(["evt-missed"]);
  // What is fetched tells nothing of whether webhooks come.
  expect(await health(server, integrationId)).toMatchObject({ state: "silent" });
  expect(vendor.calls.some((each) => each.startsWith("GET /v1/events?after="))).toBe(true);
}, 60_000);

test("a vendor that sends no webhooks is polled, and nothing is missed", async () => {
  const [server, vendor] = await Promise.all([startServer(), startVendor({ managesEndpoints: false })]);
  closers.push(
    () => vendor.close(),
    () => server.close(),
  );
  vendor.devices = [listed("cam-1", { status: "online" })];
  const { body } = await onboard(server, vendor, { poll_seconds: 1 });
  expect(body).toMatchObject({ silence_seconds: null, webhooks: { state: "not_expected" } });
  vendor.asOf = "2026-11-23T08:30:00Z";
  vendor.devices = [listed("cam-1", { status: "offline" })];
  await expect
    .poll(() => statusOf(server, body.integration_id, "cam-1"), { timeout: 5000, interval: 100 })
    .toBe("offline");
}, 30_000);
