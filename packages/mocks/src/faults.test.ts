import { createVendorClient } from "@convergint/client";
import { describe, expect, test } from "vitest";
import { mockVendorCloud } from "./index.ts";
import { all, answerRequests, call, failureOf, problemOf, serveCloud } from "./testing/served.ts";

answerRequests();

describe("failNext", () => {
  test("refuses the given number of calls without processing them, then recovers", async () => {
    const { cloud } = serveCloud();
    cloud.failNext({ status: 503, retryAfterSeconds: 7, times: 2 });
    for (const _ of [1, 2]) {
      const answer = await call(cloud, "/v1/webhook-endpoints", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ url: "https://hooks.example" }),
      });
      expect(answer.headers.get("retry-after")).toBe("7");
      expect(await problemOf(answer)).toBe("503 unavailable");
    }
    expect(cloud.endpoints).toEqual([]);
    expect((await call(cloud, "/v1/orgs")).status).toBe(200);
  });

  test("affects only calls of its path", async () => {
    const { cloud } = serveCloud();
    const id = String(cloud.devices[0]?.device_id);
    cloud.failNext({ status: 410, code: "cursor_expired", path: "/v1/devices" });
    cloud.failNext({ status: 429, path: `/v1/devices/${id}` });
    expect((await call(cloud, "/v1/orgs")).status).toBe(200);
    expect(await problemOf(await call(cloud, `/v1/devices/${id}`))).toBe("429 rate_limited");
    const answer = await call(cloud, "/v1/devices?limit=2");
    expect(answer.headers.get("retry-after")).toBeNull();
    expect(await problemOf(answer)).toBe("410 cursor_expired");
    expect((await call(cloud, "/v1/devices")).status).toBe(200);
  });

  test("also affects the manifest, in the order of the requests", async () => {
    const { cloud } = serveCloud();
    cloud.failNext({ status: 500 });
    cloud.failNext({ status: 418 });
    expect(await problemOf(await call(cloud, "/.well-known/vendor-cloud"))).toBe("500 internal_error");
    expect(await problemOf(await call(cloud, "/v1/orgs"))).toBe("418 refused");
  });

  test("names the scheme with a 401", async () => {
    const { cloud } = serveCloud();
    cloud.failNext({ status: 401 });
    const answer = await call(cloud, "/v1/orgs");
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    expect(await problemOf(answer)).toBe("401 unauthorized");
  });

  test("makes the real client wait and continue, or fail", async () => {
    const { cloud, client } = serveCloud({ devices: 5 });
    cloud.failNext({ status: 429, retryAfterSeconds: 0, times: 2, path: "/v1/devices" });
    expect(await all(client.devices())).toHaveLength(5);
    cloud.failNext({ status: 429, retryAfterSeconds: 3600, path: "/v1/devices" });
    expect(await failureOf(all(client.devices()))).toBe("rate_limited");
  });
});

describe("delayNext", () => {
  test("delays one response and no other", async () => {
    const { cloud } = serveCloud({ devices: 5 });
    const impatient = createVendorClient({
      baseUrl: cloud.url,
      credential: { apiKey: cloud.apiKey },
      timeoutSeconds: 0.1,
    });
    await impatient.manifest();
    cloud.delayNext({ seconds: 0.3, path: "/v1/devices", times: 4 });
    expect(await failureOf(all(impatient.devices()))).toBe("timeout");
    expect(await all(impatient.sites())).toHaveLength(4);
  });

  test("processes the call before it waits", async () => {
    const { cloud, client } = serveCloud();
    const { endpoint_id } = await client.createWebhookEndpoint("https://hooks.example");
    cloud.delayNext({ seconds: 1 });
    let answered = false;
    const answer = call(cloud, `/v1/webhook-endpoints/${endpoint_id}`, { method: "DELETE" }).finally(() => {
      answered = true;
    });
    await expect.poll(() => cloud.endpoints, { interval: 10 }).toEqual([]);
    expect(answered).toBe(false);
    expect((await answer).status).toBe(204);
  });
});

describe("breakNext", () => {
  test("breaks a response so that half of it does not look complete", async () => {
    const { cloud } = serveCloud({ devices: 50 });
    cloud.breakNext();
    const answer = await call(cloud, "/v1/devices");
    expect(answer.status).toBe(200);
    const reader = answer.body?.getReader();
    expect((await reader?.read())?.value?.length).toBeGreaterThan(1000);
    await expect(reader?.read()).rejects.toThrow(TypeError);
  });

  test("also breaks a response without a body", async () => {
    const { cloud, client } = serveCloud();
    const { endpoint_id } = await client.createWebhookEndpoint("https://hooks.example");
    cloud.breakNext();
    await expect(call(cloud, `/v1/webhook-endpoints/${endpoint_id}`, { method: "DELETE" })).rejects.toThrow(
      TypeError,
    );
    expect(cloud.endpoints).toEqual([]);
  });

  test("makes the real client retry, and then report the vendor as unreachable", async () => {
    const { cloud, client } = serveCloud({ devices: 5 });
    await client.manifest();
    cloud.breakNext({ path: "/v1/devices" });
    expect(await all(client.devices())).toHaveLength(5);
    cloud.breakNext({ path: "/v1/devices", times: 9 });
    expect(await failureOf(all(client.devices()))).toBe("unreachable");
  });
});

test.each([
  () => mockVendorCloud().failNext({ status: 200 }),
  () => mockVendorCloud().failNext({ status: 503, code: "Not A Code" }),
  () => mockVendorCloud().failNext({ status: 503, times: 0 }),
  () => mockVendorCloud().delayNext({ seconds: Number.NaN }),
  () => mockVendorCloud().breakNext({ times: 1.5 }),
])("what cannot be done is refused: %s", (ask) => {
  expect(ask).toThrow(expect.objectContaining({ code: "invalid_fault" }));
});
