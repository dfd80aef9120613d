import {
  deviceHeartbeatEventSchema,
  deviceSchema,
  deviceStatusChangedEventSchema,
  EVENT_MEDIA_TYPE,
  type Event,
  pingAcceptedSchema,
} from "@convergint/schemas";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Inventory } from "../inventory/inventory.ts";
import { estate } from "../testing/running-campus.ts";
import { camera, expectSigned, openWorld, quiet, type WebhookWorld } from "../testing/webhook-world.ts";
import { DeviceReports, DeviceTurns } from "./device-reports.ts";

const speaker = estate.devices.find(({ type }) => type === "speaker");

let world: WebhookWorld;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

describe("a device with devices behind it", () => {
  const child = estate.devices.find(
    ({ parent_device_id, type, status }) => parent_device_id && type === "camera" && status === "online",
  );
  const parent = estate.devices.find(({ device_id }) => device_id === child?.parent_device_id);
  const statusOf = async (id = "") => {
    const { status, status_reason } = deviceSchema.parse((await world.campus.call(`/v1/devices/${id}`)).body);
    return [status, status_reason ?? null];
  };

  it("makes them unknown while it is down, and restores them", async () => {
    const hooks = await world.receiver();
    await world.register(hooks.url);
    await world.campus.setStatus(child?.device_id ?? "", "degraded", { status_reason: "packet_loss" });
    await world.campus.setStatus(parent?.device_id ?? "", "offline");
    expect(await statusOf(child?.device_id)).toEqual(["unknown", "parent_unreachable"]);
    const refused = await world.campus.setStatus(child?.device_id ?? "", "online");
    expect(refused).toMatchObject({ status: 409, body: { code: "device_unreachable" } });

    await world.campus.setStatus(parent?.device_id ?? "", "online");
    expect(await statusOf(child?.device_id)).toEqual(["degraded", "packet_loss"]);
    const statuses = () =>
      hooks.received
        .map(({ body }) => JSON.parse(body))
        .filter(({ subject }) => subject === child?.device_id)
        .toSorted((one, other) => (one.sequence < other.sequence ? -1 : 1))
        .map(({ data }) => data.status);
    await world.quiet();
    expect(statuses()).toEqual(["degraded", "unknown", "degraded"]);
  });
});

describe("a status change", () => {
  it("is in the inventory and posted, signed, at the same time", async () => {
    const hooks = await world.receiver();
    const { secret } = await world.register(hooks.url);
    const answer = await world.campus.setStatus(camera.device_id, "offline", { status_reason: "power_lost" });
    const device = deviceSchema.parse(answer.body);
    expect(device).toMatchObject({
      status: "offline",
      status_reason: "power_lost",
      vendor_status: "Disconnected",
    });
    expect((await world.campus.call(`/v1/devices/${camera.device_id}`)).body).toEqual(device);

    const [delivery] = await hooks.receives(1);
    if (delivery === undefined) throw new Error("nothing came");
    await expectSigned(delivery, secret);
    expect(delivery.headers["content-type"]).toBe(EVENT_MEDIA_TYPE);
    const event = deviceStatusChangedEventSchema.parse(JSON.parse(delivery.body));
    expect(delivery.headers["webhook-id"]).toBe(event.id);
    expect(event.subject).toBe(camera.device_id);
    const { previous_status, ...status } = event.data;
    expect(previous_status).toBe("online");
    expect(event.time).toBe(device.status_changed_at);
    expect(device).toMatchObject(status);
  });

  it("to the same status is an observation without an event", async () => {
    const hooks = await world.receiver();
    await world.register(hooks.url);
    world.clock.offsetMs = 60_000;
    const { body } = await world.campus.setStatus(camera.device_id, "online");
    const device = deviceSchema.parse(body);
    expect(Date.parse(device.status_observed_at ?? "")).toBeGreaterThan(world.clock.now() - 30_000);
    expect(Date.parse(device.status_changed_at ?? "")).toBeLessThan(world.clock.now() - 30_000);
    // The control: the next change arrives, and no webhook arrives before that change.
    await world.campus.setStatus(camera.device_id, "degraded");
    const [first] = await hooks.receives(1);
    expect(JSON.parse(first?.body ?? "")).toMatchObject({
      data: { status: "degraded" },
      sequence: "000000000001",
    });
  });

  it("of only the reason is posted too, without a previous status", async () => {
    const hooks = await world.receiver();
    await world.register(hooks.url);
    for (const status_reason of ["fault", "fault", "power_loss"])
      await world.campus.setStatus(camera.device_id, "degraded", { status_reason });
    const events = (await hooks.receives(2)).map(({ body }) => JSON.parse(body).data);
    expect(events.map((data) => [data.status_reason, data.previous_status])).toEqual([
      ["fault", "online"],
      ["power_loss", null],
    ]);
  });

  it("of a type without events is in the inventory only", async () => {
    const hooks = await world.receiver();
    await world.register(hooks.url);
    await world.campus.setStatus(speaker?.device_id ?? "", "offline");
    expect((await world.campus.call(`/v1/devices/${speaker?.device_id}`)).body).toMatchObject({
      status: "offline",
    });
    await world.campus.setStatus(camera.device_id, "offline");
    await hooks.receives(1);
    expect(hooks.received.map(({ body }) => JSON.parse(body).subject)).toEqual([camera.device_id]);
  });

  it("has a later sequence than the previous event, also when compared as text", async () => {
    const hooks = await world.receiver();
    await world.register(hooks.url);
    for (let change = 0; change < 11; change += 1)
      await world.campus.setStatus(camera.device_id, change % 2 === 0 ? "offline" : "online");
    const events = (await hooks.receives(11)).map(({ body }) => JSON.parse(body));
    const byTime = events.toSorted((one, other) => (one.sequence < other.sequence ? -1 : 1));
    expect(byTime.map(({ data }) => data.status)).toEqual(
      byTime.map((_, change) => (change % 2 === 0 ? "offline" : "online")),
    );
  });
});

