import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createSecretBox, SecretBoxError } from "@convergint/internal/secret-box";
import { PROXY_PASSWORD, startConnectProxy } from "@convergint/testing/connect-proxy";
import { generateSecret } from "@convergint/webhooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createIngestServer, createLog } from "./index.ts";
import { isSealedWithNewestKey, openIntegration, sealIntegration } from "./integrations/seal-integration.ts";
import { deliver, statusChanged } from "./testing/deliver.ts";
import { onboard, startOnboarded } from "./testing/onboarded.ts";
import {
  ADMIN_TOKEN,
  type RunningServer,
  startServer,
  temporaryDirectory,
} from "./testing/running-server.ts";
import { json, type StandInVendor, startVendor } from "./testing/stand-in-vendor.ts";

const API_KEY = "canary-api-key-1f7e";

/** Returns a secret in every encoding in which it could leak. */
const encodings = (secret: string) => {
  const bare = secret.replace(/^whsec_/, "");
  return [
    bare,
    Buffer.from(bare).toString("base64"),
    Buffer.from(bare).toString("hex"),
    encodeURIComponent(bare),
  ];
};

test("no secret appears in an answer, in a log line, or in plain text in the database, whatever fails", async () => {
  const vendor = await startVendor({ apiKey: API_KEY });
  const server = await startServer();
  const answers: string[] = [];
  const keep = async (answer: Promise<{ text: string; headers: Headers }>) => {
    const { text, headers } = await answer;
    answers.push(text, JSON.stringify([...headers]));
    return answer;
  };
  const { body } = await keep(onboard(server, vendor)).then(() => server.get("/v1/integrations"));
  const { integration_id, webhook_url } = body.data[0];
  const byHand = generateSecret();
  await keep(onboard(server, vendor, { webhook_secrets: [byHand] }));
  await keep(onboard(server, vendor, { webhook_secrets: [byHand, `whsec_${API_KEY}`] }));
  await keep(onboard(server, vendor, { api_key: `${API_KEY}-wrong` }));
  await keep(onboard(server, vendor, { api_key: { nested: API_KEY } }));
  const { webhookSecret: secret } = vendor;
  await keep(deliver(webhook_url, statusChanged(), { secret }));
  await keep(deliver(webhook_url, "{nope", { secret }));
  await keep(deliver(webhook_url, statusChanged(), { secret, timestamp: 1 }));
  await keep(deliver(webhook_url, statusChanged(), { secret: generateSecret() }));
  vendor.instead.set("/v1/devices", (_request, response) => json(response, {}, 500));
  await keep(server.post(`/v1/integrations/${integration_id}/sync`));
  await vendor.close();
  await keep(server.post(`/v1/integrations/${integration_id}/sync`));
  for (const path of [
    "integrations",
    "devices",
    "events",
    "refused-deliveries",
    "nothing",
    "devices?cursor=x",
  ]) {
    await keep(server.get(`/v1/${path}`));
  }
  const files = await Promise.all(
    ["", "-wal"].map((suffix) => readFile(`${server.database}${suffix}`, "latin1").catch(() => "")),
  );
  const { logged } = server;
  expect(logged.length).toBeGreaterThan(0);
  expect(files.join("")).toContain(integration_id);
  for (const canary of [API_KEY, secret, byHand, ADMIN_TOKEN, server.encryptionKey].flatMap(encodings)) {
    expect(answers.join("\n")).not.toContain(canary);
    expect(logged.join("")).not.toContain(canary);
    expect(files.join("")).not.toContain(canary);
  }
  await server.close();
});

test("an integration logged by mistake shows none of its secrets", () => {
  const lines: string[] = [];
  const log = createLog({ destination: { write: (line: string) => void lines.push(line) } });
  const integration = { apiKey: API_KEY, webhookSecrets: [API_KEY], secret: API_KEY };
  log.info(integration);
  log.info({ integration });
  log.info({ context: { integration } });
  log.info({ headers: { authorization: `Bearer ${API_KEY}` } });
  expect(lines).toHaveLength(4);
  expect(lines.join("")).not.toContain(API_KEY);
});

