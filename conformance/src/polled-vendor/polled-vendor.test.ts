import { generateKeyPairSync } from "node:crypto";
import { deviceSchema, manifestSchema, orgSchema, pageSchema, siteSchema } from "@convergint/schemas";
import { createTokenMinter, readPrivateKey } from "@convergint/tokens";
import { afterEach, expect, test } from "vitest";
import { devicesFor } from "../scenarios/receiver/polled-inventory.ts";
import type { ListingFault } from "./listing-pages.ts";
import { type PollCredential, type PolledVendor, startPolledVendor } from "./polled-vendor.ts";

const KEY = "key-of-the-polled-vendor-of-these-tests";
const place = { orgId: "org", siteId: "hq" };
const devices = devicesFor(place);
const asOf = new Date("2026-11-23T08:00:00Z");
const options = { seconds: 5, signal: new AbortController().signal };

let server: PolledVendor | undefined;
afterEach(() => server?.close());

async function start(
  credential: PollCredential = { apiKey: KEY },
): Promise<(path: string, key?: string) => Promise<Response>> {
  const started = await startPolledVendor({
    port: 0,
    credential,
    place,
    resting: { devices, asOf, fault: null },
  });
  server = started;
  return (path, key = KEY) =>
    fetch(`${started.baseUrl}${path}`, { headers: { authorization: `Bearer ${key}` } });
}

/** Reads a listing until it ends, fails or has `max` pages. */
async function read(ask: (path: string) => Promise<Response>, max = 10) {
  const pages = [];
  for (let path = "/v1/devices"; pages.length < max; ) {
    const response = await ask(path);
    const text = await response.text();
    pages.push({ status: response.status, headers: response.headers, text });
    const next = response.status === 200 && /"next_cursor":"([^"]+)"/.exec(text)?.[1];
    if (!next) break;
    path = `/v1/devices?cursor=${encodeURIComponent(next)}`;
  }
  return pages;
}

test("serves answers that match the contract, page by page", async () => {
  const ask = await start();
  const body = async (path: string) => (await ask(path)).json();
  expect(manifestSchema.safeParse(await body("/.well-known/vendor-cloud")).error).toBeUndefined();
  expect(pageSchema(orgSchema).safeParse(await body("/v1/orgs")).error).toBeUndefined();
  expect(pageSchema(siteSchema).safeParse(await body("/v1/sites")).error).toBeUndefined();
  const pages = (await read(ask)).map(({ text }) => pageSchema(deviceSchema).parse(JSON.parse(text)));
  expect(pages.map(({ data }) => data.length)).toEqual([10, 10, 5]);
  expect(new Set(pages.flatMap(({ data }) => data.map(({ device_id }) => device_id))).size).toBe(25);
  expect(await body(`/v1/devices/${devices[3]?.device_id}`)).toEqual(devices[3]);
});

test.each<[string, string | undefined, number]>([
  ["/v1/devices", "another-key", 401],
  ["/v1/orgs", "", 401],
  ["/v1/devices?cursor=made-up.3", undefined, 400],
  ["/v1/devices?limit=none", undefined, 400],
  ["/v1/devices/unknown", undefined, 404],
  ["/v1/events", undefined, 404],
])("%s with the key %s is answered with %i", async (path, key, status) => {
  const ask = await start();
  expect((await ask(path, key)).status).toBe(status);
});

test("shows content in one listing, and lets the next listing wait for other content", async () => {
  const ask = await start();
  const first = server?.show({ devices: devices.slice(1), asOf, fault: null }, options);
  const pages = await read(ask);
  expect(pages.map(({ text }) => text).join()).not.toContain(`"${devices[0]?.device_id}"`);
  let isAnswered = false;
  const next = ask("/v1/devices").then((response) => {
    isAnswered = true;
    return response.json();
  });
  const listing = await first;
  expect([listing?.requests, listing?.exchanges.length, listing?.followedAt === null]).toEqual([3, 3, false]);
  expect(isAnswered).toBe(false);
  const second = server?.show({ devices, asOf, fault: null }, { ...options, seconds: 0.2 });
  expect(JSON.stringify(await next)).toContain(`"${devices[0]?.device_id}"`);
  expect((await second)?.followedAt).toBeNull();
  expect(JSON.stringify(listing)).not.toContain(KEY);
});

test("reports no listing when the consumer does not poll", async () => {
  await start();
  const listing = await server?.show({ devices, asOf, fault: null }, { ...options, seconds: 0.05 });
  expect([listing?.requests, listing?.followedAt, server?.lastRequest()]).toEqual([0, null, null]);
});

test.each<[ListingFault, (pages: Awaited<ReturnType<typeof read>>) => unknown, unknown]>([
  [{ kind: "error" }, (pages) => pages.map(({ status }) => status), [200, 500]],
  [{ kind: "busy", retryAfterSeconds: 7 }, ([page]) => page?.headers.get("retry-after"), "7"],
  [{ kind: "wrong_count" }, ([page]) => JSON.parse(page?.text ?? "").snapshot.total_count, 26],
  [
    { kind: "changed_snapshot" },
    (pages) => new Set(pages.map(({ text }) => JSON.parse(text).snapshot.id)).size,
    2,
  ],
  [{ kind: "repeated_item" }, (pages) => JSON.parse(pages.at(-1)?.text ?? "").data.length, 6],
  [
    { kind: "circle" },
    (pages) => new Set(pages.slice(1).map(({ text }) => JSON.parse(text).next_cursor)).size,
    2,
  ],
])("serves a listing with the requested fault: %o", async (fault, look, expected) => {
  const ask = await start();
  const shown = server?.show({ devices, asOf, fault }, { ...options, seconds: 0.5 });
  expect(look(await read(ask))).toEqual(expected);
  await shown;
});

test("is polled with signed tokens of the consumer's key, and declares that", async () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const ask = await start({ publicKey: publicKey.export({ format: "pem", type: "spki" }).toString() });
  const { authentication } = manifestSchema.parse(await (await ask("/.well-known/vendor-cloud")).json());
  expect(authentication).toMatchObject([{ scheme: "signed_jwt", issuer: "convergint" }]);
  const mint = (key: typeof privateKey) => {
    const pem = key.export({ format: "pem", type: "pkcs8" }).toString();
    return createTokenMinter({ key: readPrivateKey(pem), issuer: "convergint" }).current();
  };
  expect((await ask("/v1/orgs", await mint(privateKey))).status).toBe(200);
  for (const refused of [KEY, "", await mint(generateKeyPairSync("ed25519").privateKey)])
    expect((await ask("/v1/orgs", refused)).status).toBe(401);
});
