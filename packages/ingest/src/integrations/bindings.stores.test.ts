import { generateSecret } from "@convergint/webhooks";
import { afterEach, describe, expect, test } from "vitest";
import { deliver, statusChanged } from "../testing/deliver.ts";
import { type Onboarded, onboard, startOnboarded } from "../testing/onboarded.ts";
import type { Answer } from "../testing/running-server.ts";
import { json, listed, startVendor } from "../testing/stand-in-vendor.ts";
import { createTestClock } from "../testing/test-clock.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
async function start(more: Readonly<Record<string, unknown>> = {}): Promise<Onboarded> {
  const at = await startOnboarded({
    more,
    prepare: (vendor) => {
      vendor.devices = [listed("cam-1", { status: "online" }), listed("cam-2", { site_id: "annex" })];
    },
  });
  closers.push(() => at.close());
  return at;
}

describe("an unbound org", () => {
  test("quarantines its events and devices until it is bound", async () => {
    const at = await start({ customer_id: undefined });
    expect((await at.deliver(statusChanged({ data: { status: "offline" } }))).status).toBe(204);
    expect((await at.server.get("/v1/events")).body.data).toEqual([]);
    expect((await at.server.get("/v1/events?quarantined=true")).body.data).toHaveLength(1);
    expect((await at.server.get("/v1/feed")).body.data).toEqual([]);
    const { body } = await at.server.get("/v1/quarantine");
    expect(body.data).toMatchObject([
      { site_id: "hq", site_name: "Headquarters", devices: 1, events: 1 },
      { site_id: "annex", devices: 1, events: 0 },
    ]);

    const path = `/v1/integrations/${at.integrationId}/bindings`;
    const place = { org_id: "org", site_id: "hq", customer_id: "cust", customer_site_id: "main" };
    expect((await at.server.send("PUT", path, place)).body).toMatchObject({
      ...place,
      released: { devices: 1, events: 1 },
    });
    const devices = (await at.server.get("/v1/devices?customer_id=cust&customer_site_id=main")).body.data;
    expect(devices).toMatchObject([{ device_id: "cam-1", status: "offline" }]);
    expect((await at.server.get("/v1/devices?bound=false")).body.data).toHaveLength(1);
    const kinds = (await at.server.get("/v1/feed")).body.data.map(({ kind }: { kind: string }) => kind);
    expect(kinds).toEqual(["device_added", "event"]);

    expect((await at.server.send("DELETE", `${path}?org_id=org&site_id=hq`)).status).toBe(204);
    expect((await at.server.get("/v1/devices?customer_id=cust")).body.data).toEqual([]);
    expect((await at.server.send("DELETE", `${path}?org_id=org&site_id=hq`)).body.code).toBe(
      "unknown_binding",
    );
  });

  test("cannot be bound as a whole to one customer site", async () => {
    const at = await start();
    const path = `/v1/integrations/${at.integrationId}/bindings`;
    const { status, body } = await at.server.send("PUT", path, {
      org_id: "org",
      customer_id: "cust",
      customer_site_id: "main",
    });
    expect({ status, code: body.code }).toEqual({ status: 400, code: "invalid_parameter" });
  });
});

