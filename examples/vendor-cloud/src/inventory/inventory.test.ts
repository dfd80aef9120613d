import { systemClock } from "@convergint/delivery";
import { devicePageSchema, deviceSchema, orgPageSchema, sitePageSchema } from "@convergint/schemas";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  estate,
  HEALTH_KEY,
  ORGS,
  type RunningCampus,
  startCampus,
  UNIVERSITY_KEY,
} from "../testing/running-campus.ts";

let campus: RunningCampus;
let now = Date.now();
beforeAll(async () => {
  campus = await startCampus({ clock: { ...systemClock, now: () => now } });
});
afterAll(() => campus.close());

const allIds = estate.devices.map(({ device_id }) => device_id).sort();
const idsOf = (devices: readonly { device_id: string }[]) => devices.map(({ device_id }) => device_id);
const cameras = estate.devices.filter(({ type }) => type === "camera");

/** Changes statuses all over the campus. */
let churned = 0;
const churn = async () => {
  churned += 1;
  for (let picked = 0; picked < 3; picked += 1) {
    const device = cameras[(churned * 37 + picked * 101) % cameras.length];
    await campus.setStatus(device?.device_id ?? "", churned % 2 === 0 ? "online" : "offline");
  }
};

describe("listing devices", () => {
  it.each([7, 100, 499, 1000, 5000])(
    "gives each device once by pages of %d while statuses change",
    async (limit) => {
      expect(idsOf(await campus.listDevices(`limit=${limit}`, churn))).toEqual(allIds);
    },
  );

  it("lists each device once for any page size and site", async () => {
    const sites = [undefined, ...estate.sites.map(({ site_id }) => site_id)];
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 30, max: 1200 }), fc.constantFrom(...sites), async (limit, site) => {
        const query = site === undefined ? `limit=${limit}` : `limit=${limit}&site_id=${site}`;
        const expected = estate.devices.filter(({ site_id }) => site === undefined || site_id === site);
        expect(idsOf(await campus.listDevices(query, churn))).toEqual(idsOf(expected).sort());
      }),
      { numRuns: 25 },
    );
  });

  it("repeats the first page's snapshot on every page, and its limit by default", async () => {
    const first = devicePageSchema.parse((await campus.call("/v1/devices?limit=300")).body);
    const second = devicePageSchema.parse(
      (await campus.call(`/v1/devices?cursor=${first.next_cursor}`)).body,
    );
    expect(second.snapshot).toEqual(first.snapshot);
    expect(second.data).toHaveLength(300);
    expect(first.snapshot.total_count).toBe(1200);
    const other = devicePageSchema.parse((await campus.call("/v1/devices?limit=300")).body);
    expect(other.snapshot.id).not.toBe(first.snapshot.id);
  });

  it("serves 100 devices by default, and ends a full last page with null", async () => {
    const page = devicePageSchema.parse((await campus.call("/v1/devices")).body);
    expect(page.data).toHaveLength(100);
    const whole = await campus.call(`/v1/devices?limit=520&site_id=${estate.sites[0]?.site_id}`);
    expect(devicePageSchema.parse(whole.body)).toMatchObject({ next_cursor: null });
  });

  it("filters by org, by site and by both", async () => {
    const ofHealth = await campus.listDevices(`org_id=${ORGS.health}&limit=1000`);
    expect(ofHealth).toHaveLength(280);
    expect(ofHealth.every(({ org_id }) => org_id === ORGS.health)).toBe(true);
    const site = estate.sites[1]?.site_id;
    expect(await campus.listDevices(`site_id=${site}&org_id=${ORGS.university}`)).toHaveLength(240);
    const elsewhere = await campus.call(`/v1/devices?site_id=${site}&org_id=${ORGS.health}`);
    expect([elsewhere.status, elsewhere.body.code]).toEqual([404, "unknown_site"]);
  });

  it("filters by system, with and without a site, also for a system without devices there", async () => {
    const [here, there] = estate.sites;
    const ofSite = estate.devices.filter(({ site_id }) => site_id === here?.site_id);
    const systems = new Set(ofSite.flatMap(({ system_id }) => system_id ?? []));
    expect(systems.size).toBe(2);
    for (const system of systems) {
      const expected = ofSite.filter(({ system_id }) => system_id === system).length;
      expect(await campus.listDevices(`system_id=${system}&limit=1000`)).toHaveLength(expected);
      expect(
        await campus.listDevices(`system_id=${system}&site_id=${here?.site_id}&limit=1000`),
      ).toHaveLength(expected);
      expect(await campus.listDevices(`system_id=${system}&site_id=${there?.site_id}`)).toEqual([]);
    }
    const unknown = await campus.call("/v1/devices?system_id=none");
    expect([unknown.status, unknown.body.code]).toEqual([404, "unknown_system"]);
  });

  it("answers an empty site with an empty page", async () => {
    const annex = estate.sites.find(({ name }) => name === "Lakefront Annex");
    const { status, body } = await campus.call(`/v1/devices?site_id=${annex?.site_id}`);
    expect(status).toBe(200);
    expect(devicePageSchema.parse(body)).toMatchObject({
      data: [],
      next_cursor: null,
      snapshot: { total_count: 0 },
    });
  });

  it("serves one device as the listing does", async () => {
    const [device] = await campus.listDevices("limit=1000");
    const { body } = await campus.call(`/v1/devices/${device?.device_id}`);
    expect(deviceSchema.parse(body)).toEqual(device);
  });
});

