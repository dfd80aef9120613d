import { generateKeyPairSync } from "node:crypto";
import { createVendorClient } from "@convergint/client";
import { eventCatalogSchema, manifestSchema, problemSchema } from "@convergint/schemas";
import { verifyConsumerToken } from "@convergint/tokens";
import { describe, expect, test } from "vitest";
import { readProfile } from "../read-profile.ts";
import { createFakeVendor, FAKE_BASE, type FakeCall, pagingRule } from "../testing/fake-vendor.ts";
import { all, connectFake, fakeProfile, listDevices, problemOf, row } from "../testing/read-fake.ts";
import type { ProfileCredential } from "./auth.ts";
import { type ContractFetchOptions, createContractFetch } from "./contract-fetch.ts";

const rows = [1, 2, 3, 4, 5].map((key) => ({
  ...row(key),
  site: key < 4 ? "s" : "t",
  system: key < 3 ? "v" : null,
}));

/** The members of pages and problems that these tests read. */
interface Answer {
  readonly data: { readonly device_id: string }[];
  readonly next_cursor: string;
  readonly snapshot: { readonly id: string; readonly as_of: string };
  readonly code: string;
}

/** A contract with the sites `s`, `t` and `empty`. */
function serve(options: Partial<ContractFetchOptions> = {}) {
  const profile = fakeProfile({
    sites: [
      { fields: { site_id: "'s'", org_id: "'o'", name: "'S'" } },
      { fields: { site_id: "'t'", org_id: "'o'", name: "'T'" } },
      { fields: { site_id: "'empty'", org_id: "'o'", name: "'Empty'" } },
    ],
    source: {
      fields: {
        device_id: "item.key",
        org_id: "'o'",
        site_id: "item.site",
        name: "item.label",
        type: "'camera'",
        status: "item.state",
        system_id: "item.system",
      },
    },
  });
  const vendor = createFakeVendor({
    "/devices": { paging: { style: "none" }, envelope: "member", items: () => rows },
  });
  const fetched = connectFake(vendor, profile, options);
  const get = async (path: string, init?: RequestInit) => {
    const response = await fetched.contract(`${FAKE_BASE}${path}`, init);
    const body = (await response.json()) as Answer;
    return { status: response.status, body, headers: response.headers };
  };
  return { ...fetched, vendor, get };
}
const idsIn = ({ body }: { readonly body: Answer }) => body.data.map(({ device_id }) => device_id);

