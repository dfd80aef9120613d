import { generateKeyPairSync } from "node:crypto";
import { createVendorClient } from "@convergint/client";
import {
  devicePageSchema,
  deviceSchema,
  manifestSchema,
  orgPageSchema,
  sitePageSchema,
} from "@convergint/schemas";
import { type ConsumerKey, createTokenMinter, type PrivateKey, readPrivateKey } from "@convergint/tokens";
import { describe, expect, test } from "vitest";
import { MockError, type MockVendorCloud, type MockVendorCloudOptions, mockVendorCloud } from "../index.ts";
import { all, answerRequests, call, failureOf, problemOf, read, serveCloud } from "../testing/served.ts";

answerRequests();

const page = async (cloud: MockVendorCloud, query: string) =>
  read(devicePageSchema, await call(cloud, `/v1/devices${query}`));

describe("a seeded campus", () => {
  test("is the same for the same seed at any time, and different for another seed", () => {
    const campusOf = ({ orgs, sites, devices }: MockVendorCloud) => JSON.stringify({ orgs, sites, devices });
    const one = campusOf(mockVendorCloud({ seed: 7, devices: 40 }));
    const later = { seed: 7, devices: 40, now: () => new Date("2031-01-01T00:00:00Z") };
    expect(campusOf(mockVendorCloud(later))).toBe(one);
    const other = campusOf(mockVendorCloud({ seed: 8, devices: 40 }));
    const ids = (text: string): readonly string[] => text.match(/[0-9a-f-]{36}/g) ?? [];
    expect(ids(one).length).toBeGreaterThan(40);
    expect(ids(one).filter((id) => ids(other).includes(id))).toEqual([]);
  });

  test.each([0, 1, 13, 2500])(
    "of %i devices has that many devices with unique ids, all on its sites",
    (devices) => {
      const cloud = mockVendorCloud({ devices });
      expect(new Set(cloud.devices.map(({ device_id }) => device_id)).size).toBe(devices);
      expect(cloud.devices).toHaveLength(devices);
      const placed = new Set(cloud.sites.map(({ org_id, site_id }) => `${org_id} ${site_id}`));
      for (const { org_id, site_id } of cloud.devices) expect(placed).toContain(`${org_id} ${site_id}`);
    },
  );

  test("has existing parents, every status, and a site without devices", () => {
    const { devices, sites } = mockVendorCloud({ devices: 240 });
    const ids = new Set(devices.map(({ device_id }) => device_id));
    const parents = devices.flatMap(({ parent_device_id }) => parent_device_id ?? []);
    expect(parents.length).toBeGreaterThan(100);
    for (const parent of parents) expect(ids).toContain(parent);
    expect(new Set(devices.map(({ status }) => status)).size).toBe(4);
    const inhabited = new Set(devices.map(({ site_id }) => site_id));
    expect(sites.filter(({ site_id }) => !inhabited.has(site_id))).toHaveLength(1);
  });
});

test("the real client reads manifest, orgs, sites, devices and one device", async () => {
  const { cloud, client } = serveCloud({ devices: 250 });
  expect((await client.manifest()).api_base).toBe(cloud.url);
  expect(await all(client.orgs())).toHaveLength(2);
  expect(await all(client.sites())).toHaveLength(4);
  const devices = await all(client.devices({ limit: 7 }));
  expect(devices.map(({ device_id }) => device_id)).toEqual(cloud.devices.map(({ device_id }) => device_id));
  const [first] = devices;
  expect(await client.device(String(first?.device_id))).toEqual(first);
});

test("every response is valid for the contract's schema, and the manifest lists every device type", async () => {
  const campus = {
    orgs: [{ org_id: "o", name: "Org" }],
    sites: [{ site_id: "s", org_id: "o", name: "Site" }],
    devices: [{ device_id: "d", org_id: "o", site_id: "s", name: "Kiln", type: "kiln" }],
  };
  const { cloud } = serveCloud({ campus });
  await read(orgPageSchema, await call(cloud, "/v1/orgs"));
  await read(sitePageSchema, await call(cloud, "/v1/sites"));
  await read(deviceSchema, await call(cloud, "/v1/devices/d"));
  const manifest = await read(manifestSchema, await fetch(`${cloud.url}/.well-known/vendor-cloud`));
  expect(manifest.device_types.map(({ type }) => type)).toContain("kiln");
});

