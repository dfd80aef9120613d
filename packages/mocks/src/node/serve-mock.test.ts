import { createVendorClient } from "@convergint/client";
import { generateSecret, sign } from "@convergint/webhooks";
import { expect, test } from "vitest";
import { serveConsumer, serveVendorCloud } from "./index.ts";

test("serves a vendor cloud that the real client reads over a socket", async () => {
  const cloud = await serveVendorCloud({ devices: 7, apiKey: "key" });
  try {
    const client = createVendorClient({ baseUrl: cloud.url, credential: { apiKey: "key" } });
    expect((await client.manifest()).api_base).toBe(cloud.url);
    const ids: string[] = [];
    for await (const { device_id } of client.devices()) ids.push(device_id);
    expect(new Set(ids).size).toBe(7);
    const id = cloud.devices[0]?.device_id ?? "";
    cloud.setStatus(id, "offline");
    expect(await client.device(id)).toMatchObject({ status: "offline" });
    expect((await fetch(`${cloud.url}/v1/devices`)).status).toBe(401);
  } finally {
    await cloud.close();
  }
});

test("serves a consumer that verifies and records deliveries", async () => {
  const keys = generateSecret();
  const consumer = await serveConsumer({ secrets: [keys] });
  const cloud = await serveVendorCloud();
  try {
    const event = cloud.setStatus(cloud.devices[0]?.device_id ?? "", "offline");
    const body = JSON.stringify(event);
    const headers = {
      "content-type": "application/cloudevents+json",
      ...(await sign({ id: event.id, body, keys })),
    };
    const post = (sent: string) => fetch(consumer.url, { method: "POST", headers, body: sent });
    expect((await post(body)).status).toBe(204);
    expect((await post(`${body} `)).status).toBe(401);
    expect(consumer.deliveries.map(({ verdict }) => verdict)).toEqual(["accepted", "refused"]);
  } finally {
    await Promise.all([consumer.close(), cloud.close()]);
  }
});

test("answers headers that Node's parser refuses with a problem", async () => {
  const cloud = await serveVendorCloud();
  const answer = await fetch(`${cloud.url}/v1/devices`, { headers: { "x-long": "a".repeat(20_000) } });
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(await answer.json()).toMatchObject({ status: 431, code: "headers_too_large" });
  await cloud.close();
});

test("breaks a response over the socket, and answers nothing after it is closed", async () => {
  const cloud = await serveVendorCloud({ apiKey: "key" });
  const read = async () =>
    (await fetch(`${cloud.url}/v1/devices`, { headers: { authorization: "Bearer key" } })).json();
  cloud.breakNext();
  await expect(read()).rejects.toThrow();
  expect(await read()).toMatchObject({ next_cursor: null });
  await cloud.close();
  await expect(read()).rejects.toThrow();
});
