import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPrivateKey, verifyConsumerToken } from "@convergint/tokens";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { deliver, statusChanged } from "../testing/deliver.ts";
import { onboard } from "../testing/onboarded.ts";
import {
  healthEvent,
  type PageVendor,
  pageDevice,
  postSigned,
  signPage,
  startPageVendor,
} from "../testing/page-vendor.ts";
import { runCli } from "../testing/run-cli.ts";
import { ADMIN_TOKEN, call, type RunningServer, startServer } from "../testing/running-server.ts";
import { startVendor } from "../testing/stand-in-vendor.ts";
import { BACKENDS } from "../testing/stores.ts";
import { createTestClock } from "../testing/test-clock.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ingest-profiles-"));
});
afterAll(() => rm(folder, { recursive: true }));

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Onboards the vendor by the shipped profile, unless `more` says otherwise. */
const onboardPage = (
  server: RunningServer,
  vendor: PageVendor,
  more: Readonly<Record<string, unknown>> = {},
) =>
  server.post("/v1/integrations", {
    name: "Page",
    base_url: vendor.baseUrl,
    api_key: vendor.apiKey,
    profile: "convergint-page",
    webhook_secrets: [vendor.webhookSecret],
    poll_seconds: 3600,
    customer_id: "customer",
    ...more,
  });

async function startCampus(): Promise<PageVendor> {
  const vendor = await startPageVendor();
  closers.push(() => vendor.close());
  vendor.devices = [
    pageDevice("cam-1"),
    pageDevice("cam-2", { status: "offline" }),
    pageDevice("cam-3", { type: "Flux Gate", site_id: "hq" }),
    pageDevice("door-1", { type: "door", site_id: "lab" }),
  ];
  return vendor;
}

async function start(settings: Parameters<typeof startServer>[0] = {}) {
  const [server, vendor] = await Promise.all([startServer(settings), startCampus()]);
  closers.push(() => server.close());
  return { server, vendor };
}

const statusOf = async (server: RunningServer, integrationId: string, deviceId: string) =>
  (await server.get(`/v1/integrations/${integrationId}/devices/${deviceId}`)).body?.status;
const idsOf = async (server: RunningServer, integrationId: string) =>
  (await server.get(`/v1/devices?limit=100&integration_id=${integrationId}`)).body.data.map(
    (each: { device_id: string }) => each.device_id,
  );

