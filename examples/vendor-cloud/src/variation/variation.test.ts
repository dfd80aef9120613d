import type { Device, Page } from "@convergint/schemas";
import { createVirtualClock } from "@convergint/testing/virtual-clock";
import { describe, expect, test } from "vitest";
import { estate, KEY, startCampus } from "../testing/running-campus.ts";
import { differencesOf, drawVariation, idWriter, PLAIN, type Variation } from "./variation.ts";

const SEEDS = Array.from({ length: 300 }, (_, seed) => seed);

test("the same seed draws the same variation", () => {
  expect(drawVariation(5)).toEqual(drawVariation(5));
  expect(differencesOf(PLAIN)).toEqual({});
});

test("the seeds vary every member", () => {
  const varied = new Set(SEEDS.flatMap((seed) => Object.keys(differencesOf(drawVariation(seed)))));
  expect(varied).toEqual(new Set(Object.keys(PLAIN)));
});

describe("a varied campus", () => {
  const start = (variation: Partial<Variation>) =>
    startCampus({ maxBuildings: 1, variation: { ...PLAIN, ...variation } });

  test("closes the connection after an answer in HTTP/1.0, in pieces without a length", async () => {
    const campus = await start({ http: "1.0", chunked: true });
    const { headers, body } = await campus.call("/.well-known/vendor-cloud");
    expect([headers.get("connection"), headers.get("content-length")]).toEqual(["close", null]);
    expect(body).toMatchObject({ contract_version: "1.0" });
    await campus.close();
  });

  test.each(["slash", "percent", "emoji", "query", "prefixed", "long"] as const)(
    "finds a device by an id in the style %s",
    async (ids) => {
      const campus = await start({ ids });
      const [first] = await campus.listDevices("limit=1000");
      const id = first?.device_id ?? "";
      expect(estate.devices.map(({ device_id }) => idWriter({ ids })(device_id))).toContain(id);
      const { body } = await campus.call(`/v1/devices/${encodeURIComponent(id)}`);
      expect(body).toMatchObject({ device_id: id });
      await campus.close();
    },
  );

  test("serves manifest, API and control below different paths", async () => {
    const paths = { manifest: "/acme", api: "/api", control: "/lab" };
    const campus = await start({ paths });
    const { origin } = new URL(campus.baseUrl);
    expect(campus.baseUrl).toBe(`${origin}/acme`);
    expect((await campus.call("/.well-known/vendor-cloud")).body).toMatchObject({
      api_base: `${origin}/api`,
      sandbox: { control_url: `${origin}/lab/sandbox` },
    });
    const headers = { authorization: `Bearer ${KEY}` };
    expect((await fetch(`${origin}/api/v1/orgs`, { headers })).status).toBe(200);
    await campus.close();
  });

  test.each(["descending", "scattered"] as const)(
    "lists every device once in %s order, while devices change by themselves",
    async (order) => {
      const clock = createVirtualClock();
      const unrest = ["status", "rename"] as const;
      const variation = { ...PLAIN, order, unrestSeconds: 1, unrest };
      const campus = await startCampus({ maxBuildings: 1, clock, variation });
      const devices = await clock.run(() => campus.listDevices("limit=30", () => clock.advance(2000)));
      const ids = devices.map(({ device_id }) => device_id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids).toHaveLength(200);
      expect(ids).not.toEqual(ids.toSorted());
      const again = await clock.run(() => campus.listDevices("limit=1000"));
      expect(again.map(({ device_id }) => device_id)).toEqual(ids);
      expect(again).not.toEqual(devices);
      await clock.run(() => campus.close());
    },
  );

  test.each([
    ["half", 50],
    ["gaps", 100],
  ] as const)("lists every device once when pages are filled as %s", async (fill, least) => {
    const campus = await start({ fill, totalCount: false });
    const sizes: number[] = [];
    const ids = new Set<string>();
    for (let cursor = ""; ; ) {
      const { body } = await campus.call(`/v1/devices?limit=${least === 50 ? 100 : 40}${cursor}`);
      const { data, next_cursor, snapshot } = body as Page<Device>;
      for (const { device_id } of data) ids.add(device_id);
      sizes.push(data.length);
      expect(snapshot.total_count).toBeUndefined();
      if (next_cursor === null) break;
      cursor = `&cursor=${next_cursor}`;
    }
    expect(ids.size).toBe(200);
    if (fill === "gaps") expect(sizes).toEqual([40, 0, 40, 0, 40, 0, 40, 0, 40]);
    else expect(sizes.slice(0, -1).every((size) => size >= least && size <= 100)).toBe(true);
    await campus.close();
  });

  test("lists devices from a replica that is behind, and says how far", async () => {
    const clock = createVirtualClock();
    const variation = { ...PLAIN, listingLagMs: 1000 };
    const campus = await startCampus({ maxBuildings: 1, clock, variation });
    await clock.run(async () => {
      const [first] = await campus.listDevices("limit=1");
      const path = encodeURIComponent(first?.device_id ?? "");
      await campus.setStatus(path, "offline");
      const read = async () => {
        const { body } = await campus.call("/v1/devices?limit=1");
        const { data, snapshot } = body as Page<Device>;
        return [data[0]?.status, clock.now() - Date.parse(snapshot.as_of)];
      };
      expect(((await campus.call(`/v1/devices/${path}`)).body as Device).status).toBe("offline");
      expect(await read()).toEqual([first?.status, 1000]);
      await clock.advance(1001);
      expect(await read()).toEqual(["offline", 1000]);
    });
    await clock.run(() => campus.close());
  });

  test("writes media types with parameters, and omits Date", async () => {
    const headersOf = async (headers: Variation["headers"]) => {
      const campus = await start({ headers });
      const { headers: got } = await campus.call("/.well-known/vendor-cloud");
      await campus.close();
      return [got.get("content-type"), got.has("date")];
    };
    expect(await headersOf("parameters")).toEqual(['Application/json; Charset="UTF-8"', true]);
    expect(await headersOf("dateless")).toEqual(["application/json; charset=utf-8", false]);
  });
});
