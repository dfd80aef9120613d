import {
  createFakeCloud,
  deliveryBody,
  FAKE_CLOUDS,
  type FakeCloudName,
} from "@convergint/testing/fake-cloud";
import { describe, expect, it } from "vitest";
import { readProfile } from "./read-profile.ts";
import { listShipped, readShipped } from "./shipped.ts";
import { all, connectFake, listDevices } from "./testing/read-fake.ts";
import { createWebhookReader } from "./webhooks/reader.ts";

const profileOf = (name: FakeCloudName) => readProfile(readShipped(name) ?? "", `${name}.yaml`);

const byId = <Item extends object>(items: readonly Item[], id: string): Item[] =>
  items.toSorted((a, b) => String(Reflect.get(a, id)).localeCompare(String(Reflect.get(b, id))));

/** A fake cloud, read through the shipped profile. */
function connect(name: FakeCloudName) {
  const cloud = createFakeCloud(name);
  const { credential, settings } = cloud.fixture;
  const faults: unknown[] = [];
  const words: unknown[] = [];
  const { contract, client } = connectFake({ fetch: cloud.fetch as typeof fetch }, profileOf(name), {
    baseUrl: `https://vendor.example${cloud.basePath}`,
    credential: { apiKey: credential.api_key },
    settings,
    onFault: (fault) => faults.push(fault),
    onUnmapped: ({ word }) => words.push(word),
  });
  return { cloud, contract, client, faults, words };
}

it("has fixtures of every shipped profile", () => {
  expect(listShipped().map(({ name }) => name)).toEqual(FAKE_CLOUDS);
});

describe.each(FAKE_CLOUDS)("the profile %s", (name) => {
  const { fixture } = createFakeCloud(name);
  const reader = createWebhookReader(profileOf(name), { settings: fixture.settings });

  it("maps the vendor's listings to the expected records", async () => {
    const { cloud, client, faults, words } = connect(name);
    const { devices, faults: listingFaults } = await listDevices(client);
    const { expected } = fixture;
    expect(byId(devices, "device_id")).toEqual(byId(expected.devices, "device_id"));
    expect(byId(await all(client.sites()), "site_id")).toEqual(byId(expected.sites, "site_id"));
    expect(await all(client.orgs())).toEqual(expected.orgs);
    expect([...faults, ...listingFaults]).toEqual([]);
    expect(words).toEqual(name === "convergint-page" ? ["turnstile", "under repair"] : []);
    expect(cloud.calls.filter((call) => call.endsWith("/token")).length).toBeLessThanOrEqual(1);
  });

  it("answers an error of the vendor with a problem, not with an empty listing", async () => {
    const { cloud, contract } = connect(name);
    cloud.failing = /camera|device|inventory|gateways|locks/i;
    const response = await contract("https://vendor.example/v1/devices");
    expect([429, 502, 503]).toContain(response.status);
    expect(await response.json()).toMatchObject({ code: expect.any(String) });
  });

  it.each(Object.keys(fixture.deliveries))("reads %s", async (delivery) => {
    const { secret = "", headers = {}, received_at = "" } = fixture.deliveries[delivery] ?? {};
    const expected = fixture.expected.events[delivery] ?? [];
    const read = (body: string, secrets: readonly string[]) =>
      reader.read({
        method: "POST",
        url: "/hook",
        headers,
        body: new TextEncoder().encode(body),
        receivedAt: new Date(received_at),
        secrets,
      });
    const body = deliveryBody(fixture, delivery);
    const { events, refused, faults, words } = await read(body, [reader.generateSecret(), secret]);
    expect(events.map(({ value }) => value)).toMatchObject(expected);
    expect([refused, faults, words]).toEqual([[], [], []]);
    expect(JSON.stringify(events)).not.toContain(secret);
    const wrong = { code: "wrong_signature" };
    await expect(read(body, [reader.generateSecret()])).rejects.toMatchObject(wrong);
    const changed = body.includes(secret) ? body.replace(secret, "x") : body.replace("{", "{ ");
    await expect(read(changed, [secret])).rejects.toMatchObject(wrong);
  });
});

it("answers Eagle Eye's validation of a URL with the token", () => {
  const reader = createWebhookReader(profileOf("eagle-eye"));
  const request = { method: "GET", url: "/hook?token=one-time", headers: {}, body: new Uint8Array() };
  expect(reader.answerHandshake(request)).toMatchObject({ status: 200, body: "one-time" });
});
