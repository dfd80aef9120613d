import { generateKeyPairSync } from "node:crypto";
import { createSecretBox } from "@convergint/internal/secret-box";
import { readPrivateKey, verifyConsumerToken } from "@convergint/tokens";
import { generateSecret } from "@convergint/webhooks";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../store/store.ts";
import { deliver, statusChanged } from "../testing/deliver.ts";
import { onboard } from "../testing/onboarded.ts";
import { ADMIN_TOKEN, call, type RunningServer, startServer } from "../testing/running-server.ts";
import { json, listed, type StandInVendor, startVendor } from "../testing/stand-in-vendor.ts";
import { BACKENDS, openTestStore } from "../testing/stores.ts";
import { openIntegration } from "./seal-integration.ts";

/** The budget of a listing. */
const MAX_PAGES = 5;

const SIGNED_BY = (signature_schemes: readonly string[], endpoint_management = false) => ({
  webhooks: {
    signature_schemes,
    batching: false,
    endpoint_management,
    retry_schedule_seconds: [1],
    health_latency_seconds: 60,
  },
});

/** Creates a private key as a vendor issues it, and the public key that the vendor keeps. */
function issueKey(keyId: string) {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  const jwk = privateKey.export({ format: "jwk" });
  const publicKey = readPrivateKey(pem).publicKey();
  return { pem, jwk: JSON.stringify({ ...jwk, kid: keyId }), publicKey, known: { keyId, publicKey } };
}
const [FIRST, SECOND, UNKNOWN] = [issueKey("first"), issueKey("second"), issueKey("unknown")];

const encrypted = (): string =>
  generateKeyPairSync("ed25519", {
    publicKeyEncoding: { format: "pem", type: "spki" },
    privateKeyEncoding: { format: "pem", type: "pkcs8", cipher: "aes-256-cbc", passphrase: "canary" },
  }).privateKey;
const short = (): string =>
  generateKeyPairSync("rsa", { modulusLength: 1024 })
    .privateKey.export({ format: "pem", type: "pkcs8" })
    .toString();

/** Parts of a private key that must not appear anywhere. */
const partsOf = ({ pem, jwk }: typeof FIRST): readonly string[] => {
  const { d = "", p = "", q = "" } = JSON.parse(jwk) as Record<string, string>;
  const lines = pem.split("\n").filter((line) => line.length > 32 && !line.startsWith("-----"));
  return [...lines, d, p, q, ...lines.map((line) => Buffer.from(line, "base64").toString("hex"))];
};

/** Makes the vendor accept a call for its devices and never answer. */
function holdDevices(vendor: StandInVendor) {
  const asked = Promise.withResolvers<void>();
  const given = Promise.withResolvers<void>();
  vendor.instead.set("/v1/devices", (request) => {
    request.once("close", given.resolve);
    asked.resolve();
  });
  return { asked: asked.promise, given: given.promise };
}

const askForPreview = (server: RunningServer, vendor: StandInVendor, signal: AbortSignal | null = null) =>
  fetch(`${server.url}/v1/integrations?dry_run=true`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "n", base_url: vendor.baseUrl, api_key: vendor.apiKey }),
    signal,
  }).then(
    ({ status }) => status,
    () => "gone",
  );