describe("a report whose event is stored slowly", () => {
  const reporting = (publish: (event: Event) => Promise<void>) => {
    const inventory = new Inventory(estate);
    return {
      inventory,
      reports: new DeviceReports({
        inventory,
        turns: new DeviceTurns(inventory, () => new Date()),
        publish,
        now: () => new Date(),
      }),
    };
  };

  it("is the basis of the next report of its device", async () => {
    const changes: unknown[] = [];
    const { inventory, reports } = reporting(async ({ data }) => {
      await quiet(10);
      changes.push([data["previous_status"], data["status"]]);
    });
    const statuses = ["offline", "offline", "degraded", "online"] as const;
    // Each call gets the device as it was before the previous status was applied.
    await Promise.all(statuses.map((status) => reports.observe(camera, { status })));
    expect(changes).toEqual([
      ["online", "offline"],
      ["offline", "degraded"],
      ["degraded", "online"],
    ]);
    expect(inventory.current(camera).status).toBe("online");
  });

  it("does not change the inventory if storing fails, and does not block the next", async () => {
    let isBroken = true;
    const { inventory, reports } = reporting(async () => {
      if (isBroken) throw new Error("the disk is full");
    });
    await expect(reports.observe(camera, { status: "offline" })).rejects.toThrow("the disk is full");
    expect(inventory.current(camera)).toBe(camera);
    isBroken = false;
    await reports.observe(camera, { status: "offline" });
    expect(inventory.current(camera).status).toBe("offline");
  });
});

it("publishes a heartbeat on a sandbox command, at most once in 5 minutes", async () => {
  const hooks = await world.receiver();
  await world.register(hooks.url);
  const command = () =>
    world.campus.call(`/sandbox/devices/${camera.device_id}/events`, {
      method: "POST",
      json: { type: "com.convergint.device.heartbeat.v1" },
    });
  const answer = await command();
  expect(answer.status).toBe(202);
  const [delivery] = await hooks.receives(1);
  const event = deviceHeartbeatEventSchema.parse(JSON.parse(delivery?.body ?? ""));
  expect(event.id).toBe(pingAcceptedSchema.parse(answer.body).event_id);
  const { body } = await world.campus.call(`/v1/devices/${camera.device_id}`);
  expect(body).toMatchObject({ last_seen_at: event.data.last_seen_at, status: "online" });
  expect(await command()).toMatchObject({ status: 202 });
  await world.quiet();
  expect(hooks.received).toHaveLength(1);
  world.clock.offsetMs = 5 * 60_000;
  await command();
  await hooks.receives(2);
});
