import {
  deviceEventSchemas,
  type Event,
  eventCatalogSchema,
  eventPageSchema,
  manifestSchema,
} from "@convergint/schemas";
import { describe, expect, test } from "vitest";
import { type MockVendorCloud, mockVendorCloud, type WrittenEvent } from "../index.ts";
import { answerRequests, call, problemOf, read, serveCloud } from "../testing/served.ts";

answerRequests();

const page = async (cloud: MockVendorCloud, query = "") =>
  read(eventPageSchema, await call(cloud, `/v1/events${query}`));
const idsOf = (events: readonly Event[]) => events.map(({ id }) => id);

const alarm = ({ orgs, sites }: MockVendorCloud, id: string): WrittenEvent => ({
  specversion: "1.0",
  id,
  source: "urn:test",
  type: "com.convergint.alarm.raised.v1",
  time: "2026-11-23T02:14:09Z",
  data: {
    org_id: String(orgs[0]?.org_id),
    site_id: String(sites[0]?.site_id),
    alarm_id: "1",
    alarm_type: "fire",
  },
});

/** A clock that the test controls. */
function clock(text: string) {
  let time = Date.parse(text);
  return { now: () => new Date(time), turn: (seconds: number) => (time += seconds * 1000) };
}

describe("backfill", () => {
  test("lists the published events in order, in pages, with unchanged content", async () => {
    const { cloud } = serveCloud();
    const ids = ["e1", "e2", "e3", "e4", "e5"];
    for (const id of ids) cloud.publish(alarm(cloud, id));
    const first = await page(cloud, "?limit=2");
    cloud.publish(alarm(cloud, "late"));
    const second = await page(cloud, `?limit=2&cursor=${first.next_cursor}`);
    const third = await page(cloud, `?limit=2&cursor=${second.next_cursor}`);
    expect([first, second, third].flatMap(({ data }) => idsOf(data))).toEqual(ids);
    expect(third.next_cursor).toBeNull();
    expect(third.snapshot).toEqual(first.snapshot);
    expect(first.data[0]).toEqual(alarm(cloud, "e1"));
  });

  test("filters by time of publication on the vendor's clock, not by the events' time", async () => {
    const { now, turn } = clock("2026-11-23T08:00:00.000Z");
    const { cloud } = serveCloud({ now });
    cloud.publish(alarm(cloud, "e1"));
    turn(1);
    cloud.publish(alarm(cloud, "e2"));
    turn(1);
    cloud.publish(alarm(cloud, "e3"));
    const after = async (text: string) =>
      idsOf((await page(cloud, `?after=${encodeURIComponent(text)}`)).data);
    expect(await after("2026-11-23T08:00:01Z")).toEqual(["e2", "e3"]);
    expect(await after("2026-11-23T08:00:01.000000001Z")).toEqual(["e3"]);
    expect(await after("2026-11-23T08:00:00+00:00")).toEqual(["e1", "e2", "e3"]);
    expect(await after("2026-11-23T08:00:03Z")).toEqual([]);
    const { snapshot } = await page(cloud);
    cloud.publish(alarm(cloud, "e4"));
    expect(await after(snapshot.as_of)).toEqual(["e3", "e4"]);
  });

  test("of one org has only that org's events", async () => {
    const { cloud } = serveCloud({ devices: 48 });
    const [one, other] = cloud.orgs;
    const [mine, theirs] = [one, other].map((org) =>
      cloud.devices.find(({ org_id }) => org_id === org?.org_id),
    );
    const first = cloud.setStatus(String(mine?.device_id), "unknown");
    const second = cloud.setStatus(String(theirs?.device_id), "unknown");
    expect(idsOf((await page(cloud, `?org_id=${one?.org_id}`)).data)).toEqual([first.id]);
    expect(idsOf((await page(cloud, `?org_id=${other?.org_id}`)).data)).toEqual([second.id]);
    expect(await problemOf(await call(cloud, "/v1/events?org_id=unknown"))).toBe("404 unknown_org");
  });

  test.each(["yesterday", "2026-11-23T08:00:00+01:00", "1764000000", ""])(
    "refuses to list after %j",
    async (after) => {
      const { cloud } = serveCloud();
      expect(await problemOf(await call(cloud, `/v1/events?after=${encodeURIComponent(after)}`))).toBe(
        "400 invalid_parameter",
      );
    },
  );
});