test("a dry run stops reading when the server closes", async () => {
  const vendor = await startVendor();
  const server = await startServer({ vendorClient: { timeoutSeconds: 3600 } });
  const held = holdDevices(vendor);
  const answer = askForPreview(server, vendor);
  await held.asked;
  await server.close();
  await held.given;
  expect(await answer).toBe(503);
  await vendor.close();
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
    server = await startServer({
      database: store,
      vendorClient: {
        sleep: async () => {},
        timeoutSeconds: 3600,
        limits: { maxListingPages: MAX_PAGES },
      },
    });
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

    test("stops reading when its caller disconnects", async () => {
      const caller = new AbortController();
      const held = holdDevices(vendor);
      const answer = askForPreview(server, vendor, caller.signal);
      await held.asked;
      caller.abort();
      await held.given;
      expect(await answer).toBe("gone");
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
      const answer = await preview();
      expect([answer.status, answer.body.code]).toEqual([502, "vendor_listing_over_budget"]);
      expect(vendor.calls.filter((each) => each.includes("/v1/devices"))).toHaveLength(MAX_PAGES);
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

  describe("a private key", () => {
    /** The public keys that the vendor knows. */
    let known: { keyId: string; publicKey: string }[];
    beforeEach(() => {
      known = [FIRST.known];
      vendor.manifest = {
        authentication: [{ scheme: "signed_jwt", algorithms: ["RS256"], issuer: "convergint" }],
      };
      vendor.isAuthorized = (authorization = "") =>
        verifyConsumerToken(authorization.replace("Bearer ", ""), { keys: known, issuer: "convergint" }).then(
          () => true,
          () => false,
        );
      vendor.devices = [listed("cam-1", { status: "online" })];
    });
    const onboardWith = (private_key: unknown, more: object = {}) =>
      onboard(server, vendor, { api_key: undefined, private_key, key_id: "first", ...more });

    test("signs the tokens of each call", async () => {
      const { status, body } = await onboardWith(FIRST.pem);
      expect(status).toBe(201);
      expect(body).toMatchObject({
        authentication: "signed_jwt",
        key_id: "first",
        next_key: null,
        last_sync: { outcome: "complete", devices: 1 },
      });
      const asJwk = await onboardWith(FIRST.jwk, { key_id: undefined, issuer: "convergint" });
      expect(asJwk.body).toMatchObject({ key_id: "first", last_sync: { outcome: "complete" } });
      const refused = await onboardWith(UNKNOWN.pem);
      expect([refused.status, refused.body.code]).toEqual([422, "vendor_unauthorized"]);
    });

    test("signs the requests of an OAuth 2 client", async () => {
      vendor.manifest = {
        authentication: [
          {
            scheme: "oauth2_client_credentials",
            token_url: `${vendor.baseUrl}/token`,
            token_endpoint_auth_methods: ["private_key_jwt"],
          },
        ],
      };
      vendor.isAuthorized = (authorization) => authorization === "Bearer issued";
      const sent: string[] = [];
      vendor.instead.set("/token", async (request, response) => {
        for await (const chunk of request) sent.push(String(chunk));
        const assertion = new URLSearchParams(sent.at(-1)).get("client_assertion") ?? "";
        const checks = { keys: known, issuer: "client-7", audience: `${vendor.baseUrl}/token` };
        const isValid = await verifyConsumerToken(assertion, checks).then(
          () => true,
          () => false,
        );
        if (isValid) json(response, { access_token: "issued", token_type: "Bearer", expires_in: 3600 });
        else json(response, { error: "invalid_client" }, 401);
      });
      const { body } = await onboardWith(FIRST.pem, { client_id: "client-7" });
      expect(body).toMatchObject({
        authentication: "private_key_jwt",
        key_id: "first",
        last_sync: { outcome: "complete" },
      });
      const refused = await onboardWith(UNKNOWN.pem, { client_id: "client-7" });
      expect([refused.status, refused.body.code]).toEqual([422, "vendor_token_refused"]);
      expect(sent.join("")).not.toContain("PRIVATE");
    });

    test("is replaced without a failed call, whichever side changes first", async () => {
      const { integration_id, webhook_url } = (await onboardWith(FIRST.pem)).body;
      const path = `/v1/integrations/${integration_id}`;
      const sync = async () => (await server.post(`${path}/sync`)).body.outcome;
      const keys = async () => {
        const { key_id, next_key } = (await server.get(path)).body;
        return { key_id, next: next_key?.key_id ?? null };
      };
      const rotate = (key: typeof FIRST, key_id: string) =>
        server.post(`${path}/rotate-key`, { private_key: key.pem, key_id });

      // The vendor does not know the new key yet.
      const waiting = (await rotate(SECOND, "second")).body;
      expect(waiting).toMatchObject({
        key_id: "first",
        next_key: { key_id: "second", failure: expect.stringContaining("401") },
      });
      expect(await sync()).toBe("unchanged");
      expect(await keys()).toEqual({ key_id: "first", next: "second" });
      // It accepts both, and then only the new one.
      known = [FIRST.known, SECOND.known];
      expect(await sync()).toBe("unchanged");
      expect(await keys()).toEqual({ key_id: "second", next: null });
      known = [SECOND.known];
      expect(await sync()).toBe("unchanged");
      // A key that the vendor knows already is used at once.
      known = [SECOND.known, FIRST.known];
      await rotate(FIRST, "first");
      expect(await keys()).toEqual({ key_id: "first", next: null });
      // The vendor drops the old key in the same moment in which it accepts the new one.
      known = [FIRST.known];
      await rotate(SECOND, "second");
      known = [SECOND.known];
      expect(await sync()).toBe("unchanged");
      expect(await keys()).toEqual({ key_id: "second", next: null });
      expect(
        (await server.get(`${path}/syncs`)).body.data.map((each: { outcome: string }) => each.outcome),
      ).not.toContain("failed");
      expect((await deliver(webhook_url, statusChanged(), { secret: vendor.webhookSecret })).status).toBe(
        204,
      );
    });

    test("that the vendor just accepted is used by the call that deletes the integration", async () => {
      const { integration_id } = (await onboardWith(FIRST.pem)).body;
      const path = `/v1/integrations/${integration_id}`;
      await server.post(`${path}/rotate-key`, { private_key: SECOND.pem, key_id: "second" });
      known = [SECOND.known];
      expect((await server.send("DELETE", path)).body).toEqual({ left_at_vendor: null });
      expect(vendor.destinations.size).toBe(0);
    });

    test("that waits is stored, and dropped when another credential is set", async () => {
      const { integration_id } = (await onboardWith(FIRST.pem)).body;
      const path = `/v1/integrations/${integration_id}`;
      const next = { private_key: SECOND.pem, key_id: "second" };
      await server.post(`${path}/rotate-key`, next);
      const row = await store.integrations.get(integration_id);
      if (!row) throw new Error("the integration was not stored");
      const { credential, nextKey } = openIntegration(createSecretBox(server.encryptionKey), row);
      expect([credential, nextKey?.credential]).toEqual([
        { privateKey: FIRST.pem, keyId: "first" },
        { privateKey: SECOND.pem, keyId: "second" },
      ]);
      known = [FIRST.known, SECOND.known];
      const patch = (credential: object) => server.send("PATCH", path, { credential });
      expect((await patch({ private_key: FIRST.pem, key_id: "first" })).body).toMatchObject({
        key_id: "first",
        next_key: null,
      });
      // Without a private key, there is none to replace.
      vendor.isAuthorized = () => true;
      await patch({ api_key: "an-api-key" });
      const refused = await server.post(`${path}/rotate-key`, next);
      expect([refused.status, refused.body.code]).toEqual([422, "no_private_key"]);
    });

    test("appears in no answer, log line, export or database", async () => {
      const answers: string[] = [];
      const keep = async (
        answer: Promise<{ text: string; headers: Headers; body: { integration_id: string } }>,
      ) => {
        const { text, headers, body } = await answer;
        answers.push(text, JSON.stringify([...headers]));
        return body;
      };
      const { integration_id } = await keep(onboardWith(FIRST.pem));
      const path = `/v1/integrations/${integration_id}`;
      const [begin = "", ...rest] = FIRST.pem.split("\n");
      for (const wrong of [
        UNKNOWN.pem,
        FIRST.publicKey,
        rest.join("\n"),
        `${begin}\n${rest[0]}`,
        FIRST.pem.replace("PRIVATE", "PUBLIC"),
        FIRST.pem + SECOND.pem,
        FIRST.jwk.slice(0, -1),
        { pem: FIRST.pem },
        [FIRST.pem],
      ]) {
        expect((await keep(onboardWith(wrong))).integration_id).toBe(undefined);
        await keep(server.post(`${path}/rotate-key`, { private_key: wrong, [FIRST.pem]: 1 }));
      }
      await keep(onboardWith(FIRST.pem, { algorithm: "ES256" }));
      await keep(onboardWith(FIRST.pem, { poll_seconds: "often" }));
      await keep(
        server.post("/v1/integrations?dry_run=true", {
          name: "n",
          base_url: vendor.baseUrl,
          private_key: FIRST.pem,
        }),
      );
      await keep(server.post(`${path}/rotate-key`, { private_key: SECOND.pem }));
      vendor.instead.set("/v1/devices", (_request, response) => json(response, {}, 500));
      await keep(server.post(`${path}/sync`));
      for (const each of [path, "/v1/integrations", `${path}/syncs`]) await keep(server.get(each));
      const exportedRows = (await exported()).join("\n");
      const stored = JSON.stringify(await store.integrations.all(), (_, value) =>
        value?.type === "Buffer" || value instanceof Uint8Array
          ? Buffer.from(value).toString("latin1")
          : value,
      );
      expect(stored).toContain(integration_id);
      const texts = { answers: answers.join("\n"), log: server.logged.join(""), exportedRows, stored };
      for (const [where, text] of Object.entries(texts)) {
        const leaked = [FIRST, SECOND, UNKNOWN].flatMap(partsOf).filter((part) => text.includes(part));
        expect({ where, leaked }).toEqual({ where, leaked: [] });
      }
    });
  });

  test.each([
    ["a public key", FIRST.publicKey, /This is a public key\. Pass the private key/],
    ["half a file", FIRST.pem.slice(0, 300), /This PEM is incomplete/],
    ["an encrypted key", encrypted(), /This private key is encrypted/],
    ["a short key", short(), /This RSA key has 1024 bits/],
    ["no key", "hello", /neither PEM nor a JWK/],
  ])("%s is refused, and the error says what it is", async (_, private_key, advice) => {
    const { status, body } = await onboard(server, vendor, { api_key: undefined, private_key });
    expect([status, body.code]).toEqual([422, "invalid_private_key"]);
    expect(body.detail).toMatch(advice);
  });
});
