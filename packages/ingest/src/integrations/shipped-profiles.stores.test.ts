import {
  createFakeCloud,
  deliveryBody,
  FAKE_CLOUDS,
  type FakeCloud,
  serveFakeCloud,
} from "@convergint/testing/fake-cloud";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { call, startServer } from "../testing/running-server.ts";
import { BACKENDS } from "../testing/stores.ts";
import { createTestClock } from "../testing/test-clock.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const STATUS_CHANGED = "com.convergint.device.status_changed.v1";

/** The status that each event of a delivery gives to a device of the inventory, by the device's id. */
function statusesAfter({ fixture }: FakeCloud, delivery: string): [id: string, status: string][] {
  const known = new Set(fixture.expected.devices.map(({ device_id }) => device_id));
  return (fixture.expected.events[delivery] ?? [])
    .filter(({ type }) => type === STATUS_CHANGED)
    .map(({ data }) => data as { device_id: string; status: string })
    .filter(({ device_id }) => known.has(device_id))
    .map(({ device_id, status }) => [device_id, status]);
}

describe.each(BACKENDS)("the shipped profiles, on $name", (backend) => {
  let isAvailable = false;
  beforeAll(async () => {
    isAvailable = await backend.start();
  });
  afterAll(() => backend.stop());
  beforeEach(({ skip }) => skip(!isAvailable, "PostgreSQL is not installed."));

  // One server for all vendors, because a server costs more than all that the vendors do.
  test("read the inventories and the webhooks of clouds in their vendors' shapes", async () => {
    let now = Date.parse("2026-11-30T08:00:00Z");
    const clock = { ...createTestClock(), now: () => now };
    const server = await startServer({ database: await backend.database(), clock });
    closers.push(() => server.close());
    const clouds = await Promise.all(
      FAKE_CLOUDS.map(async (name) => {
        const cloud = createFakeCloud(name, { now: () => now });
        const { baseUrl, close } = await serveFakeCloud(cloud);
        closers.push(close);
        return { name, cloud, baseUrl };
      }),
    );
    const integrations = [];
    for (const { name, cloud, baseUrl } of clouds) {
      const { credential, settings, deliveries, expected } = cloud.fixture;
      const [delivery] = Object.values(deliveries);
      const { status, body } = await server.post("/v1/integrations", {
        name,
        base_url: baseUrl,
        api_key: credential.api_key,
        profile: name,
        settings,
        poll_seconds: 86_400,
        customer_id: "customer",
        ...(delivery && { webhook_secrets: [delivery.secret] }),
      });
      expect({ name, status, detail: body.detail }).toEqual({ name, status: 201, detail: undefined });
      const { integration_id: id, webhook_url: url } = body;
      const devicePath = (deviceId: unknown) =>
        `/v1/integrations/${id}/devices/${encodeURIComponent(String(deviceId))}`;
      for (const device of expected.devices) {
        const { device_id, org_id, site_id, name, type, status = null } = device;
        const shown = (await server.get(devicePath(device_id))).body;
        expect(shown).toMatchObject({ device_id, org_id, site_id, name, type, status });
      }
      integrations.push({ name, cloud, id, url, devicePath });
    }

    for (const { name, cloud, id, devicePath } of integrations) {
      cloud.failing = /camera|device|inventory|gateways|locks/i;
      const failed = (await server.post(`/v1/integrations/${id}/sync`)).body;
      expect({ name, outcome: failed.outcome }).toEqual({ name, outcome: "failed" });
      cloud.failing = null;
      const [device] = cloud.fixture.expected.devices;
      expect((await server.get(devicePath(device?.["device_id"]))).status).toBe(200);
      expect((await server.post(`/v1/integrations/${id}/sync`)).body.outcome).toBe("unchanged");
    }

    const eagleEye = integrations.find(({ name }) => name === "eagle-eye");
    expect(await call(`${eagleEye?.url}?token=one-time`)).toMatchObject({ status: 200, text: "one-time" });

    const deliveries = integrations
      .flatMap((integration) =>
        Object.entries(integration.cloud.fixture.deliveries).map(([delivery, { received_at, headers }]) => ({
          ...integration,
          delivery,
          receivedAt: Date.parse(received_at),
          headers,
        })),
      )
      .toSorted((a, b) => a.receivedAt - b.receivedAt);
    for (const { name, cloud, url, delivery, receivedAt, headers, devicePath } of deliveries) {
      now = receivedAt;
      const body = deliveryBody(cloud.fixture, delivery);
      const { status, text } = await call(url, { method: "POST", headers, body });
      expect({ name, delivery, status, text }).toMatchObject({ name, delivery, status: 204 });
      for (const [deviceId, expected] of statusesAfter(cloud, delivery)) {
        const { body: device } = await server.get(devicePath(deviceId));
        expect({ name, delivery, deviceId, status: device.status }).toMatchObject({ status: expected });
      }
    }
  });
});