describe("the vendor's key goes only to the vendor", () => {
  const DISCOVERY = "/.well-known/vendor-cloud";
  /** What an internal service received. */
  const internal: string[] = [];
  const service = createServer((request, response) => {
    internal.push(`${request.url} ${request.headers.authorization}`);
    json(response, { data: [], next_cursor: null, access_token: "t", token_type: "bearer" });
  });
  let server: RunningServer;
  let vendor: StandInVendor;
  let manifest: Readonly<Record<string, unknown>>;
  let internalUrl: string;
  const declare = (members: object) =>
    vendor.instead.set(DISCOVERY, (_request, response) => json(response, { ...manifest, ...members }));

  beforeAll(async () => {
    await new Promise<void>((resolve) => service.listen(0, resolve));
    internalUrl = `http://127.0.0.9:${(service.address() as AddressInfo).port}`;
    vendor = await startVendor({ apiKey: API_KEY });
    manifest = (await (await fetch(vendor.baseUrl + DISCOVERY)).json()) as typeof manifest;
    server = await startServer({
      // Vendors may have only this address; every other loopback address acts as a host of the internal network.
      allowPrivateNetworks: ["127.0.0.1"],
      allowSubscriberNetworks: ["127.0.0.0/8", "10.0.0.0/8"],
    });
  });
  afterAll(async () => {
    await server.close();
    await vendor.close();
    service.close();
  });

  const CLIENT = { api_key: undefined, client_id: "client", client_secret: API_KEY };
  test.each([
    ["api_base", {}, (url: string) => ({ api_base: url })],
    [
      "token_url",
      CLIENT,
      (url: string) => ({ authentication: [{ scheme: "oauth2_client_credentials", token_url: url }] }),
    ],
  ])("not to another host that its manifest names as %s", async (name, credential, members) => {
    declare(members("http://login.example.net"));
    const outside = await onboard(server, vendor, credential);
    expect([outside.status, outside.body.code]).toEqual([422, "vendor_destination_refused"]);
    expect(outside.body.detail).toContain(`${name} is on login.example.net`);
    expect(outside.body.detail).toContain("--allow-host login.example.net");
    declare(members(internalUrl));
    // The operator confirms the host, but not its address.
    const refused = await onboard(server, vendor, { ...credential, allow_hosts: ["127.0.0.9"] });
    expect([refused.status, refused.body.code]).toEqual([422, "vendor_destination_refused"]);
    expect(refused.body.detail).toContain("--allow-private-network 127.0.0.9");
    expect(outside.text + refused.text).not.toContain(API_KEY);
    expect(internal).toEqual([]);
  });

  test("not when a vendor's manifest changes later, and the sync says why", async () => {
    declare({});
    const { body } = await onboard(server, vendor, { allow_hosts: ["127.0.0.9"] });
    const path = `/v1/integrations/${body.integration_id}`;
    declare({ api_base: internalUrl });
    const sync = await server.post(`${path}/sync`);
    expect(sync.body).toMatchObject({
      outcome: "failed",
      detail: expect.stringContaining("--allow-private-network 127.0.0.9"),
    });
    declare({ api_base: `${vendor.baseUrl}/?x=` });
    expect((await server.post(`${path}/sync`)).body.detail).toContain("query or fragment");
    const changed = await server.send("PATCH", path, { allow_hosts: ["Login.Example.net"] });
    expect(changed.body.allow_hosts).toEqual(["login.example.net"]);
    expect((await server.send("PATCH", path, { allow_hosts: ["example.net:8443"] })).status).toBe(400);
    expect(internal).toEqual([]);
  });

  test.each([
    [
      "http://127.0.0.9:8099",
      /127\.0\.0\.9 are refused: it is this machine\..*--allow-private-network 127\.0\.0\.9/,
    ],
    ["https://10.1.2.3", /10\.1\.2\.3 are refused: it is a private or reserved address/],
    ["https://169.254.169.254", /169\.254\.169\.254 are refused/],
    ["http://8.8.8.8", /8\.8\.8\.8 without TLS are refused\. Use an https URL/],
  ])("not to a base URL %s", async (base_url, advice) => {
    const answer = await onboard(server, vendor, { base_url });
    expect([answer.status, answer.body.code]).toEqual([422, "vendor_destination_refused"]);
    expect(answer.body.detail).toMatch(advice);
  });

  test("not to a base URL that a writer of the database puts in its place", () => {
    const box = createSecretBox(randomBytes(32).toString("base64"));
    const integration = {
      integrationId: "int_1",
      name: "Vendor",
      baseUrl: "https://vendor.example",
      credential: { apiKey: API_KEY },
      profile: null,
      allowHosts: ["login.example.net"],
      disabledAt: "2026-11-24T08:00:00Z",
      webhookSecrets: [],
      webhookEndpointId: null,
      pollSeconds: 1,
      fastPollSeconds: 1,
      silenceSeconds: null,
      createdAt: "2026-11-23T08:00:00Z",
      revision: 1,
    };
    const row = sealIntegration(box, integration);
    expect(openIntegration(box, { ...row, baseUrl: "https://attacker.example" })).toEqual(integration);
    expect(isSealedWithNewestKey(box, row)).toBe(true);
    // A profile says where and how the credential is sent.
    const profile = { name: "page", digest: "sha256:0", document: "profile: 1", settings: {} };
    const read = { ...integration, profile };
    const byProfile = sealIntegration(box, read);
    expect(openIntegration(box, byProfile)).toEqual(read);
    for (const other of [byProfile.profile?.replace("profile: 1", "profile: 2") ?? null, null])
      expect(() => openIntegration(box, { ...byProfile, profile: other })).toThrow(SecretBoxError);
    expect(() => openIntegration(box, { ...row, profile: byProfile.profile })).toThrow(SecretBoxError);
    // A row of an earlier version is read, and then encrypted again together with its base URL.
    const earlier = { ...row, credential: box.seal(`{"apiKey":"${API_KEY}"}`, "int_1/credential") };
    expect(openIntegration(box, earlier)).toEqual({ ...integration, allowHosts: [], disabledAt: null });
    expect(isSealedWithNewestKey(box, earlier)).toBe(false);
  });
});

