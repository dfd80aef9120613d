import {
  createFakeCloud,
  deliveryBody,
  FAKE_CLOUDS,
  type FakeCloudName,
} from "@convergint/testing/fake-cloud";
import { describe, expect, it } from "vitest";
import { readProfile } from "./read-profile.ts";
import { listShipped, readShipped } from "./shipped.ts";
import { createWebhookReader } from "./webhooks/reader.ts";

const profileOf = (name: FakeCloudName) => readProfile(readShipped(name) ?? "", `${name}.yaml`);

it("has fixtures of every shipped profile", () => {
  expect(listShipped().map(({ name }) => name)).toEqual(FAKE_CLOUDS);
});

describe.each(FAKE_CLOUDS)("the profile %s", (name) => {
  const { fixture } = createFakeCloud(name);
  const reader = createWebhookReader(profileOf(name), { settings: fixture.settings });

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
