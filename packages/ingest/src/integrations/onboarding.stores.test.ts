import { generateSecret } from "@convergint/webhooks";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../store/store.ts";
import { deliver, statusChanged } from "../testing/deliver.ts";
import { onboard } from "../testing/onboarded.ts";
import { ADMIN_TOKEN, call, type RunningServer, startServer } from "../testing/running-server.ts";
import { json, listed, type StandInVendor, startVendor } from "../testing/stand-in-vendor.ts";
import { BACKENDS, openTestStore } from "../testing/stores.ts";

const SIGNED_BY = (signature_schemes: readonly string[], endpoint_management = false) => ({
  webhooks: {
    signature_schemes,
    batching: false,
    endpoint_management,
    retry_schedule_seconds: [1],
    health_latency_seconds: 60,
  },
});

describe.each(BACKENDS)("onboarding on $name", (backend) => {
  let isAvailable = false;
  let store: Store;
  let server: RunningServer;
  let vendor: StandInVendor;
  beforeAll(async () => {
    isAvailable = await backend.start();
    if (!isAvailable) return;
    store = await openTestStore(await backend.database());
    server = await startServer({ database: store });
  });
  afterAll(async () => {
    await server?.close();
    await backend.stop();
  });
  beforeEach(async ({ skip }) => {
    if (!isAvailable) skip();
    vendor = await startVendor();
  });
  afterEach(() => vendor?.close());

  async function exported(): Promise<readonly string[]> {
    const rows: string[] = [];
    for await (const row of store.maintenance.export()) rows.push(row);
    return rows;
  }

  describe("a dry run", () => {
    const preview = (more: object = {}, path = "/v1/integrations?dry_run=true") =>
      server.post(path, {
        name: "Stand-in",
        base_url: vendor.baseUrl,
        api_key: vendor.apiKey,
        customer_id: "customer",
        ...more,
      });

    test("shows what it finds and would do, stores nothing, and only reads at the vendor", async () => {
      vendor.sites = [...vendor.sites, { site_id: "annex", org_id: "org", name: "Annex" }];
      vendor.devices = [
        listed("cam-1", { status: "online", system_id: "s1", system_name: "North" }),
        listed("cam-2", { status: "Offline", system_id: "s1" }),
        listed("cam-3", { site_id: "annex", hostname: "x".repeat(300), system_id: "s2" }),
        listed("door-1", { type: "drone", status: "hovering" }),
        listed("gone", { lifecycle: "removed", removed_at: "2026-11-23T07:00:00Z" }),
      ];
      vendor.events = [];
      const before = await exported();
      const { status, body } = await preview();
      expect(status).toBe(200);
      expect(body).toMatchObject({
        orgs: { count: 1, first: [{ org_id: "org", name: "Example Campus" }] },
        sites: {
          count: 2,
          first: [
            { site_id: "hq", devices: 3 },
            { site_id: "annex", name: "Annex", devices: 1 },
          ],
        },
        devices: {
          count: 4,
          counts: [
            { type: "camera", status: "offline", devices: 1 },
            { type: "camera", status: "online", devices: 1 },
            { type: "camera", status: null, devices: 1 },
            { type: "other", status: "unknown", devices: 1 },
          ],
        },
        systems: {
          count: 2,
          first: [
            { system_id: "s1", system_name: "North", devices: 2 },
            { system_id: "s2", system_name: null, devices: 1 },
          ],
        },
        unmapped_words: [
          { kind: "status", word: "hovering", count: 1 },
          { kind: "type", word: "drone", count: 1 },
        ],
        faults: { count: 1, first: [{ id: "cam-3", pointer: "/hostname" }] },
        manifest: { vendor: { id: "stand-in" } },
        would: {
          webhook_registration: "by_api",
          webhook_url: `${server.url}/webhooks/{integration_id}`,
          create_webhook_secret: false,
          poll_seconds: 300,
          silence_seconds: 900,
          fetch_missed_events: true,
          customer_id: "customer",
        },
      });
      expect(vendor.calls.filter((each) => !each.startsWith("GET "))).toEqual([]);
      expect(vendor.destinations.size).toBe(0);
      expect(await exported()).toEqual(before);
      // The same request without dry_run does register and store.
      expect((await preview({}, "/v1/integrations")).status).toBe(201);
      expect(vendor.destinations.size).toBe(1);
      expect(await exported()).not.toEqual(before);
    });

    test("says what it would do about webhooks that no API registers, or that do not exist", async () => {
      vendor.manifest = SIGNED_BY(["v1"]);
      const planned = async (more: object = {}) => (await preview(more)).body.would;
      expect(await planned()).toMatchObject({ webhook_registration: "by_hand", create_webhook_secret: true });
      expect(await planned({ webhook_secrets: [generateSecret()] })).toMatchObject({
        webhook_registration: "by_hand",
        create_webhook_secret: false,
      });
      vendor.manifest = { webhooks: null };
      expect(await planned()).toMatchObject({
        webhook_registration: "none",
        webhook_url: null,
        silence_seconds: null,
      });
    });

    test("streams its progress, and at the end the preview or the problem", async () => {
      vendor.devices = [1, 2, 3].map((n) => listed(`cam-${n}`));
      const stream = async (api_key: string) => {
        const { text, headers } = await call(`${server.url}/v1/integrations?dry_run=true`, {
          method: "POST",
          headers: {
            authorization: `Bearer ${ADMIN_TOKEN}`,
            "content-type": "application/json",
            accept: "application/x-ndjson",
          },
          body: JSON.stringify({ name: "n", base_url: vendor.baseUrl, api_key }),
        });
        expect(headers.get("content-type")).toBe("application/x-ndjson");
        return text
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line));
      };
      const lines = await stream(vendor.apiKey);
      const devices = lines.flatMap(({ progress }) => (progress?.listing === "devices" ? [progress] : []));
      expect(devices).toEqual([
        { listing: "devices", read: 2, total: 3 },
        { listing: "devices", read: 3, total: 3 },
      ]);
      expect(lines.at(-1)).toMatchObject({ preview: { devices: { count: 3 } } });
      expect((await stream("wrong")).at(-1)).toMatchObject({
        problem: { code: "vendor_unauthorized", status: 422 },
      });
    });

    test("answers a vendor's error as onboarding does, and keeps to the budget of a listing", async () => {
      expect((await preview({ api_key: "wrong" })).body.code).toBe("vendor_unauthorized");
      vendor.instead.set("/v1/devices", (_request, response, url) => {
        const n = Number(url.searchParams.get("cursor") ?? 0);
        json(response, {
          data: [listed(`cam-${n}`)],
          next_cursor: String(n + 1),
          snapshot: { id: "s", as_of: vendor.asOf },
        });
      });
      const bounded = await startServer({
        vendorClient: { sleep: async () => {}, limits: { maxListingPages: 3 } },
      });
      const answer = await bounded.post("/v1/integrations?dry_run=true", {
        name: "endless",
        base_url: vendor.baseUrl,
        api_key: vendor.apiKey,
      });
      expect([answer.status, answer.body.code]).toEqual([502, "vendor_listing_over_budget"]);
      expect(vendor.calls.filter((each) => each.includes("/v1/devices"))).toHaveLength(3);
      await bounded.close();
    });
  });

  describe("a vendor whose console registers endpoints", () => {
    const post = (url: string, secret: string, id: string) =>
      deliver(url, statusChanged({ id }), { secret }).then(({ status }) => status);

    test("gets a secret of the server's making, which only the answer shows", async () => {
      vendor.manifest = SIGNED_BY(["v1"]);
      const { status, body } = await onboard(server, vendor);
      const { integration_id: id, webhook_url, created_webhook_secret: secret } = body;
      expect({ status, registration: body.webhook_registration }).toEqual({
        status: 201,
        registration: "by_hand",
      });
      expect(vendor.calls).not.toContain("POST /v1/webhook-endpoints");
      expect(await post(webhook_url, secret, "evt-created")).toBe(204);
      const path = `/v1/integrations/${id}`;
      const shown = [
        await server.get(path),
        await server.get("/v1/integrations"),
        await server.send("PATCH", path, { poll_seconds: 60 }),
      ];
      const texts = [...shown.map(({ text }) => text), server.logged.join(""), (await exported()).join("")];
      expect(texts.filter((text) => text.includes(secret.slice("whsec_".length)))).toEqual([]);
      expect(shown[0]?.body).toMatchObject({ silence_seconds: 900, webhook_secrets: [{ expires_at: null }] });
    });

    test("may create the secret itself, which a command sets later without a gap", async () => {
      vendor.manifest = SIGNED_BY(["v1"]);
      const { integration_id, webhook_url, created_webhook_secret } = (await onboard(server, vendor)).body;
      const rotate = (body: object) => server.post(`/v1/integrations/${integration_id}/rotate-secret`, body);
      const theirs = generateSecret();
      expect((await rotate({ secret: theirs })).body.created_webhook_secret).toBe(null);
      for (const secret of [created_webhook_secret, theirs])
        expect(await post(webhook_url, secret, "evt-both")).toBe(204);
      const { created_webhook_secret: next } = (await rotate({ create_secret: true, revoke_at_once: true }))
        .body;
      expect(await post(webhook_url, next, "evt-next")).toBe(204);
      expect(await post(webhook_url, theirs, "evt-old")).toBe(401);
      expect((await rotate({ create_secret: true, secret: theirs })).status).toBe(400);
    });

    test("that signs with its own keys gets no secret, and its first key starts the wait for webhooks", async () => {
      vendor.manifest = SIGNED_BY(["v1a"]);
      const { integration_id, created_webhook_secret, silence_seconds } = (await onboard(server, vendor))
        .body;
      expect({ created_webhook_secret, silence_seconds }).toEqual({
        created_webhook_secret: null,
        silence_seconds: null,
      });
      const secret = "whpk_zOZ1QY3RNmZBnJ0DhS7nHXoaWdUrQ9OGIY0nwHdYbZo=";
      const { body } = await server.post(`/v1/integrations/${integration_id}/rotate-secret`, { secret });
      expect(body).toMatchObject({ silence_seconds: 900, webhook_secrets: [{ expires_at: null }] });
    });

    test("is not one whose API registers them, or that has no webhooks", async () => {
      const { body } = await onboard(server, vendor);
      expect(body).toMatchObject({ webhook_registration: "by_api", created_webhook_secret: null });
      const refused = await server.post(`/v1/integrations/${body.integration_id}/rotate-secret`, {
        create_secret: true,
      });
      expect([refused.status, refused.body.code]).toEqual([422, "vendor_creates_secret"]);
      vendor.manifest = { webhooks: null };
      expect((await onboard(server, vendor)).body).toMatchObject({
        webhook_registration: "none",
        created_webhook_secret: null,
        webhook_secrets: [],
      });
    });
  });

  test("the addresses that a vendor's webhooks come from are stored at each sync and shown", async () => {
    vendor.manifest = { egress_ip_ranges: ["192.0.2.0/24"] };
    const { body } = await onboard(server, vendor);
    expect(body.egress_ip_ranges).toEqual(["192.0.2.0/24"]);
    const path = `/v1/integrations/${body.integration_id}`;
    vendor.instead.set("/v1/devices", (_request, response) => json(response, {}, 404));
    await server.post(`${path}/sync`);
    // A failed sync keeps what the last one read.
    expect((await server.get(path)).body.egress_ip_ranges).toEqual(["192.0.2.0/24"]);
    vendor.instead.clear();
    vendor.manifest = { egress_ip_ranges: ["198.51.100.7/32"] };
    expect((await server.post(`${path}/sync`)).body.detail).toMatch(
      /webhooks now come from 198\.51\.100\.7\/32\. Update firewalls that admit only 192\.0\.2\.0\/24/,
    );
    expect((await server.post(`${path}/sync`)).body.detail).toBe(null);
    expect((await server.get(path)).body.egress_ip_ranges).toEqual(["198.51.100.7/32"]);
    vendor.manifest = {};
    await server.post(`${path}/sync`);
    expect((await server.get(path)).body.egress_ip_ranges).toBe(null);
  });
});