describe("the encryption key", () => {
  test("must be the one that the database was written with, or the server does not start", async () => {
    const directory = await temporaryDirectory();
    const database = `${directory.path}/ingest.db`;
    const encryptionKey = randomBytes(32).toString("base64");
    const at = await startOnboarded({ settings: { database, encryptionKey } });
    await at.close();
    const start = (key: string) =>
      createIngestServer({
        database,
        encryptionKey: key,
        adminToken: ADMIN_TOKEN,
        log: createLog({ destination: { write: () => {} } }),
        onFatal: () => {},
      });
    await expect(start(randomBytes(32).toString("base64"))).rejects.toMatchObject({
      name: "SecretBoxError",
      code: "cannot_decrypt",
    });
    // With the right key the server starts and can decrypt the secret.
    const server = await startServer({ database, encryptionKey });
    const url = `${server.url}/webhooks/${at.integrationId}`;
    expect((await deliver(url, statusChanged(), { secret: at.vendor.webhookSecret })).status).toBe(204);
    await server.close();
    await directory.remove();
  });

  test.each([
    "",
    "short",
    "c2hvcnQ=",
    randomBytes(31).toString("base64"),
    randomBytes(33).toString("base64"),
    "a".repeat(43),
    `!!!!${Buffer.alloc(32).toString("base64")}`,
    `${Buffer.alloc(32).toString("base64")}===junk`,
  ])("%j is invalid", (key) => {
    expect(() => createSecretBox(key)).toThrow(expect.objectContaining({ code: "invalid_key" }));
  });

  const box = createSecretBox(randomBytes(32).toString("base64"));

  test("decrypts a secret only in the context it was encrypted for", () => {
    const sealed = box.seal("s3cret", "int_a/api_key");
    expect(box.open(sealed, "int_a/api_key")).toBe("s3cret");
    for (const context of ["int_b/api_key", "int_a/webhook_secret", ""]) {
      expect(() => box.open(sealed, context)).toThrow(expect.objectContaining({ code: "cannot_decrypt" }));
    }
  });

  test("does not decrypt if any byte is changed or missing", () => {
    const sealed = box.seal("s3cret", "c");
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Uint8Array.from(sealed, (byte, n) => (n === at ? byte ^ 1 : byte));
      for (const broken of [changed, sealed.subarray(0, at)]) {
        expect(() => box.open(broken, "c")).toThrow(expect.objectContaining({ code: "cannot_decrypt" }));
      }
    }
  });

  test("never encrypts the same secret to the same bytes", () => {
    expect(box.seal("s3cret", "c")).not.toEqual(box.seal("s3cret", "c"));
  });
});

