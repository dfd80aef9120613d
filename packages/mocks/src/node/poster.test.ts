import { createVendorClient } from "@convergint/client";
import { generateSecret } from "@convergint/webhooks";
import { afterEach, expect, test } from "vitest";
import { createPoster, serveConsumer, serveVendorCloud } from "./index.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});
const kept = async <Mock extends { close(): Promise<void> }>(starting: Promise<Mock>): Promise<Mock> => {
  const mock = await starting;
  closers.push(() => mock.close());
  return mock;
};

test("posts signed events to an endpoint registered by hand, and reports the answers", async () => {
  const secret = generateSecret();
  const consumer = await kept(serveConsumer({ secrets: [secret] }));
  const cloud = await kept(serveVendorCloud({ devices: 3 }));
  const poster = createPoster(cloud, { to: [{ url: consumer.url, secret }] });
  const event = cloud.setStatus(cloud.devices[0]?.device_id ?? "", "offline");
  expect(await poster.post(event)).toMatchObject([{ url: consumer.url, status: 204, failure: null }]);
  consumer.failNext({ status: 503, retryAfterSeconds: 1 });
  expect(await poster.post(event)).toMatchObject([{ status: 503 }]);
  expect(consumer.deliveries.map(({ verdict }) => verdict)).toEqual(["accepted", "failed"]);
  await consumer.close();
  closers.shift();
  expect(await poster.post(event)).toMatchObject([{ status: null, failure: expect.any(String) }]);
  expect(poster.posted).toHaveLength(3);
});

test("posts to registered endpoints by their subscriptions, with both secrets after a rotation", async () => {
  const cloud = await kept(serveVendorCloud({ apiKey: "key" }));
  const client = createVendorClient({ baseUrl: cloud.url, credential: { apiKey: "key" } });
  const [device] = cloud.devices;
  const otherOrg = cloud.orgs.find(({ org_id }) => org_id !== device?.org_id)?.org_id;
  const url = "http://127.0.0.1:9/hooks";
  const { endpoint_id } = await client.createWebhookEndpoint({ url });
  await client.createWebhookEndpoint({ url: `${url}/other-org`, org_id: otherOrg ?? "" });
  await client.createWebhookEndpoint({
    url: `${url}/alarms`,
    event_types: ["com.convergint.alarm.raised.v1"],
  });
  await client.rotateWebhookSecret(endpoint_id);
  const sent: Request[] = [];
  const poster = createPoster(cloud, {
    fetch: async (input, init) => {
      sent.push(new Request(input, init));
      return new Response(null, { status: 204 });
    },
  });
  await poster.post(cloud.setStatus(device?.device_id ?? "", "offline"));
  expect(sent.map((request) => request.url)).toEqual([url]);
  expect(sent[0]?.headers.get("webhook-signature")?.split(" ")).toHaveLength(2);
});

test("changes one device after the other on a schedule, until it is stopped", async () => {
  const secret = generateSecret();
  const consumer = await kept(serveConsumer({ secrets: [secret] }));
  const cloud = await kept(serveVendorCloud({ devices: 2 }));
  const before = cloud.devices.map(({ device_id, status }) => ({ device_id, status }));
  let tick = () => {};
  const poster = createPoster(cloud, {
    to: [{ url: consumer.url, secret }],
    every: (_, callback) => {
      tick = callback;
      return () => {
        tick = () => {};
      };
    },
  });
  const stop = poster.start(5);
  for (let changes = 0; changes < 3; changes += 1) tick();
  await stop();
  tick();
  const [first, second] = before;
  expect(poster.posted.map(({ event }) => event.data["device_id"])).toEqual([
    first?.device_id,
    second?.device_id,
    first?.device_id,
  ]);
  expect(consumer.deliveries.map(({ verdict }) => verdict)).toEqual(["accepted", "accepted", "accepted"]);
  expect(() => poster.start(0)).toThrow(expect.objectContaining({ code: "invalid_option" }));
});

test.each(["", "hunter2!", "whsec_short"])("refuses the secret %j without repeating it", async (secret) => {
  const cloud = await kept(serveVendorCloud());
  expect(() => createPoster(cloud, { to: [{ url: "https://hooks.example", secret }] })).toThrow(
    expect.objectContaining({
      code: "invalid_option",
      message: expect.not.stringContaining(secret || "hunter2!"),
    }),
  );
});
