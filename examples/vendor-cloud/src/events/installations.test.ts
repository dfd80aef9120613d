import {
  deviceAddedEventSchema,
  deviceRemovedEventSchema,
  deviceSchema,
  deviceUpdatedEventSchema,
} from "@convergint/schemas";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { estate, ORGS } from "../testing/running-campus.ts";
import type { WebhookReceiver } from "../testing/webhook-receiver.ts";
import { camera, openWorld, type WebhookWorld } from "../testing/webhook-world.ts";

let world: WebhookWorld;
let hooks: WebhookReceiver;
beforeEach(async () => {
  world = await openWorld();
  hooks = await world.receiver();
  await world.register(hooks.url);
});
afterEach(() => world.close());

const command = (path: string, json: object) =>
  world.campus.call(`/sandbox/devices${path}`, { method: "POST", json });
const remove = (id: string) => world.campus.call(`/sandbox/devices/${id}`, { method: "DELETE" });
const lookUp = async (id: string) => (await world.campus.call(`/v1/devices/${id}`)).body;
const events = async (count: number) => (await hooks.receives(count)).map(({ body }) => JSON.parse(body));
const elsewhere = estate.sites.find(
  ({ site_id, org_id }) => org_id === camera.org_id && site_id !== camera.site_id,
);
const ofAnotherOrg = estate.sites.find(({ org_id }) => org_id === ORGS.health);

describe("the sandbox", () => {
  it("adds a device to the inventory and publishes that", async () => {
    const answer = await command("", { site_id: camera.site_id, type: "camera", name: "New camera" });
    expect(answer.status).toBe(201);
    const device = deviceSchema.parse(answer.body);
    expect(device).toMatchObject({ name: "New camera", status: "online", site_id: camera.site_id });
    expect(await lookUp(device.device_id)).toEqual(device);
    const [event] = await events(1);
    expect(deviceAddedEventSchema.parse(event).data).toEqual(device);
    // From then on, the added device behaves like any other device.
    expect((await world.campus.setStatus(device.device_id, "offline")).status).toBe(200);
  });

  it("moves a device, which keeps its id and loses its parent", async () => {
    const answer = await command(`/${camera.device_id}/move`, { site_id: elsewhere?.site_id });
    expect(answer.status).toBe(200);
    const device = deviceSchema.parse(answer.body);
    expect(device).toMatchObject({ device_id: camera.device_id, site_id: elsewhere?.site_id });
    expect(device.parent_device_id).toBeNull();
    const [event] = await events(1);
    const { previous_site_id, changed_fields, ...data } = deviceUpdatedEventSchema.parse(event).data;
    expect([previous_site_id, changed_fields]).toEqual([camera.site_id, ["site_id", "parent_device_id"]]);
    expect(data).toEqual(await lookUp(camera.device_id));
  });

  it("removes a device, and its children lose their parent", async () => {
    const recorder = camera.parent_device_id ?? "";
    const children = estate.devices.filter(({ parent_device_id }) => parent_device_id === recorder);
    expect((await remove(recorder)).status).toBe(204);
    expect((await world.campus.call(`/v1/devices/${recorder}`)).status).toBe(404);
    expect(await lookUp(camera.device_id)).toMatchObject({ parent_device_id: null });
    const told = await events(children.length + 1);
    expect(told.filter(({ type }) => type.endsWith(".updated.v1"))).toHaveLength(children.length);
    const removed = told.find(({ type }) => type.endsWith(".removed.v1"));
    expect(deviceRemovedEventSchema.parse(removed).data).toMatchObject({ device_id: recorder });
    expect((await world.campus.setStatus(recorder, "online")).status).toBe(404);
  });

  it.each([
    ["of an unknown type", "", { site_id: camera.site_id, type: "submarine", name: "x" }, 400],
    ["at an unknown site", "", { site_id: "nowhere", type: "camera", name: "x" }, 404],
    ["without a name", "", { site_id: camera.site_id, type: "camera" }, 400],
    ["moved to another org", `/${camera.device_id}/move`, { site_id: ofAnotherOrg?.site_id }, 400],
    ["that does not exist, moved", "/unknown/move", { site_id: camera.site_id }, 404],
  ])("refuses a device %s", async (_, path, json, status) => {
    expect((await command(path, json)).status).toBe(status);
  });
});