test("vendors at public addresses are called through the proxy, and its password is not shown", async () => {
  const proxy = await startConnectProxy(() => ({ status: 403 }));
  const vendor = await startVendor();
  const server = await startServer({ proxy: { url: proxy.url } });
  // The network of the test's vendor is allowed, so the server connects to it directly.
  expect((await onboard(server, vendor)).status).toBe(201);
  expect(proxy.asked).toEqual([]);
  const { text, body } = await onboard(server, { ...vendor, baseUrl: "https://8.8.8.8" });
  expect(body).toMatchObject({
    code: "vendor_unreachable",
    detail: expect.stringContaining("answered 403 to a connection to 8.8.8.8:443"),
  });
  expect(proxy.asked).toEqual(["8.8.8.8:443"]);
  expect(text + server.logged.join("")).not.toContain(PROXY_PASSWORD);
  await server.close();
  await vendor.close();
  await proxy.close();
});

test("a webhook secret is bound to its times, so that a writer of the database cannot make it valid again", () => {
  const box = createSecretBox(randomBytes(32).toString("base64"));
  const times = { addedAt: "2026-11-23T09:00:00.000Z", expiresAt: "2026-11-24T09:00:00.000Z" };
  const integration = {
    ...{
      integrationId: "int_a",
      name: "a",
      baseUrl: "https://vendor.example",
      profile: null,
      allowHosts: [],
      disabledAt: null,
    },
    ...{ credential: { apiKey: "k" }, webhookEndpointId: null, pollSeconds: 1, fastPollSeconds: 1 },
    ...{ silenceSeconds: null, createdAt: times.addedAt, revision: 1 },
    webhookSecrets: [{ secret: "s", ...times }],
  };
  const row = sealIntegration(box, integration);
  expect(openIntegration(box, row)).toEqual(integration);
  const change = (changed: object) => ({
    ...row,
    webhookSecrets: row.webhookSecrets.map((each) => ({ ...each, ...changed })),
  });
  for (const changed of [
    { expiresAt: null },
    { expiresAt: "2999-01-01T00:00:00.000Z" },
    { addedAt: times.expiresAt },
  ]) {
    expect(() => openIntegration(box, change(changed))).toThrow(
      expect.objectContaining({ code: "cannot_decrypt" }),
    );
  }
  // As earlier versions stored it: still read, and encrypted again at the next start.
  const earlier = change({ secret: box.seal("s", "int_a/webhook_secret") });
  expect(openIntegration(box, earlier)).toEqual(integration);
  expect([row, earlier].map((each) => isSealedWithNewestKey(box, each))).toEqual([true, false]);
});

test("re-encrypts everything with a new encryption key, after which the old key is not needed", async () => {
  const directory = await temporaryDirectory();
  const database = join(directory.path, "ingest.db");
  const [old, fresh] = [randomBytes(32).toString("base64"), randomBytes(32).toString("base64")];
  const vendor = await startVendor();

  const first = await startServer({ database, encryptionKey: old });
  const { body } = await onboard(first, vendor);
  await first.post("/v1/subscribers", { url: "http://127.0.0.1:1/" });
  await first.close();

  await expect(startServer({ database, encryptionKey: fresh })).rejects.toMatchObject({
    code: "cannot_decrypt",
  });
  await (await startServer({ database, encryptionKey: `${fresh},${old}` })).close();
  await expect(startServer({ database, encryptionKey: old })).rejects.toMatchObject({
    code: "cannot_decrypt",
  });

  const last = await startServer({ database, encryptionKey: fresh });
  const url = `${last.url}${new URL(body.webhook_url).pathname}`;
  expect((await deliver(url, statusChanged(), { secret: vendor.webhookSecret })).status).toBe(204);
  expect((await last.post(`/v1/integrations/${body.integration_id}/sync`)).body.outcome).not.toBe("failed");
  await last.close();
  await vendor.close();
  await directory.remove();
});