describe.each(BACKENDS)("a vendor that followed Convergint's page, on $name", (backend) => {
  let isAvailable = false;
  beforeAll(async () => {
    isAvailable = await backend.start();
  });
  afterAll(() => backend.stop());
  beforeEach(({ skip }) => skip(!isAvailable, "PostgreSQL is not installed."));

  test("is onboarded with one command; its devices and events arrive, and a replayed delivery changes nothing", async () => {
    const { server, vendor } = await start({ database: await backend.database() });
    const secretFile = join(folder, "secret.txt");
    await writeFile(secretFile, `${vendor.webhookSecret}\n`);
    const args = ["integration", "add", "Campus", vendor.baseUrl, "--profile", "convergint-page"];
    const added = await runCli([...args, "--customer", "customer", "--webhook-secret-file", secretFile], {
      CONVERGINT_INGEST_URL: server.url,
      CONVERGINT_INGEST_TOKEN: ADMIN_TOKEN,
      VENDOR_API_KEY: vendor.apiKey,
    });
    expect(added).toMatchObject({ code: 0, stderr: "" });
    expect(added.stdout).toMatch(/complete.*4 devices/);
    expect(added.stdout).toMatch(/read through the profile convergint-page, digest sha256:[0-9a-f]{64}/);
    expect(added.stdout).toMatch(/limitation: .*signature does not cover the timestamp/i);
    const [integration] = (await server.get("/v1/integrations")).body.data;
    const { integration_id: id, webhook_url: url } = integration;
    expect(integration.profile).toEqual({
      name: "convergint-page",
      digest: expect.stringMatching(/^sha256:/),
      settings: {},
    });
    expect(await idsOf(server, id)).toEqual(["cam-1", "cam-2", "cam-3", "door-1"]);
    const { body: door } = await server.get(`/v1/integrations/${id}/devices/door-1`);
    expect(door).toMatchObject({ org_id: "acct-1", site_id: "lab", type: "door", customer_id: "customer" });

    const signed = (event: string, status: string, secret = vendor.webhookSecret) =>
      signPage(healthEvent(event, "cam-1", status, new Date().toISOString()), secret);
    const captured = signed("evt-1", "offline");
    expect((await postSigned(url, captured)).status).toBe(204);
    expect(await statusOf(server, id, "cam-1")).toBe("offline");
    const later = signed("evt-2", "online");
    expect((await postSigned(url, later)).status).toBe(204);
    expect(await statusOf(server, id, "cam-1")).toBe("online");

    // The signature does not cover the timestamp, so an eavesdropper can give the captured delivery a fresh one.
    const fresh = { ...captured.headers, "x-webhook-timestamp": String(Math.floor(Date.now() / 1000)) };
    const before = (await server.get("/v1/feed?limit=1000")).body.data.length;
    expect((await postSigned(url, { ...captured, headers: fresh })).status).toBe(204);
    expect(await statusOf(server, id, "cam-1")).toBe("online");
    expect((await server.get("/v1/feed?limit=1000")).body.data).toHaveLength(before);
    expect((await server.get("/metrics")).text).toMatch(/events_total\{[^}]*outcome="duplicate"[^}]*\} 1\b/);

    const stale = {
      ...captured.headers,
      "x-webhook-timestamp": String(Math.floor(Date.now() / 1000) - 3600),
    };
    const refused = await postSigned(url, { ...captured, headers: stale });
    expect([refused.status, refused.body.code]).toEqual([401, "stale_timestamp"]);
    const forged = await postSigned(url, signed("evt-3", "offline", "a guess"));
    expect([forged.status, forged.body.code]).toEqual([401, "wrong_signature"]);
    expect(await statusOf(server, id, "cam-1")).toBe("online");
  });
});

describe("an outage", () => {
  test("of webhooks is noticed and healed by polling", async () => {
    const clock = createTestClock();
    const { server, vendor } = await start({ clock });
    const { body } = await onboardPage(server, vendor, { silence_seconds: 10, fast_poll_seconds: 1 });
    const { integration_id: id, webhook_url: url } = body;
    const event = healthEvent("evt-1", "cam-1", "online", new Date(clock.now()).toISOString());
    expect((await postSigned(url, signPage(event, vendor.webhookSecret, clock.now()))).status).toBe(204);
    vendor.devices = [pageDevice("cam-1", { status: "offline" }), ...vendor.devices.slice(1)];
    const health = async () => (await server.get(`/v1/integrations/${id}`)).body.webhooks.state;
    await clock.advanceUntil(async () => (await health()) === "silent");
    await clock.advanceUntil(async () => (await statusOf(server, id, "cam-1")) === "offline", {
      stepMs: 500,
      maxMs: 60_000,
    });
  });
});

/** Takes longer than the age of the universe. */
const LOOP = `'${"a".repeat(60)}!'.matches('^(a+)+$')`;