describe("filters", () => {
  test("list exactly the matching items", async () => {
    const { cloud } = serveCloud({ devices: 90 });
    for (const { org_id, site_id } of cloud.sites) {
      const ofSite = cloud.devices.filter((device) => device.site_id === site_id);
      expect((await page(cloud, `?site_id=${site_id}`)).data).toEqual(
        ofSite.map((device) => deviceSchema.parse(device)),
      );
      const ofOrg = cloud.devices.filter((device) => device.org_id === org_id);
      expect((await page(cloud, `?org_id=${org_id}`)).data).toHaveLength(ofOrg.length);
      const sites = await read(sitePageSchema, await call(cloud, `/v1/sites?org_id=${org_id}`));
      expect(sites.data).toEqual(cloud.sites.filter((site) => site.org_id === org_id));
    }
  });

  test.each([
    ["/v1/devices?site_id=nowhere", "404 unknown_site"],
    ["/v1/devices?org_id=unknown", "404 unknown_org"],
    ["/v1/sites?org_id=unknown", "404 unknown_org"],
    ["/v1/devices/none", "404 unknown_device"],
    ["/v1/devices?site_id=a&site_id=b", "400 invalid_parameter"],
    ["/v1/nothing", "404 not_found"],
  ])("%s is answered %s", async (path, expected) => {
    const { cloud } = serveCloud();
    expect(await problemOf(await call(cloud, path))).toBe(expected);
  });
});

test.each([
  ["PUT", "/v1/devices", "GET"],
  ["POST", "/v1/devices/none", "GET"],
  ["PATCH", "/v1/webhook-endpoints", "POST, GET"],
  ["GET", "/v1/webhook-endpoints/id/ping", "POST"],
  ["DELETE", "/.well-known/vendor-cloud", "GET"],
])("%s %s is answered 405 with the methods that work", async (method, path, allow) => {
  const { cloud } = serveCloud();
  const answer = await call(cloud, path, { method });
  expect(answer.headers.get("allow")).toBe(allow);
  expect(await problemOf(answer)).toBe("405 method_not_allowed");
});

describe("pages", () => {
  test("repeat the first page's snapshot, whatever changes in between", async () => {
    const { cloud } = serveCloud({ devices: 10 });
    const ids = cloud.devices.map(({ device_id }) => device_id);
    const first = await page(cloud, "?limit=4");
    const [gone = "", template] = [ids[1], cloud.devices[0]];
    cloud.removeDevice(gone);
    cloud.removeDevice(String(ids[6]));
    cloud.setStatus(String(ids[7]), "unknown");
    cloud.addDevice({
      ...template,
      device_id: "new",
      name: "New",
      type: "camera",
      org_id: String(template?.org_id),
      site_id: String(template?.site_id),
    });
    const second = await page(cloud, `?limit=4&cursor=${first.next_cursor}`);
    const third = await page(cloud, `?limit=4&cursor=${second.next_cursor}`);
    expect([first, second, third].flatMap(({ data }) => data.map(({ device_id }) => device_id))).toEqual(ids);
    expect(second.snapshot).toEqual(first.snapshot);
    expect(third.snapshot).toEqual(first.snapshot);
    expect(first.snapshot.total_count).toBe(10);
    expect([first, second, third].map(({ next_cursor }) => next_cursor === null)).toEqual([
      false,
      false,
      true,
    ]);
    expect([first, second, third].map(({ sync_token }) => typeof sync_token)).toEqual([
      "undefined",
      "undefined",
      "string",
    ]);
    expect((await page(cloud, "")).snapshot.id).not.toBe(first.snapshot.id);
  });

  test("end with the items, also if the last page is full, and can be read again", async () => {
    const { cloud } = serveCloud({ devices: 8 });
    const first = await page(cloud, "?limit=4");
    const second = await page(cloud, `?limit=4&cursor=${first.next_cursor}`);
    expect(second.next_cursor).toBeNull();
    expect(await page(cloud, `?limit=4&cursor=${first.next_cursor}`)).toEqual(second);
  });

  test.each([
    ["", 100],
    ["?limit=500", 500],
    ["?limit=1000", 1000],
    ["?limit=1001", 1000],
    ["?limit=99999999999999999999", 1000],
  ])("of %s have %i items", async (query, expected) => {
    const { cloud } = serveCloud({ devices: 1100 });
    expect((await page(cloud, query)).data).toHaveLength(expected);
  });

  test.each(["0", "-1", "1.5", "ten", "", "1e2", "+5"])("with the limit %j are refused", async (limit) => {
    const { cloud } = serveCloud();
    for (const path of ["orgs", "sites", "devices", "events"])
      expect(await problemOf(await call(cloud, `/v1/${path}?limit=${encodeURIComponent(limit)}`))).toBe(
        "400 invalid_limit",
      );
  });

  test("are refused for a cursor that is unknown, modified or from another listing", async () => {
    const { cloud } = serveCloud({ devices: 90 });
    const [site] = cloud.sites;
    const { next_cursor } = await page(cloud, `?limit=4&site_id=${site?.site_id}`);
    for (const query of [
      "/v1/devices?cursor=cur_1",
      "/v1/devices?cursor=",
      `/v1/devices?site_id=${site?.site_id}&cursor=${next_cursor}x`,
      `/v1/devices?cursor=${next_cursor}`,
      `/v1/devices?site_id=${cloud.sites[1]?.site_id}&cursor=${next_cursor}`,
      `/v1/sites?cursor=${next_cursor}`,
    ])
      expect(await problemOf(await call(cloud, query)), query).toBe("400 invalid_cursor");
  });
});