describe("listing orgs and sites", () => {
  it("has pages like any listing", async () => {
    const orgs = orgPageSchema.parse((await campus.call("/v1/orgs?limit=1")).body);
    expect(orgs).toMatchObject({ snapshot: { total_count: 2 }, data: [{ name: expect.any(String) }] });
    const rest = orgPageSchema.parse((await campus.call(`/v1/orgs?cursor=${orgs.next_cursor}`)).body);
    expect(rest).toMatchObject({ next_cursor: null, snapshot: orgs.snapshot });
    expect(rest.data[0]?.org_id).not.toBe(orgs.data[0]?.org_id);
    expect(sitePageSchema.parse((await campus.call("/v1/sites")).body).data).toHaveLength(6);
    const ofHealth = await campus.call(`/v1/sites?org_id=${ORGS.health}`);
    expect(sitePageSchema.parse(ofHealth.body).data).toHaveLength(2);
  });
});

describe("a tenant", () => {
  it("sees only its own data", async () => {
    const orgs = orgPageSchema.parse((await campus.call("/v1/orgs", { key: HEALTH_KEY })).body);
    expect(orgs.data.map(({ org_id }) => org_id)).toEqual([ORGS.health]);
    const sites = sitePageSchema.parse((await campus.call("/v1/sites", { key: HEALTH_KEY })).body);
    expect(sites.data.every(({ org_id }) => org_id === ORGS.health)).toBe(true);
    const devices = await campus.call("/v1/devices?limit=1000", { key: HEALTH_KEY });
    const page = devicePageSchema.parse(devices.body);
    expect(page.data).toHaveLength(280);
    expect(page.snapshot.total_count).toBe(280);
    expect(page.data.every(({ org_id }) => org_id === ORGS.health)).toBe(true);
  });

  it.each([
    ["org", `/v1/devices?org_id=${ORGS.university}`, "unknown_org"],
    ["org's sites", `/v1/sites?org_id=${ORGS.university}`, "unknown_org"],
    ["site", `/v1/devices?site_id=${estate.sites[0]?.site_id}`, "unknown_site"],
    [
      "system",
      `/v1/devices?system_id=${estate.devices.find(({ system_id }) => system_id)?.system_id}`,
      "unknown_system",
    ],
    ["device", `/v1/devices/${estate.devices[0]?.device_id}`, "unknown_device"],
  ])("is told that the other's %s does not exist, in the words for what never did", async (_, path, code) => {
    const theirs = await campus.call(path, { key: HEALTH_KEY });
    expect(theirs).toMatchObject({ status: 404, body: { code } });
    const nobodys = await campus.call(path.replace(/[0-9a-f-]{36}$/, "nothing"), { key: HEALTH_KEY });
    expect(nobodys.body).toEqual(theirs.body);
  });

  it("cannot use another tenant's cursor", async () => {
    const { body } = await campus.call("/v1/devices", { key: UNIVERSITY_KEY });
    const { next_cursor } = devicePageSchema.parse(body);
    const stolen = await campus.call(`/v1/devices?cursor=${next_cursor}`, { key: HEALTH_KEY });
    expect(stolen).toMatchObject({ status: 400, body: { code: "invalid_cursor" } });
  });
});

