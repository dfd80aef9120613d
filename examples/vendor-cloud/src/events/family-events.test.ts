import { type Event, eventSchemaOf, pingAcceptedSchema } from "@convergint/schemas";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { estate } from "../testing/running-campus.ts";
import type { WebhookReceiver } from "../testing/webhook-receiver.ts";
import { openWorld, type WebhookWorld } from "../testing/webhook-world.ts";
import { EVENT_CATALOGUE } from "./catalogue.ts";
import { FAMILY_EVENTS } from "./family-events.ts";

let world: WebhookWorld;
let hooks: WebhookReceiver;
beforeEach(async () => {
  world = await openWorld();
  hooks = await world.receiver();
  await world.register(hooks.url);
});
afterEach(() => world.close());

const deviceOf = (type: string) =>
  estate.devices.find((device) => device.type === type && device.status === "online")?.device_id ?? "";
const tell = (deviceId: string, type: string, data?: object) =>
  world.campus.call(`/sandbox/devices/${deviceId}/events`, {
    method: "POST",
    json: { type, ...(data && { data }) },
  });
const received = (type: string) =>
  hooks.received.map(({ body }) => JSON.parse(body) as Event).filter((event) => event.type === type);
const named = (words: string) => `com.convergint.${words}.v1`;

it.each(Object.entries(FAMILY_EVENTS))(
  "posts %s for each device type it lists",
  async (type, { deviceTypes }) => {
    expect(EVENT_CATALOGUE.some((entry) => entry.type === type)).toBe(true);
    for (const deviceType of deviceTypes) {
      const deviceId = deviceOf(deviceType);
      // A connector has to be lost before it can reconnect.
      if (type === named("connector.reconnected")) await tell(deviceId, named("connector.disconnected"));
      const answer = await tell(deviceId, type);
      expect(answer.status).toBe(202);
      const { event_id } = pingAcceptedSchema.parse(answer.body);
      await world.quiet(100);
      const event = received(type).find(({ id }) => id === event_id);
      expect(eventSchemaOf(type).parse(event)).toMatchObject({ data: { device_id: deviceId } });
    }
  },
);

describe("a clearing event", () => {
  it("ends the alarm that was raised on that device", async () => {
    const [panel, sensor] = [deviceOf("alarm_panel"), deviceOf("sensor")];
    for (const device of [panel, sensor]) await tell(device, named("alarm.raised"));
    for (const device of [sensor, panel]) await tell(device, named("alarm.cleared"));
    await hooks.receives(4);
    const idOf = (type: string, device: string) =>
      received(named(type)).find(({ data }) => data["device_id"] === device)?.data["alarm_id"];
    for (const device of [panel, sensor])
      expect(idOf("alarm.cleared", device)).toBe(idOf("alarm.raised", device));
    expect(idOf("alarm.raised", panel)).not.toBe(idOf("alarm.raised", sensor));
  });
});

describe("a command", () => {
  it("sets members of the event, but cannot change its device", async () => {
    const door = deviceOf("door");
    await tell(door, named("access.denied"), { reason: "anti_passback", device_id: "another" });
    const [event] = (await hooks.receives(1)).map(({ body }) => JSON.parse(body));
    expect(event.data).toMatchObject({ reason: "anti_passback", device_id: door });
  });

  it("with members that make an invalid event is refused, and nothing is posted", async () => {
    const answer = await tell(deviceOf("door"), named("access.denied"), { reason: 7 });
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid_body" } });
    await tell(deviceOf("door"), named("door.secured"));
    const [first] = (await hooks.receives(1)).map(({ body }) => JSON.parse(body));
    expect(first.type).toBe(named("door.secured"));
  });

  it("for an event of another device type is refused", async () => {
    expect(await tell(deviceOf("camera"), named("door.secured"))).toMatchObject({
      status: 400,
      body: { code: "unknown_event_type" },
    });
  });
});

it("publishes a lost connector, its status and that of its devices, and refuses to lose it twice or under another name", async () => {
  const recorder = deviceOf("recorder");
  expect(await tell(recorder, named("connector.disconnected"), { connector_id: "bridge-2" })).toMatchObject({
    status: 400,
    body: { code: "invalid_body" },
  });
  await tell(recorder, named("connector.disconnected"));
  const children = estate.devices.filter(({ parent_device_id }) => parent_device_id === recorder);
  await hooks.receives(2 + children.length);
  expect(received(named("connector.disconnected"))).toMatchObject([{ data: { connector_id: recorder } }]);
  const statuses = received(named("device.status_changed"));
  expect(statuses.find(({ data }) => data["device_id"] === recorder)?.data).toMatchObject({
    status: "offline",
  });
  expect(statuses.filter(({ data }) => data["status_reason"] === "parent_unreachable")).toHaveLength(
    children.length,
  );
  expect(await tell(recorder, named("connector.disconnected"))).toMatchObject({
    status: 409,
    body: { code: "device_unreachable" },
  });
  // Changing the recorder's status has the same effect.
  await world.campus.setStatus(recorder, "online");
  await world.quiet();
  expect(received(named("connector.reconnected"))).toHaveLength(1);
});