describe("the credential", () => {
  test.each([
    ["is missing", undefined],
    ["is another", "Bearer other"],
    ["begins like the right one", "Bearer mock-api-ke"],
    ["has another scheme", "Basic mock-api-key"],
  ])("that %s is answered 401, with the scheme to use", async (_, authorization) => {
    const { cloud } = serveCloud();
    for (const path of [
      "orgs",
      "sites",
      "devices",
      "devices/x",
      "event-catalog",
      "events",
      "webhook-endpoints",
      "nothing",
    ]) {
      const answer = await fetch(`${cloud.url}/v1/${path}`, {
        headers: authorization ? { authorization } : {},
      });
      expect(answer.headers.get("www-authenticate")).toBe("Bearer");
      expect(await problemOf(answer), path).toBe("401 unauthorized");
    }
  });

  test("is not needed for the manifest", async () => {
    const { cloud } = serveCloud();
    expect((await fetch(`${cloud.url}/.well-known/vendor-cloud`)).status).toBe(200);
  });
});

describe("a campus that the test defines", () => {
  const org = { org_id: "acme", name: "Acme" };
  const site = { site_id: "hq", org_id: "acme", name: "Head office" };
  const device = { device_id: "cam/1 é", org_id: "acme", site_id: "hq", name: "Door", type: "camera" };
  const orgs = [org];
  const sites = [site];

  test("is served as written, including ids that need escaping", async () => {
    const devices = [{ ...device, mac_addresses: ["00-11-22-AA-BB-CC"], vendors_own: 1 }];
    const { cloud, client } = serveCloud({ campus: { orgs, sites, devices } });
    expect(await (await call(cloud, `/v1/devices/${encodeURIComponent(device.device_id)}`)).json()).toEqual(
      devices[0],
    );
    expect(await client.device(device.device_id)).toMatchObject({ name: "Door" });
    Object.assign(devices[0] ?? {}, { name: "Changed after" });
    expect(cloud.devices[0]?.name).toBe("Door");
  });

  test.each([
    ["a device without a name", { orgs, sites, devices: [{ ...device, name: "" }] }],
    ["an invalid status", { orgs, sites, devices: [{ ...device, status: "dead" as "online" }] }],
    ["a device on an unknown site", { orgs, sites, devices: [{ ...device, site_id: "x" }] }],
    ["a device with another org than its site", { orgs, sites, devices: [{ ...device, org_id: "x" }] }],
    [
      "a removed device",
      {
        orgs,
        sites,
        devices: [{ ...device, lifecycle: "removed" as const, removed_at: "2026-01-01T00:00:00Z" }],
      },
    ],
    ["a site of an unknown org", { orgs: [], sites, devices: [] }],
    ["two devices with the same id", { orgs, sites, devices: [device, device] }],
    ["two sites with the same id", { orgs, sites: [site, site], devices: [] }],
    ["two orgs with the same id", { orgs: [org, org], sites, devices: [] }],
  ])("with %s is refused where it is made", (_, campus) => {
    expect(() => mockVendorCloud({ campus })).toThrow(expect.objectContaining({ code: "invalid_campus" }));
    expect(() => mockVendorCloud({ campus })).toThrow(MockError);
  });
});