describe("two vendors that use the same ids for orgs, sites, devices and events", () => {
  test("have separate events, devices and customers", async () => {
    const at = await start({ customer_id: "customer-a" });
    const other = await startVendor({ apiKey: "key-of-another-vendor" });
    closers.push(() => other.close());
    other.devices = [listed("cam-1", { name: "Other", status: "degraded" })];
    const { body } = await onboard(at.server, other, { customer_id: "customer-b" });
    const event = statusChanged({ id: "evt-same", data: { status: "offline" } });
    const post = (url: string, secret: string) => deliver(url, event, { secret });
    // A delivery that one vendor signed does not verify as a delivery of the other vendor.
    expect((await post(at.webhookUrl, other.webhookSecret)).status).toBe(401);
    expect((await post(body.webhook_url, at.vendor.webhookSecret)).status).toBe(401);
    expect((await post(at.webhookUrl, at.vendor.webhookSecret)).status).toBe(204);

    const device = async (integrationId: string) =>
      (await at.server.get(`/v1/integrations/${integrationId}/devices/cam-1`)).body;
    expect(await device(at.integrationId)).toMatchObject({ status: "offline", customer_id: "customer-a" });
    expect(await device(body.integration_id)).toMatchObject({
      status: "degraded",
      customer_id: "customer-b",
      name: "Other",
    });
    // An event with the same id from another vendor is a different event.
    expect((await post(body.webhook_url, other.webhookSecret)).status).toBe(204);
    const ids = async (customer: string) =>
      (await at.server.get(`/v1/events?customer_id=${customer}`)).body.data.map(
        (each: { integration_id: string }) => each.integration_id,
      );
    expect(await ids("customer-a")).toEqual([at.integrationId]);
    expect(await ids("customer-b")).toEqual([body.integration_id]);
    const feed = (await at.server.get("/v1/feed?customer_id=customer-b&limit=1000")).body.data;
    expect(new Set(feed.map((each: { integration_id: string }) => each.integration_id))).toEqual(
      new Set([body.integration_id]),
    );
    // A device that one vendor no longer lists stays in the inventory of the other vendor.
    other.devices = [];
    other.asOf = "2026-11-23T08:30:00Z";
    await at.server.post(`/v1/integrations/${body.integration_id}/sync`);
    expect(await device(body.integration_id)).toMatchObject({ lifecycle: "removed" });
    expect(await device(at.integrationId)).toMatchObject({ lifecycle: "active" });
  });
});

describe("a webhook secret", () => {
  test("is rotated without a gap: old and new secrets verify until the overlap ends", async () => {
    const at = await start({ webhook_secrets: [generateSecret()] });
    const [first, second] = [generateSecret(), generateSecret()];
    const path = `/v1/integrations/${at.integrationId}/rotate-secret`;
    await at.server.post(path, { secret: first });
    const { body, text } = await at.server.post(path, { secret: second, overlap_seconds: 3600 });
    expect(body.webhook_secrets).toHaveLength(3);
    expect(text).not.toContain(second.slice("whsec_".length));
    for (const [index, secret] of [first, second].entries()) {
      const event = statusChanged({ id: `evt-${index}` });
      expect((await deliver(at.webhookUrl, event, { secret })).status).toBe(204);
    }
    expect((await deliver(at.webhookUrl, statusChanged(), { secret: generateSecret() })).status).toBe(401);
  });

  test("that a vendor replaces expires after a day at the latest, or at once", async () => {
    const at = await start();
    const old = at.vendor.webhookSecret;
    at.vendor.instead.set("/v1/webhook-endpoints/ep-0/rotate-secret", (_request, response) =>
      json(response, { secret: generateSecret(), previous_expires_at: "9999-01-01T00:00:00Z" }),
    );
    const rotate = async (body: object) =>
      (await at.server.post(`/v1/integrations/${at.integrationId}/rotate-secret`, body)).body.webhook_secrets;
    const [, previous] = await rotate({});
    expect(Date.parse(previous.expires_at) - Date.now()).toBeLessThanOrEqual(24 * 3_600_000 + 600_000);
    expect((await deliver(at.webhookUrl, statusChanged(), { secret: old })).status).toBe(204);
    await rotate({ revoke_at_once: true });
    expect((await deliver(at.webhookUrl, statusChanged(), { secret: old })).status).toBe(401);
  });

  test("of a manually registered endpoint must be sent to rotate it", async () => {
    const at = await start({ webhook_secrets: [generateSecret()] });
    const { status, body } = await at.server.post(`/v1/integrations/${at.integrationId}/rotate-secret`, {});
    expect({ status, code: body.code }).toEqual({ status: 422, code: "secret_needed" });
  });
});