describe("a change of a device", () => {
  test("is in inventory, in the returned event and in backfill", async () => {
    const { now, turn } = clock("2026-11-23T08:00:00Z");
    const { cloud, client } = serveCloud({ now, devices: 3 });
    const [device] = cloud.devices;
    const id = String(device?.device_id);
    turn(60);
    const changed = cloud.setStatus(id, "offline");
    expect(changed.data).toMatchObject({ device_id: id, status: "offline", previous_status: device?.status });
    expect(changed.time).toBe("2026-11-23T08:01:00.000Z");
    expect(await client.device(id)).toMatchObject({ status: "offline", status_observed_at: changed.time });
    const removed = cloud.removeDevice(id);
    expect(await problemOf(await call(cloud, `/v1/devices/${id}`))).toBe("404 unknown_device");
    const added = cloud.addDevice({ ...JSON.parse(JSON.stringify(device)) });
    expect(await client.device(id)).toMatchObject({ status: device?.status });
    expect([changed, removed, added].map(({ type }) => type.split(".").slice(-3).join("."))).toEqual([
      "device.status_changed.v1",
      "device.removed.v1",
      "device.added.v1",
    ]);
    expect((await page(cloud)).data).toEqual([changed, removed, added]);
  });

  test("removes the members that described the previous status", () => {
    const cloud = mockVendorCloud({
      campus: {
        orgs: [{ org_id: "o", name: "O" }],
        sites: [{ site_id: "s", org_id: "o", name: "S" }],
        devices: [
          {
            device_id: "d",
            org_id: "o",
            site_id: "s",
            name: "D",
            type: "door",
            status: "offline",
            status_reason: "power_loss",
            vendor_status: "red",
          },
        ],
      },
    });
    cloud.setStatus("d", "online");
    expect(Object.keys(cloud.devices[0] ?? {})).not.toContain("status_reason");
    expect(Object.keys(cloud.devices[0] ?? {})).not.toContain("vendor_status");
  });

  test("returns events with different ids that can be ordered, also within one moment", () => {
    const cloud = mockVendorCloud({ now: () => new Date("2026-11-23T08:00:00Z") });
    const id = String(cloud.devices[0]?.device_id);
    const events = Array.from({ length: 12 }, (_, n) =>
      cloud.setStatus(id, n % 2 === 0 ? "offline" : "online"),
    );
    expect(new Set(events.map((event) => event.id)).size).toBe(12);
    const sequences = events.map(({ sequence }) => String(sequence));
    expect(sequences).toEqual(sequences.toSorted());
    expect(new Set(sequences).size).toBe(12);
    for (const event of events) deviceEventSchemas[event.type].parse(event);
  });
});

test("the manifest and the catalogue list the same types, including all published ones", async () => {
  const { cloud } = serveCloud();
  const own = { ...alarm(cloud, "own"), type: "com.example.parking.barrier_raised.v2" };
  cloud.publish(own);
  cloud.publish(alarm(cloud, "e1"));
  const id = String(cloud.devices[0]?.device_id);
  cloud.setStatus(id, "unknown");
  cloud.removeDevice(id);
  const catalogue = await read(eventCatalogSchema, await call(cloud, "/v1/event-catalog"));
  const manifest = await read(manifestSchema, await call(cloud, "/.well-known/vendor-cloud"));
  const types = catalogue.data.map(({ type }) => type);
  expect(manifest.event_types.map(({ type }) => type)).toEqual(types);
  expect(new Set(types).size).toBe(types.length);
  for (const { type } of (await page(cloud)).data) expect(types).toContain(type);
  expect(catalogue.data.find(({ type }) => type === own.type)).toMatchObject({
    family: "parking",
    version: "2",
  });
});

describe("a mistake in the test", () => {
  const written = alarm(mockVendorCloud(), "e1");
  test.each([
    ["an id with a dot", { ...written, id: "a.b" }],
    ["no org", { ...written, data: { site_id: "s" } as unknown as WrittenEvent["data"] }],
    ["an invalid status", { ...written, type: "com.convergint.device.status_changed.v1" }],
  ])("in an event, %s, throws immediately", (_, event) => {
    const cloud = mockVendorCloud();
    expect(() => cloud.publish(event)).toThrow(expect.objectContaining({ code: "invalid_event" }));
  });

  test("throws for a duplicate event id", () => {
    const cloud = mockVendorCloud();
    cloud.publish(written);
    expect(() => cloud.publish(written)).toThrow(expect.objectContaining({ code: "invalid_event" }));
    cloud.publish({ ...written, source: "urn:other" });
  });

  test("about a device throws and changes nothing", () => {
    const cloud = mockVendorCloud({ devices: 2 });
    const [one] = cloud.devices;
    const before = JSON.stringify(cloud.devices);
    const unknown = expect.objectContaining({ code: "unknown_device" });
    const invalid = expect.objectContaining({ code: "invalid_device" });
    expect(() => cloud.setStatus("none", "offline")).toThrow(unknown);
    expect(() => cloud.removeDevice("none")).toThrow(unknown);
    expect(() => cloud.setStatus(String(one?.device_id), "dead" as "offline")).toThrow(invalid);
    expect(() => cloud.addDevice(JSON.parse(JSON.stringify(one)))).toThrow(invalid);
    expect(() =>
      cloud.addDevice({ ...JSON.parse(JSON.stringify(one)), device_id: "x", site_id: "x" }),
    ).toThrow(invalid);
    expect(JSON.stringify(cloud.devices)).toBe(before);
  });
});