test.each([
  { url: "vendor.example" },
  { url: "ftp://vendor.example" },
  { url: "https://user:word@vendor.example" },
  { url: "https://vendor.example/?a" },
  { apiKey: "two words" },
  { apiKey: "" },
  { signedTokens: { keys: [], issuer: "" } },
  { signedTokens: { keys: [], issuer: "convergint", algorithms: ["ES256"] } },
  { signedTokens: { keys: [], issuer: "convergint", maxLifetimeSeconds: 86_400 } },
  { devices: -1 },
  { devices: 1.5 },
] as MockVendorCloudOptions[])("the options %j are refused", (options) => {
  expect(() => mockVendorCloud(options)).toThrow(expect.objectContaining({ code: "invalid_option" }));
});

test("two clouds on one host answer independently", async () => {
  const one = serveCloud({ url: "https://api.example/one/", apiKey: "key-1", devices: 3 });
  const two = serveCloud({ url: "https://api.example/two", apiKey: "key-2", devices: 5 });
  expect(await all(one.client.devices())).toHaveLength(3);
  expect(await all(two.client.devices())).toHaveLength(5);
});

describe("signed tokens", () => {
  const START = Date.parse("2026-11-23T08:30:00Z");
  const keyPair = () => {
    const jwk = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
    return readPrivateKey({ ...jwk });
  };
  const algorithms = ["RS256", "EdDSA"] as const;

  /** A cloud, and a client that signs with a key and never uses the API key. */
  function serveKeys(keys: ConsumerKey[], options: Pick<MockVendorCloudOptions, "now"> = {}) {
    const signedTokens = { keys, issuer: "convergint", audience: "https://vendor.example", algorithms };
    const { cloud } = serveCloud({ devices: 2, signedTokens, ...options });
    const client = (privateKey: PrivateKey) =>
      createVendorClient({ baseUrl: cloud.url, credential: { privateKey } });
    return { cloud, client };
  }

  test("of the real client are accepted while their key is registered", async () => {
    const [one, other] = [keyPair(), keyPair()];
    const keys: ConsumerKey[] = [{ publicKey: one.publicKey() }];
    const { client } = serveKeys(keys);
    const vendor = client(one);
    expect(manifestSchema.parse(await vendor.manifest()).authentication[1]).toEqual({
      scheme: "signed_jwt",
      algorithms,
      issuer: "convergint",
      audience: "https://vendor.example",
      max_lifetime_seconds: 3600,
    });
    expect(await all(vendor.devices())).toHaveLength(2);
    expect(await failureOf(all(client(other).devices()))).toBe("unauthorized");
    keys.push({ publicKey: other.publicKey() });
    expect(await all(client(other).devices())).toHaveLength(2);
    keys.shift();
    expect(await failureOf(all(vendor.devices()))).toBe("unauthorized");
  });

  test("are verified by the cloud's clock, which the client follows", async () => {
    const key = keyPair();
    const { client } = serveKeys([{ publicKey: key.publicKey() }], {
      now: () => new Date(Date.now() + 7_200_000),
    });
    expect(await all(client(key).devices())).toHaveLength(2);
  });

  test("are refused with what is wrong, in a problem", async () => {
    const key = keyPair();
    const { cloud } = serveKeys([{ publicKey: key.publicKey() }], { now: () => new Date(START) });
    const iat = START / 1000;
    const claims = { iss: "convergint", aud: "https://vendor.example", iat, exp: iat + 3601, jti: "1" };
    const authorization = `Bearer ${await key.sign(claims)}`;
    const answer = await call(cloud, "/v1/devices", { headers: { authorization } });
    expect(answer.headers.get("date")).toBe(new Date(START).toUTCString());
    expect(await answer.clone().json()).toMatchObject({
      detail: expect.stringContaining("(wrong_lifetime)"),
    });
    expect(await problemOf(answer)).toBe("401 unauthorized");
    expect((await call(cloud, "/v1/devices")).status).toBe(200);
  });

  test("are not declared and not accepted by default", async () => {
    const { cloud, client } = serveCloud();
    expect((await client.manifest()).authentication).toEqual([{ scheme: "bearer" }]);
    const authorization = `Bearer ${await createTokenMinter({ key: keyPair(), issuer: "convergint" }).current()}`;
    expect((await call(cloud, "/v1/devices", { headers: { authorization } })).status).toBe(401);
  });
});