describe("the contract of a profile", () => {
  test("has a valid manifest and event catalogue, and lists orgs and sites", async () => {
    const { get, client, vendor } = serve();
    const manifest = manifestSchema.parse((await get("/.well-known/vendor-cloud")).body);
    expect(manifest).toMatchObject({ api_base: FAKE_BASE, vendor: { id: "fake", name: "Fake" } });
    expect(manifest.device_types).toContainEqual({ type: "camera", status_from: ["inventory"] });
    expect(eventCatalogSchema.parse((await get("/v1/event-catalog")).body).data).toEqual([]);
    expect(await all(client.orgs())).toEqual([{ org_id: "o", name: "The org" }]);
    expect(await all(client.sites({ org_id: "o" }))).toHaveLength(3);
    // Neither needs a call of the vendor: this profile has them as constants.
    expect(vendor.calls).toEqual([]);
  });

  test("names the events that the profile maps", async () => {
    const document = {
      profile: 1,
      name: "events",
      title: "Events",
      webhooks: {
        signature: null,
        id: "event.id",
        time: { value: "event.at", time: "iso" },
        fields: { org_id: "'o'", device_id: "event.device" },
        events: [
          { when: "event.kind == 'up'", type: "device.status_changed", fields: { status: "event.state" } },
          { when: "event.kind == 'other'", type: "com.vendor.thing.v2", fields: {} },
        ],
      },
    };
    const contract = createContractFetch(readProfile(JSON.stringify(document), "e.json"), {
      credential: { apiKey: "k" },
    });
    const catalog = eventCatalogSchema.parse(await (await contract(`${FAKE_BASE}/v1/event-catalog`)).json());
    expect(catalog.data).toMatchObject([
      { type: "com.convergint.device.status_changed.v1", family: "health", version: "1" },
      { type: "com.vendor.thing.v2", family: "vendor", version: "2" },
    ]);
    const manifest = manifestSchema.parse(
      await (await contract(`${FAKE_BASE}/.well-known/vendor-cloud`)).json(),
    );
    expect(manifest.device_types[0]?.status_from).toContain("events");
  });

  test.each<[string, string[]]>([
    ["", ["d1", "d2", "d3", "d4", "d5"]],
    ["?site_id=s", ["d1", "d2", "d3"]],
    ["?site_id=empty", []],
    ["?org_id=o&site_id=t", ["d4", "d5"]],
    ["?system_id=v", ["d1", "d2"]],
    ["?system_id=v&site_id=t", []],
    ["?limit=5000&unknown=1&unknown=2", ["d1", "d2", "d3", "d4", "d5"]],
  ])("filters devices: %s", async (query, expected) => {
    const answer = await serve().get(`/v1/devices${query}`);
    expect(idsIn(answer)).toEqual(expected);
    expect(answer.body).toMatchObject({ next_cursor: null, snapshot: { total_count: expected.length } });
  });

  test.each<[string, number, string]>([
    ["/v1/devices?org_id=x", 404, "unknown_org"],
    ["/v1/sites?org_id=x", 404, "unknown_org"],
    ["/v1/devices?site_id=x", 404, "unknown_site"],
    ["/v1/devices?system_id=x", 404, "unknown_system"],
    ["/v1/devices?site_id=", 404, "unknown_site"],
    ["/v1/devices/x", 404, "unknown_device"],
    ["/v1/devices/%", 404, "not_found"],
    ["/v1/devices?limit=0", 400, "invalid_limit"],
    ["/v1/devices?limit=", 400, "invalid_limit"],
    ["/v1/orgs?limit=-1", 400, "invalid_limit"],
    ["/v1/devices?limit=1&limit=2", 400, "invalid_parameter"],
    ["/v1/devices?since=token", 400, "since_not_supported"],
    ["/v1/devices?cursor=made-up", 400, "invalid_cursor"],
    ["/v1/devices?cursor=", 400, "invalid_cursor"],
    ["/v1/devices?cursor=00000000-0000-4000-8000-000000000000.100", 410, "cursor_expired"],
    ["/v1/events", 404, "not_found"],
    ["/v1/orgs/o", 404, "not_found"],
  ])("answers %s with a problem", async (path, status, code) => {
    const answer = await serve().get(path);
    expect([answer.status, problemSchema.parse(answer.body).code]).toEqual([status, code]);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
  });

  test("accepts only GET", async () => {
    expect((await serve().get("/v1/orgs", { method: "POST", body: "{}" })).status).toBe(405);
  });

  test("gives single devices as it lists them", async () => {
    const { client } = serve();
    const [first] = await all(client.devices());
    expect(await client.device("d1")).toEqual(first);
  });

  test("serves one moment in pages whose cursors work for ten minutes, for the same call", async () => {
    let time = 0;
    const { get, vendor } = serve({ now: () => time });
    const first = await get("/v1/devices?limit=2");
    const cursor = first.body.next_cursor;
    time += 9 * 60_000;
    const next = await get(`/v1/devices?limit=2&cursor=${cursor}`);
    expect([...idsIn(first), ...idsIn(next)]).toEqual(["d1", "d2", "d3", "d4"]);
    expect(next.body.snapshot).toEqual(first.body.snapshot);
    expect(vendor.calls).toHaveLength(1);
    expect((await get(`/v1/devices?site_id=s&cursor=${cursor}`)).body.code).toBe("invalid_cursor");
    expect((await get(`/v1/sites?cursor=${cursor}`)).body.code).toBe("invalid_cursor");
    expect((await get(`/v1/devices?cursor=${cursor.replace(/\d+$/, "3")}`)).body.code).toBe("invalid_cursor");
    time += 11 * 60_000;
    expect((await get(`/v1/devices?cursor=${cursor}`)).body.code).toBe("cursor_expired");
  });

  test("reads the vendor again for a later listing, and keeps at most two inventories", async () => {
    let time = 0;
    const { get, vendor } = serve({ now: () => time });
    const cursors: string[] = [];
    for (let listing = 1; listing <= 3; listing += 1) {
      cursors.push((await get("/v1/devices?limit=1")).body.next_cursor);
      // A call right after it shows the same moment.
      await get("/v1/devices/d1");
      expect(vendor.calls).toHaveLength(listing);
      time += 11_000;
    }
    const codes = await Promise.all(
      cursors.map(async (cursor) => (await get(`/v1/devices?cursor=${cursor}`)).status),
    );
    expect(codes).toEqual([410, 200, 200]);
  });

  test("answers empty pages while a slow vendor is being read", async () => {
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const vendor = createFakeVendor(
      { "/devices": { paging: { style: "none" }, envelope: "member", items: () => rows } },
      async () => {
        await finished;
        return null;
      },
    );
    const { contract } = connectFake(vendor, fakeProfile(), { pageSeconds: 0 });
    const get = async (query: string) =>
      (await contract(`${FAKE_BASE}/v1/devices${query}`)).json() as Promise<Answer>;
    const first = await get("");
    expect(first).toMatchObject({ data: [], next_cursor: expect.any(String) });
    finish();
    let page = first;
    while (page.data.length === 0) page = await get(`?cursor=${page.next_cursor}`);
    expect(page.data).toHaveLength(5);
    expect(page.snapshot).toMatchObject({ id: first.snapshot.id, as_of: first.snapshot.as_of });
  });

  test("of a vendor that implements the contract is the vendor's own", async () => {
    const profile = readProfile(
      JSON.stringify({ profile: 1, name: "canonical", title: "Contract", canonical: true }),
      "c",
    );
    expect(createContractFetch(profile, { credential: { apiKey: "k" }, fetch })).toBe(fetch);
  });
});

