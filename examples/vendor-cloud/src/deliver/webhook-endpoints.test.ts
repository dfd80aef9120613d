import {
  eventSchema,
  pingAcceptedSchema,
  rotatedSecretSchema,
  WEBHOOK_PING,
  webhookEndpointListSchema,
} from "@convergint/schemas";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { estate, HEALTH_KEY, ORGS, UNIVERSITY_KEY } from "../testing/running-campus.ts";
import type { WebhookReceiver } from "../testing/webhook-receiver.ts";
import { camera, expectSigned, openWorld, type WebhookWorld } from "../testing/webhook-world.ts";

const DAY_MS = 86_400_000;
const ward = estate.devices.find(({ org_id, type }) => org_id === ORGS.health && type === "camera");

let world: WebhookWorld;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

describe("an endpoint", () => {
  it("is listed to its owner without its secret until it is deleted", async () => {
    const hooks = await world.receiver();
    const { endpoint_id, secret } = await world.register(hooks.url, {}, UNIVERSITY_KEY);
    const listed = await world.campus.call("/v1/webhook-endpoints", { key: UNIVERSITY_KEY });
    expect(webhookEndpointListSchema.parse(listed.body).data).toMatchObject([
      { endpoint_id, state: "active" },
    ]);
    expect(JSON.stringify(listed.body)).not.toContain(secret);
    expect((await world.campus.call("/v1/webhook-endpoints", { key: HEALTH_KEY })).body).toEqual({
      data: [],
    });

    const path = `/v1/webhook-endpoints/${endpoint_id}`;
    for (const [method, call] of [
      ["DELETE", path],
      ["POST", `${path}/rotate-secret`],
      ["POST", `${path}/ping`],
    ] as const) {
      const theft = await world.campus.call(call, { method, key: HEALTH_KEY });
      expect(theft).toMatchObject({ status: 404, body: { code: "unknown_endpoint" } });
    }
    expect(await world.campus.call(path, { method: "DELETE", key: UNIVERSITY_KEY })).toMatchObject({
      status: 204,
    });
    await world.campus.setStatus(camera.device_id, "offline");
    await world.quiet();
    expect(hooks.received).toEqual([]);
  });

  it("is the only endpoint that receives its ping, whatever events it subscribed to", async () => {
    const hooks = await world.receiver();
    const other = await world.receiver();
    await world.register(other.url);
    const { endpoint_id } = await world.register(hooks.url, { event_types: [], org_id: ORGS.health });
    const answer = await world.campus.call(`/v1/webhook-endpoints/${endpoint_id}/ping`, { method: "POST" });
    expect(answer.status).toBe(202);
    const [delivery] = await hooks.receives(1);
    const event = eventSchema.parse(JSON.parse(delivery?.body ?? ""));
    expect(event).toMatchObject({ type: WEBHOOK_PING, data: { org_id: ORGS.health, endpoint_id } });
    expect(event.id).toBe(pingAcceptedSchema.parse(answer.body).event_id);
    await world.quiet();
    expect(other.received).toEqual([]);
  });

  it("is listed as it was registered", async () => {
    const asked = { org_id: ORGS.health, event_types: ["com.convergint.device.heartbeat.v1"] };
    const { secret: _, ...created } = await world.register("http://127.0.0.1:9/", asked);
    expect(created).toMatchObject({ url: "http://127.0.0.1:9/", ...asked, state: "active" });
    await world.quiet(10);
    const { secret: __, ...plain } = await world.register("http://127.0.0.1:9/plain");
    expect(Object.keys(plain).sort()).toEqual(["created_at", "endpoint_id", "state", "url"]);
    const { body } = await world.campus.call("/v1/webhook-endpoints");
    expect(body).toEqual({ data: [created, plain] });
  });

  it("receives only events of its tenant, its org and its types", async () => {
    const everything = await world.receiver();
    const health = await world.receiver();
    const university = await world.receiver();
    const heartbeats = await world.receiver();
    await world.register(everything.url);
    await world.register(health.url, { org_id: ORGS.health });
    await world.register(university.url, {}, UNIVERSITY_KEY);
    await world.register(heartbeats.url, { event_types: ["com.convergint.device.heartbeat.v1"] });
    await world.campus.setStatus(camera.device_id, "offline");
    await world.campus.setStatus(ward?.device_id ?? "", ward?.status === "offline" ? "online" : "offline");
    await everything.receives(2);
    await health.receives(1);
    await university.receives(1);
    await world.quiet();
    const orgs = (hooks: WebhookReceiver) => hooks.received.map(({ body }) => JSON.parse(body).data.org_id);
    expect(orgs(health)).toEqual([ORGS.health]);
    expect(orgs(university)).toEqual([ORGS.university]);
    expect(orgs(heartbeats)).toEqual([]);
  });

  it("gets signatures of both secrets after a rotation, and only of the new one a day later", async () => {
    const hooks = await world.receiver();
    const { endpoint_id, secret: first } = await world.register(hooks.url);
    const rotate = async () => {
      const path = `/v1/webhook-endpoints/${endpoint_id}/rotate-secret`;
      return rotatedSecretSchema.parse((await world.campus.call(path, { method: "POST" })).body);
    };
    const { secret: second, previous_expires_at } = await rotate();
    expect(Date.parse(previous_expires_at)).toBeGreaterThan(Date.now() + DAY_MS - 60_000);
    await world.campus.setStatus(camera.device_id, "offline");
    const [overlapping] = await hooks.receives(1);
    if (overlapping === undefined) throw new Error("nothing came");
    for (const secret of [first, second]) await expectSigned(overlapping, secret);

    world.clock.offsetMs = DAY_MS + 1000;
    await world.campus.setStatus(camera.device_id, "online");
    const [, after] = await hooks.receives(2);
    if (after === undefined) throw new Error("nothing came");
    const now = new Date(world.clock.now());
    await expectSigned(after, second, now);
    await expect(expectSigned(after, first, now)).rejects.toThrow();
  });
});
