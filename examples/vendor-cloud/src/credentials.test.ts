import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAssertionSigner, createTokenMinter, readPrivateKey } from "@convergint/tokens";
import { afterEach, describe, expect, it } from "vitest";
import { TOKEN_TERMS } from "./signed-tokens.ts";
import { KEY, ORGS, type RunningCampus, startCampus } from "./testing/running-campus.ts";
import { startReceiver } from "./testing/webhook-receiver.ts";
import { camera, quiet } from "./testing/webhook-world.ts";

const OTHER_KEY = "test-key-other";
const open: { close(): Promise<unknown> }[] = [];
const started = async (...options: Parameters<typeof startCampus>): Promise<RunningCampus> => {
  const campus = await startCampus(...options);
  open.push(campus);
  return campus;
};
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

const command = { method: "POST", json: { status: "offline" } };
const control = `/sandbox/devices/${camera.device_id}/status`;

describe("a revoked key", () => {
  it.each<[string, { method?: string; json?: unknown }]>([
    ["/v1/orgs", {}],
    ["/v1/devices", {}],
    [`/v1/devices/${camera.device_id}`, {}],
    ["/v1/webhook-endpoints", { method: "POST", json: { url: "http://127.0.0.1:9/" } }],
    [control, command],
  ])("gets 401 with the reason at %s", async (path, options) => {
    const campus = await started({ withdrawnKeys: [OTHER_KEY] });
    const answer = await campus.call(path, { ...options, key: OTHER_KEY });
    expect(answer).toMatchObject({ status: 401, body: { code: "unauthorized" } });
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    expect(JSON.stringify(answer.body)).toContain("revoked");
    expect(JSON.stringify(answer.body)).not.toContain(OTHER_KEY);
  });

  it("stops deliveries to the endpoints that were registered with it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "campus-withdrawn-"));
    open.push({ close: () => rm(folder, { recursive: true }) });
    const outboxFile = {
      path: join(folder, "outbox.db"),
      encryptionKey: randomBytes(32).toString("base64"),
    };
    const [withdrawn, kept] = [await startReceiver({ status: 204 }), await startReceiver({ status: 204 })];
    open.push(withdrawn, kept);
    const keys = [KEY, OTHER_KEY].map((key) => ({ key, orgIds: "all" as const }));
    const before = await startCampus({ outboxFile, apiKeys: keys });
    for (const [key, { url }] of [
      [OTHER_KEY, withdrawn],
      [KEY, kept],
    ] as const) {
      await before.call("/v1/webhook-endpoints", { key, method: "POST", json: { url } });
    }
    await before.close();
    const after = await started({
      outboxFile,
      apiKeys: keys.slice(0, 1),
      withdrawnKeys: [OTHER_KEY],
    });
    await after.setStatus(camera.device_id, "offline");
    await kept.receives(1);
    await quiet();
    expect(withdrawn.received).toEqual([]);
  });
});

describe("a production key", () => {
  it("sees its orgs but cannot command any device, not even its own", async () => {
    const apiKeys = [
      { key: KEY, orgIds: "all" as const },
      { key: OTHER_KEY, orgIds: [ORGS.university], production: true },
    ];
    const campus = await started({ apiKeys });
    const path = `/v1/devices/${camera.device_id}`;
    expect(await campus.call(path, { key: OTHER_KEY })).toMatchObject({
      status: 200,
      body: { status: "online" },
    });
    expect(await campus.call(control, { ...command, key: OTHER_KEY })).toMatchObject({
      status: 403,
      body: { code: "forbidden" },
    });
    expect(await campus.call(path)).toMatchObject({ body: { status: "online" } });
    expect(await campus.call(control, command)).toMatchObject({ status: 200, body: { status: "offline" } });
  });
});

/** A key pair of a consumer, with its minter. */
function consumerKey(keyId: string) {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const pem = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  const key = readPrivateKey(pem, { keyId });
  const { issuer, audience } = TOKEN_TERMS;
  return {
    key,
    registered: { publicKey: publicKey.export({ format: "pem", type: "spki" }).toString(), keyId },
    mint: (of = issuer) => createTokenMinter({ key, issuer: of, audience }).current(),
  };
}

