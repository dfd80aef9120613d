import { webhookEndpointListSchema } from "@convergint/schemas";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { estate } from "../testing/running-campus.ts";
import type { Reply } from "../testing/webhook-receiver.ts";
import { camera, expectSigned, openWorld, type WebhookWorld } from "../testing/webhook-world.ts";

let world: WebhookWorld;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

describe("delivery", () => {
  it("repeats id and bytes with a fresh signature until a 2xx", async () => {
    const hooks = await world.receiver(
      { status: 500 },
      "reset",
      { status: 302, headers: { location: "/elsewhere" } },
      { status: 202 },
    );
    const { secret } = await world.register(hooks.url);
    await world.campus.setStatus(camera.device_id, "offline");
    const attempts = await hooks.receives(4);
    await world.quiet();
    expect(hooks.received).toHaveLength(4);
    expect(new Set(attempts.map(({ body }) => body)).size).toBe(1);
    expect(new Set(attempts.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(new Set(attempts.map(({ headers }) => headers["webhook-timestamp"])).size).toBe(4);
    expect(new Set(attempts.map(({ headers }) => headers["webhook-signature"])).size).toBe(4);
    for (const attempt of attempts)
      await expectSigned(attempt, secret, new Date(Number(attempt.headers["webhook-timestamp"]) * 1000));
  });

  it("gives up at the end of the schedule and continues with the next event", async () => {
    const hooks = await world.receiver(
      { status: 500 },
      { status: 500 },
      { status: 500 },
      { status: 500 },
      { status: 204 },
    );
    await world.register(hooks.url);
    await world.campus.setStatus(camera.device_id, "offline");
    await hooks.receives(4);
    await world.quiet();
    await world.campus.setStatus(camera.device_id, "online");
    await hooks.receives(5);
    await world.quiet();
    expect(new Set(hooks.received.map(({ headers }) => headers["webhook-id"])).size).toBe(2);
  });

  it("stops an endpoint that answers 410 and shows that", async () => {
    const hooks = await world.receiver({ status: 410 });
    const { endpoint_id } = await world.register(hooks.url);
    await world.campus.setStatus(camera.device_id, "offline");
    await hooks.receives(1);
    await world.quiet(100);
    const { body } = await world.campus.call("/v1/webhook-endpoints");
    expect(webhookEndpointListSchema.parse(body).data).toMatchObject([{ endpoint_id, state: "stopped" }]);
    await world.campus.setStatus(camera.device_id, "online");
    await world.quiet();
    expect(hooks.received).toHaveLength(1);
    const ping = await world.campus.call(`/v1/webhook-endpoints/${endpoint_id}/ping`, { method: "POST" });
    expect(ping).toMatchObject({ status: 409, body: { code: "endpoint_stopped" } });
  });

  it.each([429, 503])("waits as long as Retry-After of a %d asks", async (status) => {
    const hooks = await world.receiver({ status, headers: { "retry-after": "30" } }, { status: 204 });
    await world.register(hooks.url);
    await world.campus.setStatus(camera.device_id, "offline");
    const [first, second] = await hooks.receives(2);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(30_000);
  });

  it("to a hanging endpoint does not delay others and uses few connections", async () => {
    const hanging = await world.receiver("hang");
    const lively = await world.receiver();
    await world.register(hanging.url);
    await world.register(lively.url);
    const devices = estate.devices.filter(({ type, status }) => type === "camera" && status === "online");
    for (const { device_id } of devices.slice(0, 20)) await world.campus.setStatus(device_id, "offline");
    await lively.receives(20);
    expect(hanging.received.length).toBeGreaterThan(0);
    expect(hanging.received.length).toBeLessThanOrEqual(4);
  });

  it("to a deleted endpoint stops, retries included", async () => {
    const hooks = await world.receiver({ status: 503, headers: { "retry-after": "1" } });
    const { endpoint_id } = await world.register(hooks.url);
    await world.campus.setStatus(camera.device_id, "offline");
    await hooks.receives(1);
    await world.campus.call(`/v1/webhook-endpoints/${endpoint_id}`, { method: "DELETE" });
    await world.quiet(60_000);
    expect(hooks.received).toHaveLength(1);
  });

  it.each<[string, Reply]>([
    ["waits for a retry", { status: 500 }],
    ["hangs", "hang"],
  ])("ends with the campus, soon: nothing is sent after close of what %s", async (_, reply) => {
    const hooks = await world.receiver(reply);
    await world.register(hooks.url);
    const devices = estate.devices.filter(({ type, status }) => type === "camera" && status === "online");
    for (const { device_id } of devices.slice(0, 10)) await world.campus.setStatus(device_id, "offline");
    await hooks.receives(1);
    const began = performance.now();
    await world.campus.close();
    expect(performance.now() - began).toBeLessThan(3_000);
    const sent = hooks.received.length;
    await world.quiet(60_000);
    expect(hooks.received).toHaveLength(sent);
  });
});