describe("authentication", () => {
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const privateKey = pair.privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  const publicKey = pair.publicKey.export({ format: "pem", type: "spki" }).toString();
  const oauth = { scheme: "oauth2_client_credentials", token_url: "/token", scope: "read" };
  const client = { clientId: "me", clientSecret: "s3cret/value" };
  const session = {
    scheme: "session_token",
    request: {
      path: "/token",
      headers: { "x-api-key": "<credential>" },
      body: { key: "<credential>", org: "{setting.org}" },
    },
    token: "body.token",
    header: "x-session",
    lifetime_seconds: 600,
  };
  const org = { org: { title: "Org", required: false, default: "acme" } };

  /** A vendor whose tokens are `t1`, `t2`, …; `isValid` decides whether a call may read. */
  function startVendor(
    auth: object,
    credential: ProfileCredential,
    isValid: (call: FakeCall) => boolean | Promise<boolean>,
    answerToken = (token: string): object => ({ access_token: token, token, expires_in: 3600 }),
  ) {
    let issued = 0;
    let time = 1_790_000_000_000;
    const vendor = createFakeVendor(
      { "/devices": { paging: { style: "cursor", end: "null" }, envelope: "member", items: () => rows } },
      async (call) => {
        if (call.url.pathname === "/root/token") {
          issued += 1;
          return Response.json(answerToken(`t${issued}`));
        }
        const why = `bad token ${call.headers.get("authorization")} ${call.headers.get("x-session")}`;
        return (await isValid(call)) ? null : Response.json({ why }, { status: 401 });
      },
    );
    const devices = { paging: pagingRule({ style: "cursor", end: "null" }, "member", 2) };
    const profile = fakeProfile({ auth, settings: org, devices });
    const { client: contract } = connectFake(vendor, profile, { credential, now: () => time });
    const wait = (seconds: number) => {
      time += seconds * 1000;
    };
    return { contract, vendor, wait, tokens: () => issued };
  }
  const hasHeader = (name: string, value: string) => (call: FakeCall) => call.headers.get(name) === value;

  test.each<[string, object, ProfileCredential, (call: FakeCall) => boolean | Promise<boolean>]>([
    ["a bearer key", { scheme: "bearer" }, { apiKey: "k" }, hasHeader("authorization", "Bearer k")],
    [
      "a header key",
      { scheme: "header", name: "X-Key", prefix: "Token " },
      { apiKey: "k" },
      hasHeader("x-key", "Token k"),
    ],
    ["no key", { scheme: "none" }, { apiKey: "k" }, (call) => !call.headers.has("authorization")],
    ["an OAuth client", oauth, client, hasHeader("authorization", "Bearer t1")],
    ["a token from a key", session, { apiKey: "k" }, hasHeader("x-session", "t1")],
    [
      "a signed token",
      { scheme: "signed_jwt", audience: "vendor" },
      { privateKey },
      async ({ headers }) => {
        const token = headers.get("authorization")?.slice("Bearer ".length) ?? "";
        const verified = await verifyConsumerToken(token, {
          issuer: "convergint",
          audience: "vendor",
          algorithms: ["ES256"],
          keys: [{ publicKey }],
          now: () => 1_790_000_000_000,
        });
        return verified.claims["aud"] === "vendor";
      },
    ],
    [
      "the scheme of a list that fits the credential",
      [{ scheme: "bearer" }, oauth, { scheme: "signed_jwt" }] as object,
      client,
      hasHeader("authorization", "Bearer t1"),
    ],
  ])("with %s", async (_, auth, credential, isValid) => {
    const { contract } = startVendor(auth, credential, isValid);
    expect((await listDevices(contract)).devices).toHaveLength(5);
  });

  test("sends the client and the key where the profile says", async () => {
    const basic = startVendor(oauth, client, () => true);
    await listDevices(basic.contract);
    expect(basic.vendor.calls[0]?.headers.get("authorization")).toBe(`Basic ${btoa("me:s3cret%2Fvalue")}`);
    expect(basic.vendor.calls[0]?.body).toBe("grant_type=client_credentials&scope=read");
    const inBody = startVendor({ ...oauth, client_auth: "body" }, client, () => true);
    await listDevices(inBody.contract);
    expect(inBody.vendor.calls[0]?.headers.has("authorization")).toBe(false);
    expect(Object.fromEntries(new URLSearchParams(inBody.vendor.calls[0]?.body))).toMatchObject({
      client_secret: "s3cret/value",
    });
    const login = startVendor(session, { apiKey: 'k"1' }, () => true);
    await listDevices(login.contract);
    expect(login.vendor.calls[0]?.headers.get("x-api-key")).toBe('k"1');
    expect(JSON.parse(login.vendor.calls[0]?.body ?? "")).toEqual({ key: 'k"1', org: "acme" });
  });

  test.each([
    ["an OAuth token", oauth, client, 3600],
    ["a session token", session, { apiKey: "k" }, 600],
  ] as const)("renews %s before it expires, and keeps it until then", async (_, auth, credential, life) => {
    const { contract, wait, tokens } = startVendor(auth, credential, () => true);
    await listDevices(contract);
    wait(life - 70);
    await listDevices(contract);
    expect(tokens()).toBe(1);
    wait(20);
    await listDevices(contract);
    expect(tokens()).toBe(2);
  });

  test("renews a refused token once; a second refusal is final", async () => {
    let revoked = false;
    const sometimes = startVendor(session, { apiKey: "k" }, ({ url, headers }) => {
      // The vendor revokes the first token in the middle of the listing.
      if (url.searchParams.get("cursor") === "c2") revoked = true;
      return !revoked || headers.get("x-session") === "t2";
    });
    expect((await listDevices(sometimes.contract)).devices).toHaveLength(5);
    expect(sometimes.tokens()).toBe(2);

    const never = startVendor(session, { apiKey: "the-key" }, () => false);
    const problem = await problemOf(listDevices(never.contract));
    expect(problem).toMatchObject({ status: 401, code: "unauthorized" });
    expect(never.tokens()).toBe(2);
    expect(problem.detail).toContain("bad token");
    for (const secret of ["the-key", "t1", "t2"]) expect(problem.detail).not.toContain(secret);
  });

  test.each<[string, object, ProfileCredential, string, ((token: string) => object)?]>([
    ["another kind of credential", { scheme: "bearer" }, { privateKey }, "wrong_credential"],
    ["a key that no header can carry", { scheme: "bearer" }, { apiKey: "the key" }, "wrong_credential"],
    [
      "a private key that cannot be read",
      { scheme: "signed_jwt" },
      { privateKey: "the-private-key" },
      "wrong_credential",
    ],
    [
      "no token in the response",
      session,
      { apiKey: "the-key" },
      "missing_token",
      () => ({ jwt: "the-token" }),
    ],
    [
      "a token that is not text",
      oauth,
      client,
      "missing_token",
      () => ({ access_token: { value: "the-token" } }),
    ],
    [
      "a login over http",
      { ...session, request: { path: "http://api.vendor.example/token" } },
      { apiKey: "k" },
      "unsafe_url",
    ],
  ])("fails with %s", async (_, auth, credential, code, answerToken) => {
    const { contract } = startVendor(auth, credential, () => true, answerToken);
    const problem = await problemOf(listDevices(contract));
    expect(problem.code).toBe(code);
    expect(problem.detail).toMatch(/^fake\.json:\d+:\d+ /);
    for (const secret of ["the key", "the-key", "the-private-key", "the-token", "s3cret"])
      expect(problem.detail).not.toContain(secret);
  });

  test.each([
    undefined,
    "api.vendor.example",
    "ftp://api.vendor.example",
    "https://u:pw@api.vendor.example",
    "https://api.vendor.example/?x=1",
  ])("is not sent to the base URL %s", async (baseUrl) => {
    const { client: contract, vendor } = serve({ baseUrl });
    const problem = await problemOf(listDevices(contract));
    expect(problem.code).toBe("unsafe_url");
    expect(problem.detail).not.toContain("pw");
    expect(vendor.calls).toEqual([]);
  });

  test("fails for a client that the vendor refuses", async () => {
    const vendor = createFakeVendor({}, () =>
      Response.json({ error: "invalid_client s3cret/value" }, { status: 401 }),
    );
    const { client: contract } = connectFake(vendor, fakeProfile({ auth: oauth }), { credential: client });
    const problem = await problemOf(listDevices(contract));
    expect(problem).toMatchObject({ status: 401, code: "unauthorized" });
    expect(problem.detail).not.toContain("s3cret");
  });
});

test("a client of the contract needs no more than this fetch", async () => {
  const { contract } = serve();
  const client = createVendorClient({
    baseUrl: FAKE_BASE,
    credential: { apiKey: "unused" },
    fetch: contract,
  });
  expect(await all(client.devices({ site_id: "t", limit: 1 }))).toMatchObject([
    { device_id: "d4" },
    { device_id: "d5" },
  ]);
});