describe("with a profile", () => {
  let server: RunningServer;
  let vendor: PageVendor;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    vendor = await startCampus();
  });
  const countIntegrations = async () => (await server.get("/v1/integrations")).body.data.length;
  const sync = async (id: string) => (await server.post(`/v1/integrations/${id}/sync`)).body;
  const shipped = async () => (await runCli(["profile", "show", "convergint-page"])).stdout;

  test("an error body, a changed shape and a shorter list never empty the inventory", async () => {
    const { integration_id: id } = (await onboardPage(server, vendor)).body;
    const all = await idsOf(server, id);
    const wrong = [
      { error: true, message: "maintenance" },
      { devices: null, pagination: { page: 1, per_page: 100, total_pages: 1, total_count: 0 } },
      { inventory: [] },
      { devices: [], pagination: { page: 1, per_page: 100, total_pages: 1, total_count: 3 } },
    ];
    for (const answer of wrong) {
      vendor.instead.set("/api/v1/sites/hq/inventory", answer);
      const { outcome, detail, faults } = await sync(id);
      expect({ answer, detail, reported: outcome === "failed" || faults.count > 0 }).toMatchObject({
        reported: true,
      });
      expect(detail).toMatch(/convergint-page(\.yaml)?:\d+/);
      expect(await idsOf(server, id)).toEqual(all);
    }
    vendor.instead.clear();
    expect((await sync(id)).outcome).toBe("unchanged");
  });

  test("a word without a meaning is kept and counted", async () => {
    const { integration_id: id } = (await onboardPage(server, vendor)).body;
    const { body } = await server.get(`/v1/integrations/${id}/devices/cam-3`);
    expect(body).toMatchObject({ type: "other", vendor_type: "Flux Gate", status: "online" });
    const words = (await server.get("/v1/unmapped-words")).body.data;
    expect(words).toContainEqual(
      expect.objectContaining({ integration_id: id, kind: "type", word: "Flux Gate" }),
    );
  });

  test("an event that no rule maps is acknowledged, counted, and shown once, without its secrets", async () => {
    const redacting = (await shipped()).replace(/^webhooks:$/m, "webhooks:\n  redact: [body.token]");
    const { integration_id: id, webhook_url: url } = (
      await onboardPage(server, vendor, { profile: redacting })
    ).body;
    const token = "canary-of-the-body";
    for (const [event_id, secret] of [
      ["evt-a", vendor.webhookSecret],
      ["evt-b", vendor.webhookSecret],
      ["evt-c", "a wrong secret"],
    ] as const) {
      const event = healthEvent(event_id, "cam-1", "x", new Date().toISOString());
      await postSigned(url, signPage({ ...event, event_type: "billing", token }, secret));
    }
    expect((await server.get("/metrics")).text).toMatch(/events_total\{[^}]*outcome="unmapped"[^}]*\} 2\b/);
    // What is recorded of a delivery that does not verify is written in the background.
    const list = () => server.get(`/v1/refused-deliveries?integration_id=${id}`);
    await expect.poll(async () => (await list()).body.data.length, { timeout: 30_000 }).toBe(2);
    const { body, text } = await list();
    expect(body.data).toMatchObject([
      { code: "wrong_signature", status: 401, body: expect.stringContaining("evt-c") },
      { code: "unmapped_event", status: 204, detail: expect.stringContaining("billing") },
    ]);
    const events = await server.get("/v1/events?customer_id=customer");
    expect(events.text).toContain("com.convergint.vendor.unmapped.v1");
    expect(text + events.text + server.logged.join("")).not.toContain(token);
  });

  test("an expression that loops fails with its line, and affects no other integration", async () => {
    const slow = (await shipped()).replace(
      /^( *)status: .*$/m,
      (_, indent: string) => `${indent}status: ${JSON.stringify(`${LOOP} ? 'online' : 'offline'`)}`,
    );
    const other = await startVendor();
    closers.push(() => other.close());
    const canonical = (await onboard(server, other)).body;
    const { status, body } = await onboardPage(server, vendor, { profile: slow });
    expect({ status, detail: body.detail }).toEqual({ status: 201, detail: undefined });
    expect(body.last_sync.detail).toMatch(/:\d+:\d+ .*(too long|time|stopped)/i);
    const running = sync(body.integration_id);
    const sent = await deliver(canonical.webhook_url, statusChanged({ id: "evt-c" }), {
      secret: other.webhookSecret,
    });
    expect(sent.status).toBe(204);
    await running;
  });

  test("a preview shows what would be read, and stores nothing", async () => {
    const before = await countIntegrations();
    const preview = await server.post("/v1/integrations?dry_run=true", {
      name: "Page",
      base_url: vendor.baseUrl,
      api_key: vendor.apiKey,
      profile: "convergint-page",
    });
    expect(preview.body).toMatchObject({
      orgs: { count: 1, first: [{ org_id: "acct-1", name: "Example Campus" }] },
      sites: { count: 2 },
      devices: { count: 4 },
      unmapped_words: [{ kind: "type", word: "Flux Gate", count: 1 }],
      would: { webhook_registration: "by_hand", create_webhook_secret: true },
    });
    expect(await countIntegrations()).toBe(before);
  });

  test("secrets of any shape verify, several of them during a rotation", async () => {
    const { body } = await onboardPage(server, vendor, { webhook_secrets: undefined });
    const { integration_id: id, webhook_url: url, created_webhook_secret: first } = body;
    const post = async (event: string, secret: string) => {
      const sent = healthEvent(event, "cam-1", "online", new Date().toISOString());
      return (await postSigned(url, signPage(sent, secret))).status;
    };
    expect(await post("evt-1", first)).toBe(204);
    const next = "pä$$ word";
    await server.post(`/v1/integrations/${id}/rotate-secret`, { secret: next });
    expect([await post("evt-2", first), await post("evt-3", next)]).toEqual([204, 204]);
    await server.post(`/v1/integrations/${id}/rotate-secret`, {
      secret: "the third secret",
      revoke_at_once: true,
    });
    expect([await post("evt-4", first), await post("evt-5", "the third secret")]).toEqual([401, 204]);
  });

  test("that is malformed, unknown or lacks a setting is refused with the line", async () => {
    const before = await countIntegrations();
    const broken = (await shipped()).replace("inventory:", "inventry:");
    const refused = async (more: Readonly<Record<string, unknown>>) => {
      const { status, body } = await onboardPage(server, vendor, more);
      return { status, code: body.code, detail: body.detail };
    };
    expect(await refused({ profile: broken })).toMatchObject({
      status: 422,
      code: "invalid_profile",
      detail: expect.stringMatching(/:\d+:\d+ inventry: .*inventory/),
    });
    expect(await refused({ profile: "no-such-vendor" })).toMatchObject({
      status: 422,
      code: "unknown_profile",
    });
    expect(await refused({ settings: { colour: "red" } })).toMatchObject({
      status: 422,
      code: "invalid_profile_settings",
      detail: expect.stringContaining("colour"),
    });
    expect(await refused({ allow_hosts: ["login.example.net"] })).toMatchObject({
      status: 400,
      detail: expect.stringContaining("allow_hosts"),
    });
    expect(await countIntegrations()).toBe(before);
  });

  test("a vendor that does not sign is only polled: anyone could send its events", async () => {
    const unsigned = (await shipped()).replace(/^ {2}signature:\n( {4}.*\n)+/m, "  signature: null\n");
    const given = await onboardPage(server, vendor, { profile: unsigned });
    expect([given.status, given.body.code]).toEqual([400, "invalid_parameter"]);
    const { body } = await onboardPage(server, vendor, { profile: unsigned, webhook_secrets: undefined });
    expect(body).toMatchObject({
      webhook_registration: "none",
      created_webhook_secret: null,
      silence_seconds: null,
      limitations: [expect.stringMatching(/not sign/)],
    });
    const event = healthEvent("evt-1", "cam-1", "offline", new Date().toISOString());
    expect((await postSigned(body.webhook_url, signPage(event, "any secret"))).status).toBe(401);
    expect(await statusOf(server, body.integration_id, "cam-1")).toBe("online");
    // An integration keeps its secrets when its profile is replaced.
    const signed = (await onboardPage(server, vendor)).body;
    const path = `/v1/integrations/${signed.integration_id}`;
    expect((await server.send("PATCH", path, { profile: unsigned })).status).toBe(200);
    expect((await postSigned(signed.webhook_url, signPage(event, "any secret"))).status).toBe(401);
  });

  test("an event that names only its device is about the site of that device, or waits in quarantine", async () => {
    const placeless = (await shipped()).replace(
      /^ {4}(org_id: event.account_id|site_id: event.site_id)\n/gm,
      "",
    );
    const { integration_id: id, webhook_url: url } = (
      await onboardPage(server, vendor, { profile: placeless })
    ).body;
    for (const device of ["door-1", "ghost-1"]) {
      const event = healthEvent(`evt-${device}`, device, "offline", new Date().toISOString());
      expect((await postSigned(url, signPage(event, vendor.webhookSecret))).status).toBe(204);
    }
    const { body } = await server.get(`/v1/integrations/${id}/devices/door-1`);
    expect(body).toMatchObject({ status: "offline", org_id: "acct-1", site_id: "lab" });
    const { data } = (await server.get("/v1/quarantine")).body;
    expect(data).toMatchObject([{ org_id: "unknown", site_id: "unknown", events: 1 }]);
  });

  test("a private key signs the tokens that the page recommends, and goes nowhere", async () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const private_key = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
    const keys = [{ publicKey: readPrivateKey(private_key).publicKey() }];
    const sent: string[] = [];
    vendor.isAuthorized = (authorization = "") => {
      sent.push(authorization);
      return verifyConsumerToken(authorization.replace("Bearer ", ""), { keys, issuer: "convergint" }).then(
        () => true,
        () => false,
      );
    };
    const { body } = await onboardPage(server, vendor, { api_key: undefined, private_key });
    expect(body).toMatchObject({
      authentication: "signed_jwt",
      last_sync: { outcome: "complete", devices: 4 },
    });
    expect(sent.join("")).not.toContain("PRIVATE");
    expect((await onboardPage(server, vendor)).body.code).toBe("vendor_unauthorized");
  });

  test("handshakes that it names are answered, and no others", async () => {
    const asking = `${await shipped()}\n`.replace(
      /^( *)signature:/m,
      "$1handshakes: [{ when: { method: GET, query: token }, answer: { body: '{query.token}' } }]\n$1signature:",
    );
    const { body } = await onboardPage(server, vendor, { profile: asking });
    const plain = (await onboardPage(server, vendor)).body;
    const answer = await call(`${body.webhook_url}?token=abc-123`);
    expect([answer.status, answer.text]).toEqual([200, "abc-123"]);
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    for (const url of [
      body.webhook_url,
      `${plain.webhook_url}?token=abc`,
      `${server.url}/webhooks/int_none?token=abc`,
    ]) {
      const refused = await call(url);
      expect([refused.status, refused.body.code, refused.headers.get("allow")]).toEqual([
        405,
        "method_not_allowed",
        "POST",
      ]);
    }
  });

  test("another profile is set only on request, and after the vendor was read by it", async () => {
    const { integration_id: id, profile } = (await onboardPage(server, vendor)).body;
    const env = { CONVERGINT_INGEST_URL: server.url, CONVERGINT_INGEST_TOKEN: ADMIN_TOKEN };
    const file = join(folder, "own.yaml");
    await writeFile(file, (await shipped()).replace("name: convergint-page", "name: own"));
    const set = await runCli(["integration", "set-profile", id, file], env);
    expect(set.stdout).toMatch(/read through the profile own/);
    const { body } = await server.get(`/v1/integrations/${id}`);
    expect(body.profile.digest).not.toBe(profile.digest);
    expect((await sync(id)).devices).toBe(4);
    // The vendor does not serve the contract.
    const back = await server.send("PATCH", `/v1/integrations/${id}`, { profile: "canonical" });
    expect(back.status).toBe(422);
    expect((await server.get(`/v1/integrations/${id}`)).body.profile.name).toBe("own");
  });
});
