import { afterEach, expect, test } from "vitest";
import { deliver, statusChanged } from "../testing/deliver.ts";
import { onboard } from "../testing/onboarded.ts";
import { type RunningServer, startServer } from "../testing/running-server.ts";
import { listed, type StandInVendor, startVendor } from "../testing/stand-in-vendor.ts";
import { createTestClock } from "../testing/test-clock.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** The shortest silence that can be configured. */
const SILENCE_SECONDS = 10;
const FAST_POLL_SECONDS = 1;

async function start({
  prepare = () => {},
  more = { silence_seconds: SILENCE_SECONDS, fast_poll_seconds: FAST_POLL_SECONDS },
}: {
  /** @param now the current time of the test's clock, RFC 3339 in UTC */
  readonly prepare?: (vendor: StandInVendor, now: string) => void;
  readonly more?: Readonly<Record<string, unknown>>;
} = {}) {
  const clock = createTestClock();
  const [server, vendor] = await Promise.all([startServer({ clock }), startVendor()]);
  closers.push(
    () => vendor.close(),
    () => server.close(),
  );
  prepare(vendor, new Date(clock.now()).toISOString());
  const { body } = await onboard(server, vendor, more);
  return { clock, server, vendor, body, integrationId: body.integration_id as string };
}

const getHealth = async (server: RunningServer, integrationId: string) =>
  (await server.get(`/v1/integrations/${integrationId}`)).body.webhooks;
const getStatus = async (server: RunningServer, integrationId: string, deviceId: string) =>
  (await server.get(`/v1/integrations/${integrationId}/devices/${deviceId}`)).body.status;

/** A status change at the given time. */
const changed = (id: string, status: string, time: Date) =>
  statusChanged({ id, time: time.toISOString(), data: { status } });

test("after webhooks stop, the server notices, polls and recovers; late webhooks overwrite nothing newer", async () => {
  const { clock, server, vendor, body, integrationId } = await start({
    prepare(prepared, now) {
      prepared.devices = [listed("cam-1", { status: "online", status_observed_at: now })];
      prepared.asOf = now;
    },
  });
  const now = () => new Date(clock.now());
  const state = async () => (await getHealth(server, integrationId)).state;
  const secret = vendor.webhookSecret;
  const post = (event: Parameters<typeof deliver>[1]) => deliver(body.webhook_url, event, { secret });
  clock.advance(1000);
  expect((await post(changed("evt-before", "online", now()))).status).toBe(204);
  expect(await getHealth(server, integrationId)).toMatchObject({ state: "ok", detail: null });

  // From here on, no webhook is delivered: the camera goes offline, comes back, and goes offline again.
  const lost = changed("evt-lost", "degraded", now());
  const cutOffAt = clock.now();
  await clock.advanceUntil(async () => (await state()) === "silent");
  expect(clock.now() - cutOffAt).toBeGreaterThan(SILENCE_SECONDS * 1000);
  const wentOff = now();
  vendor.devices = [listed("cam-1", { status: "offline", status_observed_at: wentOff.toISOString() })];
  vendor.asOf = wentOff.toISOString();
  await clock.advanceUntil(async () => (await getStatus(server, integrationId, "cam-1")) === "offline", {
    stepMs: 100,
    maxMs: 60_000,
  });
  expect((await getHealth(server, integrationId)).detail).toMatch(/polls the vendor instead/);

  // Webhooks arrive again, and the delayed webhook arrives first.
  expect((await post(lost)).status).toBe(204);
  expect(await getStatus(server, integrationId, "cam-1")).toBe("offline");
  await clock.advanceUntil(async () => (await state()) === "ok", { maxMs: SILENCE_SECONDS * 1000 });
  clock.advance(1000);
  expect((await post(changed("evt-after", "online", now()))).status).toBe(204);
  expect(await getStatus(server, integrationId, "cam-1")).toBe("online");
});

test("fetches what the vendor published during the outage, and puts it into the feed", async () => {
  const { clock, server, vendor, integrationId } = await start({
    prepare(prepared, now) {
      prepared.devices = [listed("cam-1", { status: "online", status_observed_at: now })];
      prepared.asOf = now;
      prepared.events = [];
    },
  });
  clock.advance(1000);
  const missed = changed("evt-missed", "offline", new Date(clock.now()));
  vendor.events = [missed];
  await clock.advanceUntil(async () => (await getStatus(server, integrationId, "cam-1")) === "offline");
  const { body } = await server.get("/v1/events");
  expect(body.data.map(({ event }: { event: { id: string } }) => event.id)).toEqual(["evt-missed"]);
  const feed = await server.get("/v1/feed?limit=1000");
  expect(feed.text).toContain("evt-missed");
  // A fetched event does not count as a webhook.
  await expect.poll(async () => (await getHealth(server, integrationId)).state).toBe("silent");
  expect(vendor.calls.some((each) => each.startsWith("GET /v1/events?after="))).toBe(true);
});

test("a vendor that sends no webhooks is polled, and no webhooks are expected", async () => {
  const { clock, server, vendor, body } = await start({
    more: { poll_seconds: 1 },
    prepare(prepared) {
      prepared.manifest = { webhooks: null };
      prepared.devices = [listed("cam-1", { status: "online" })];
    },
  });
  expect(body).toMatchObject({ silence_seconds: null, webhooks: { state: "not_expected" } });
  vendor.asOf = "2026-11-23T08:30:00Z";
  vendor.devices = [listed("cam-1", { status: "offline" })];
  await clock.advanceUntil(async () => (await getStatus(server, body.integration_id, "cam-1")) === "offline");
});