describe("an integration", () => {
  test("that is disabled is neither polled nor accepts webhooks, until it is enabled", async () => {
    const at = await start();
    const path = `/v1/integrations/${at.integrationId}`;
    const disabled = (await at.server.send("PATCH", path, { disabled: true })).body;
    expect(Date.parse(disabled.disabled_at)).toBeGreaterThan(0);
    const calls = at.vendor.calls.length;
    expect((await at.deliver(statusChanged())).status).toBe(404);
    expect((await at.sync()).body.code).toBe("integration_disabled");
    expect(at.vendor.calls).toHaveLength(calls);
    expect((await at.device("cam-1")).status).toBe(200);
    expect((await at.server.send("PATCH", path, { disabled: false })).body.disabled_at).toBeNull();
    expect((await at.deliver(statusChanged())).status).toBe(204);
    expect((await at.sync()).status).toBe(200);
  });

  test("is deleted with its devices and its endpoint at the vendor", async () => {
    const at = await start();
    const other = await onboard(at.server, at.vendor, { customer_id: "other" });
    const path = `/v1/integrations/${at.integrationId}`;
    expect((await at.server.send("DELETE", path)).body).toEqual({ left_at_vendor: null });
    expect([...at.vendor.destinations.keys()]).toEqual(["ep-1"]);
    expect((await at.server.get(path)).status).toBe(404);
    expect((await at.server.send("DELETE", path)).body.code).toBe("unknown_integration");
    expect((await at.deliver(statusChanged())).status).toBe(404);
    expect((await at.server.get("/v1/devices?customer_id=customer")).body.data).toEqual([]);
    const feed = (await at.server.get("/v1/feed?customer_id=customer")).body.data;
    const last = (kind: string) =>
      feed.findLast((each: { kind: string }) => each.kind === kind)?.sequence ?? 0;
    expect(last("device_removed")).toBeGreaterThan(last("device_added"));
    expect(
      (await at.server.get(`/v1/devices?integration_id=${other.body.integration_id}`)).body.data,
    ).toHaveLength(2);
  });

  test("is deleted although a sync is running, which then ends", async () => {
    const clock = createTestClock();
    const at = await startOnboarded({ settings: { clock } });
    closers.push(() => at.close());
    let isAsked = false;
    at.vendor.instead.set("/v1/devices", () => {
      isAsked = true;
    });
    const syncing = at.sync();
    await clock.advanceUntil(() => isAsked, { stepMs: 0 });
    // Shortly before the sync looks whether it is still wanted. Then in small steps, so that the deletion does not give up.
    clock.advance(9_900);
    let answer: Answer | undefined;
    const deleting = at.server.send("DELETE", `/v1/integrations/${at.integrationId}`).then((got) => {
      answer = got;
    });
    await clock.advanceUntil(() => answer !== undefined, { stepMs: 5, maxMs: 40_000 });
    await deleting;
    expect(answer?.status).toBe(200);
    const { status, body } = await syncing;
    expect([status, body.code]).toEqual([409, "sync_aborted"]);
  });

  test("is deleted although its vendor is gone, and says what remains there", async () => {
    const at = await start();
    await at.vendor.close();
    const { status, body } = await at.server.send("DELETE", `/v1/integrations/${at.integrationId}`);
    expect({ status, left: body.left_at_vendor }).toEqual({ status: 200, left: expect.any(String) });
  });
});

describe("an integration's settings", () => {
  test("can be updated, but the credential only to one that works", async () => {
    const at = await start();
    const path = `/v1/integrations/${at.integrationId}`;
    expect((await at.server.send("PATCH", path, { name: "Renamed", poll_seconds: 60 })).body).toMatchObject({
      name: "Renamed",
      poll_seconds: 60,
      fast_poll_seconds: 60,
    });
    const wrong = await at.server.send("PATCH", path, { credential: { api_key: "wrong" } });
    expect(wrong.status).toBe(422);
    at.vendor.devices = [];
    expect((await at.sync()).body.outcome).not.toBe("failed");
    const right = await at.server.send("PATCH", path, { credential: { api_key: at.vendor.apiKey } });
    expect(right.status).toBe(200);
    expect((await at.server.send("PATCH", "/v1/integrations/int_unknown", {})).body.code).toBe(
      "unknown_integration",
    );
  });
});