describe("a cursor", () => {
  const firstCursor = async (query = "") => {
    const page = devicePageSchema.parse((await campus.call(`/v1/devices?${query}`)).body);
    return page.next_cursor ?? "";
  };

  it("works with its own filters or without filters", async () => {
    const cursor = await firstCursor(`org_id=${ORGS.health}`);
    const again = await campus.call(`/v1/devices?cursor=${cursor}&org_id=${ORGS.health}&limit=5`);
    expect(devicePageSchema.parse(again.body).data).toHaveLength(5);
    const other = await campus.call(`/v1/devices?cursor=${cursor}&org_id=${ORGS.university}`);
    expect(other).toMatchObject({ status: 400, body: { code: "invalid_cursor" } });
    const narrower = await campus.call(`/v1/devices?cursor=${cursor}&site_id=${estate.sites[5]?.site_id}`);
    expect(narrower).toMatchObject({ status: 400, body: { code: "invalid_cursor" } });
  });

  it("is rejected if altered or sent to another listing", async () => {
    const cursor = await firstCursor();
    for (let at = 0; at < cursor.length; at += 23) {
      const forged = cursor.slice(0, at) + (cursor[at] === "A" ? "B" : "A") + cursor.slice(at + 1);
      expect(await campus.call(`/v1/devices?cursor=${forged}`)).toMatchObject({ status: 400 });
    }
    // A lenient base64 decoder would decode each of these texts to the bytes of the valid text.
    for (const same of [
      `${cursor}.x`,
      `${cursor}=`,
      `${cursor}~`,
      `${cursor.slice(0, -3)}~${cursor.slice(-3)}`,
    ])
      expect([same, (await campus.call(`/v1/devices?cursor=${same}`)).status]).toEqual([same, 400]);
    expect(await campus.call(`/v1/sites?cursor=${cursor}`)).toMatchObject({
      body: { code: "invalid_cursor" },
    });
  });

  it("expires ten minutes after its page", async () => {
    const cursor = await firstCursor();
    const start = now;
    now = start + 599_000;
    expect(await campus.call(`/v1/devices?cursor=${cursor}`)).toMatchObject({ status: 200 });
    now = start + 600_000;
    const late = await campus.call(`/v1/devices?cursor=${cursor}`);
    expect(late).toMatchObject({ status: 410, body: { code: "cursor_expired" } });
  });
});

describe("a query parameter", () => {
  it.each([
    ["/v1/devices?limit=", 400, "invalid_limit"],
    ["/v1/devices?cursor=", 400, "invalid_cursor"],
    ["/v1/devices?since=", 400, "invalid_sync_token"],
    ["/v1/events?after=", 400, "invalid_parameter"],
    ["/v1/devices?org_id=", 404, "unknown_org"],
    ["/v1/devices?site_id=", 404, "unknown_site"],
    ["/v1/devices?limit=5&limit=6", 400, "invalid_parameter"],
  ])("that is empty or repeated is refused: %s", async (path, status, code) => {
    expect(await campus.call(path)).toMatchObject({ status, body: { code } });
  });
});

describe("a sandbox command with the id of another place", () => {
  const [device] = cameras;
  const site = estate.sites.find(({ org_id }) => org_id !== device?.org_id);
  it.each([
    ["a site of another org", site?.site_id, 400, "invalid_body"],
    ["a site that does not exist", "no-such-site", 404, "unknown_site"],
  ])("refuses a move to %s", async (_case, site_id, status, code) => {
    const path = `/sandbox/devices/${device?.device_id}/move`;
    expect(await campus.call(path, { method: "POST", json: { site_id } })).toMatchObject({
      status,
      body: { code },
    });
  });
});