describe("a consumer that signs its tokens", () => {
  const [first, next, stranger] = [consumerKey("key-1"), consumerKey("key-2"), consumerKey("key-1")];
  const consumers = [
    { name: "first", keys: [first.registered, next.registered], orgIds: [ORGS.university] },
    { name: "second", keys: [consumerKey("key-3").registered], orgIds: [ORGS.health] },
  ];

  it("sees its orgs, and no API key is needed or declared", async () => {
    const campus = await started({ apiKeys: [], consumers });
    expect(await campus.call("/v1/orgs", { key: await first.mint() })).toMatchObject({
      status: 200,
      body: { data: [{ org_id: ORGS.university }] },
    });
    expect((await campus.call("/.well-known/vendor-cloud")).body).toMatchObject({
      authentication: [
        {
          scheme: "signed_jwt",
          algorithms: ["RS256", "ES256", "EdDSA"],
          issuer: "convergint",
          max_lifetime_seconds: 3600,
        },
      ],
    });
  });

  it("keeps its cursors and endpoints when it replaces its key", async () => {
    const campus = await started({ consumers });
    const page = (await campus.call("/v1/devices?limit=5", { key: await first.mint() })).body as {
      next_cursor: string;
    };
    const json = { url: "http://127.0.0.1:9/" };
    await campus.call("/v1/webhook-endpoints", { key: await first.mint(), method: "POST", json });
    const key = await next.mint();
    expect((await campus.call(`/v1/devices?cursor=${page.next_cursor}`, { key })).status).toBe(200);
    expect((await campus.call("/v1/webhook-endpoints", { key })).body).toMatchObject({
      data: [{ url: json.url }],
    });
  });

  it.each<[string, () => Promise<string>]>([
    ["that another key signed", () => stranger.mint()],
    ["of another issuer", () => first.mint("another")],
    ["that is not a token", async () => "eyJhbGciOiJub25lIn0.e30."],
  ])("gets 401 for a token %s, which the answer does not repeat", async (_, mint) => {
    const campus = await started({ consumers });
    const key = await mint();
    const answer = await campus.call("/v1/orgs", { key });
    expect(answer).toMatchObject({ status: 401, body: { code: "unauthorized" } });
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    expect(JSON.stringify(answer.body)).not.toContain(key.slice(0, 20));
  });
});

it("issues access tokens for assertions of a client with a key, and to no other", async () => {
  const [own, stranger] = [consumerKey("client"), consumerKey("client")];
  const client = { clientId: "c", keys: [own.registered], orgIds: [ORGS.university] };
  const campus = await started({ oauthClients: [client] });
  const tokenUrl = `${campus.baseUrl}/oauth/token`;
  const ask = async ({ key }: typeof own, clientId = "c") => {
    const assertion = await createAssertionSigner({ key, clientId, tokenUrl }).sign();
    const body = new URLSearchParams({
      grant_type: "client_credentials",
      client_id: clientId,
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: assertion,
    });
    const response = await fetch(tokenUrl, { method: "POST", body });
    return { status: response.status, body: (await response.json()) as Record<string, string> };
  };
  const issued = await ask(own);
  expect(issued).toMatchObject({ status: 200, body: { token_type: "Bearer" } });
  expect((await campus.call("/v1/orgs", { key: issued.body["access_token"] ?? "" })).status).toBe(200);
  for (const refused of [await ask(stranger), await ask(own, "another")])
    expect(refused).toMatchObject({ status: 401, body: { error: "invalid_client" } });
  expect((await campus.call("/.well-known/vendor-cloud")).body).toMatchObject({
    authentication: [
      { scheme: "bearer" },
      { scheme: "oauth2_client_credentials", token_endpoint_auth_methods: ["private_key_jwt"] },
    ],
  });
});
