import {
  pingAcceptedSchema,
  rotatedSecretSchema,
  webhookEndpointCreatedSchema,
  webhookEndpointListSchema,
} from "@convergint/schemas";
import { sign } from "@convergint/webhooks";
import { describe, expect, test } from "vitest";
import type { MockVendorCloud } from "../index.ts";
import { answerRequests, call, problemOf, read, serveCloud, serveConsumer } from "../testing/served.ts";

answerRequests();

const PATH = "/v1/webhook-endpoints";
const post = (cloud: MockVendorCloud, body: unknown, type = "application/json") =>
  call(cloud, PATH, {
    method: "POST",
    headers: { "content-type": type },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
const create = async (cloud: MockVendorCloud, more = {}) =>
  read(webhookEndpointCreatedSchema, await post(cloud, { url: "https://hooks.example/in", ...more }));

test("the real client registers, lists, rotates, pings and deletes", async () => {
  const { cloud, client } = serveCloud();
  const created = await client.createWebhookEndpoint("https://hooks.example/in");
  const { secret, ...endpoint } = created;
  expect(await client.webhookEndpoints()).toEqual([endpoint]);
  const rotated = await client.rotateWebhookSecret(endpoint.endpoint_id);
  expect(rotated.secret).not.toBe(secret);
  const ping = await client.pingWebhookEndpoint(endpoint.endpoint_id);
  expect(cloud.endpoints).toMatchObject([
    { endpoint, secrets: [rotated.secret, secret], pings: [{ id: ping.event_id }] },
  ]);
  await client.deleteWebhookEndpoint(endpoint.endpoint_id);
  expect(await client.webhookEndpoints()).toEqual([]);
  expect(cloud.endpoints).toEqual([]);
});

test("responses are valid, and no listing shows a secret", async () => {
  const { cloud } = serveCloud();
  const { endpoint_id } = await create(cloud);
  const listed = await call(cloud, PATH);
  expect(await listed.clone().text()).not.toContain("whsec_");
  await read(webhookEndpointListSchema, listed);
  const at = `${PATH}/${endpoint_id}`;
  await read(rotatedSecretSchema, await call(cloud, `${at}/rotate-secret`, { method: "POST" }));
  const ping = await call(cloud, `${at}/ping`, { method: "POST" });
  expect(ping.status).toBe(202);
  await read(pingAcceptedSchema, ping);
  expect((await call(cloud, at, { method: "DELETE" })).status).toBe(204);
});

test("secrets differ, and a consumer accepts a delivery signed with one", async () => {
  const { cloud } = serveCloud();
  const [one, other] = [await create(cloud), await create(cloud)];
  expect(one.secret).not.toBe(other.secret);
  const consumer = serveConsumer({ secrets: [other.secret] });
  const event = cloud.setStatus(String(cloud.devices[0]?.device_id), "offline");
  const body = JSON.stringify(event);
  const keys = cloud.endpoints[1]?.secrets ?? [];
  const headers = {
    "content-type": "application/cloudevents+json",
    ...(await sign({ id: event.id, body, keys })),
  };
  expect((await fetch(consumer.url, { method: "POST", headers, body })).status).toBe(204);
  expect(await consumer.nextDelivery()).toMatchObject({ verdict: "accepted", event });
});

test("the previous secret signs for one day after a rotation", async () => {
  let time = Date.parse("2026-11-23T08:00:00Z");
  const { cloud, client } = serveCloud({ now: () => new Date(time) });
  const { endpoint_id, secret } = await create(cloud);
  const rotated = await client.rotateWebhookSecret(endpoint_id);
  expect(rotated.previous_expires_at).toBe("2026-11-24T08:00:00.000Z");
  time += 24 * 3600 * 1000 - 1;
  expect(cloud.endpoints[0]?.secrets).toEqual([rotated.secret, secret]);
  time += 1;
  expect(cloud.endpoints[0]?.secrets).toEqual([rotated.secret]);
});

test("a ping names a site of the endpoint's org", async () => {
  const { cloud, client } = serveCloud();
  const org_id = String(cloud.orgs[1]?.org_id);
  const { endpoint_id } = await create(cloud, { org_id });
  await client.pingWebhookEndpoint(endpoint_id);
  expect(cloud.endpoints[0]?.pings).toMatchObject([
    { type: "com.convergint.webhook.ping.v1", data: { org_id, endpoint_id } },
  ]);
});

describe("refuses", () => {
  test.each([
    ["http to a public address", { url: "http://hooks.example/in" }, "400 invalid_destination"],
    ["a destination that is not a URL", { url: "hooks" }, "400 invalid_body"],
    ["a body without a destination", {}, "400 invalid_body"],
    ["a body that is not JSON", "{", "400 malformed_body"],
    ["an unknown org", { url: "https://hooks.example", org_id: "unknown" }, "404 unknown_org"],
  ])("%s", async (_, body, expected) => {
    const { cloud } = serveCloud();
    expect(await problemOf(await post(cloud, body))).toBe(expected);
    expect(cloud.endpoints).toEqual([]);
  });

  test("another media type", async () => {
    const { cloud } = serveCloud();
    expect(await problemOf(await post(cloud, { url: "https://hooks.example" }, "text/plain"))).toBe(
      "415 unsupported_media_type",
    );
  });

  test.each([
    ["DELETE", ""],
    ["POST", "/rotate-secret"],
    ["POST", "/ping"],
  ])("%s …%s of an unknown endpoint", async (method, more) => {
    const { cloud } = serveCloud();
    expect(await problemOf(await call(cloud, `${PATH}/none${more}`, { method }))).toBe(
      "404 unknown_endpoint",
    );
  });
});

test.each(["http://127.0.0.1:8080/in", "http://localhost:1/", "http://[::1]:8080/in"])(
  "takes the loopback address %s",
  async (url) => {
    const { cloud } = serveCloud();
    expect((await create(cloud, { url })).url).toBe(url);
  },
);
