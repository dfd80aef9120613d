import { systemClock } from "@convergint/delivery";
import {
  type Device,
  type DeviceChange,
  deviceChangePageSchema,
  deviceSchema,
  type OrgId,
} from "@convergint/schemas";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { estate, HEALTH_KEY, KEY, ORGS, type RunningCampus, startCampus } from "../testing/running-campus.ts";

const clock = { ...systemClock, offsetMs: 0, now: () => Date.now() + clock.offsetMs };
let campus: RunningCampus;
beforeEach(async () => {
  clock.offsetMs = 0;
  campus = await startCampus({ clock });
});
afterEach(() => campus.close());

const sitesOf = (orgId: OrgId) => estate.sites.filter(({ org_id }) => org_id === orgId);
const [home, away] = sitesOf(ORGS.university);
const camera = estate.devices.find(
  ({ type, status, site_id }) => type === "camera" && status === "online" && site_id === home?.site_id,
);
const cameraId = camera?.device_id ?? "";

/** Reads a listing to its end. */
async function read(query: string, key = KEY): Promise<{ items: DeviceChange[]; token: string }> {
  const items: DeviceChange[] = [];
  let path = `/v1/devices?${query}`;
  for (;;) {
    const page = deviceChangePageSchema.parse((await campus.call(path, { key })).body);
    items.push(...page.data);
    if (page.next_cursor === null) return { items, token: page.sync_token ?? "" };
    expect(page.sync_token).toBeUndefined();
    path = `/v1/devices?cursor=${page.next_cursor}`;
  }
}
const since = (token: string, query = "") => read(`since=${encodeURIComponent(token)}&${query}`);
const command = (path: string, json: object, method = "POST") =>
  campus.call(`/sandbox/devices${path}`, { method, ...(method === "POST" && { json }) });
const add = async (site = home?.site_id) =>
  deviceSchema.parse((await command("", { site_id: site, type: "camera", name: "New" })).body) as Device;
const remove = (id: string) => command(`/${id}`, {}, "DELETE");
const idsOf = (items: readonly DeviceChange[]) => items.map(({ device_id }) => device_id);

describe("a listing of changes", () => {
  it("is empty, then has each changed, added and removed device once and complete", async () => {
    const { token } = await read("limit=500");
    const nothing = await since(token);
    expect(nothing.items).toEqual([]);
    await campus.setStatus(cameraId, "offline");
    await campus.setStatus(cameraId, "degraded");
    const added = await add();
    const gone = await add();
    await remove(gone.device_id);
    const { items } = await since(nothing.token);
    expect(new Set(idsOf(items))).toEqual(new Set([cameraId, added.device_id, gone.device_id]));
    expect(items).toHaveLength(3);
    expect(items.find(({ device_id }) => device_id === cameraId)).toMatchObject({ status: "degraded" });
    expect(items.find(({ device_id }) => device_id === gone.device_id)).toEqual({
      device_id: gone.device_id,
      org_id: gone.org_id,
      site_id: gone.site_id,
      lifecycle: "removed",
      removed_at: expect.any(String),
    });
    expect((await campus.call(`/v1/devices/${gone.device_id}`)).status).toBe(404);
  });

  it("includes changes made while the previous listing was read", async () => {
    const first = deviceChangePageSchema.parse((await campus.call("/v1/devices?limit=1000")).body);
    await campus.setStatus(cameraId, "offline");
    const last = deviceChangePageSchema.parse(
      (await campus.call(`/v1/devices?cursor=${first.next_cursor}`)).body,
    );
    expect(idsOf((await since(last.sync_token ?? "")).items)).toContain(cameraId);
  });

  it("includes devices that no longer match the filter", async () => {
    const filter = `site_id=${home?.site_id}`;
    const { token } = await read(`${filter}&limit=1000`);
    await command(`/${cameraId}/move`, { site_id: away?.site_id });
    const { items } = await since(token, filter);
    expect(items).toMatchObject([{ device_id: cameraId, site_id: away?.site_id }]);
    const there = await read(`site_id=${away?.site_id}&limit=1000`);
    expect(idsOf(there.items)).toContain(cameraId);
    expect(idsOf((await read(`${filter}&limit=1000`)).items)).not.toContain(cameraId);
  });

  it("contains nothing of another tenant", async () => {
    const { token } = await read("limit=1000", HEALTH_KEY);
    await campus.setStatus(cameraId, "offline");
    const { items } = await read(`since=${token}`, HEALTH_KEY);
    expect(items).toEqual([]);
  });

  it("turns the previous listing into the current listing, whatever happened in between", async () => {
    let { items, token } = await read("limit=1000");
    const known = new Map(items.map((item) => [item.device_id, item]));
    const ours: string[] = [];
    const step = fc.constantFrom("status", "add", "move", "remove");
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 5 }), async (steps) => {
        for (const each of steps) {
          const last = ours.at(-1);
          if (each === "add") ours.push((await add()).device_id);
          else if (each === "status")
            await campus.setStatus(cameraId, Math.random() < 0.5 ? "online" : "offline");
          else if (last === undefined) continue;
          else if (each === "move") await command(`/${last}/move`, { site_id: away?.site_id });
          else await remove(ours.pop() ?? "");
        }
        ({ items, token } = await since(token));
        for (const item of items) {
          if (item.lifecycle === "removed") known.delete(item.device_id);
          else known.set(item.device_id, item);
        }
        const now = await read("limit=1000");
        expect(new Map(now.items.map((item) => [item.device_id, item]))).toEqual(known);
      }),
      { numRuns: 15 },
    );
  });
});

describe("a token", () => {
  it.each([
    ["that was not issued", async () => "since=made-up", 400, "invalid_sync_token"],
    [
      "that only a lenient reader of base64 takes for an issued one",
      async () => `since=${(await read("limit=1000")).token}.x`,
      400,
      "invalid_sync_token",
    ],
    [
      "of other filters",
      async () => `since=${(await read("limit=1000")).token}&site_id=${home?.site_id}`,
      400,
      "invalid_sync_token",
    ],
    [
      "of another tenant",
      async () => `since=${(await read("limit=1000", HEALTH_KEY)).token}`,
      400,
      "invalid_sync_token",
    ],
    [
      "that is thirty days old",
      async () => {
        const { token } = await read("limit=1000");
        clock.offsetMs = 30 * 86_400_000;
        return `since=${token}`;
      },
      410,
      "sync_token_expired",
    ],
  ])("%s is refused", async (_, query, status, code) => {
    expect(await campus.call(`/v1/devices?${await query()}`)).toMatchObject({ status, body: { code } });
  });
});

describe("a conditional request", () => {
  const ask = async (path: string, etag?: string) => {
    const answer = await fetch(campus.baseUrl + path, {
      headers: { authorization: `Bearer ${KEY}`, ...(etag && { "if-none-match": etag }) },
    });
    return { status: answer.status, etag: answer.headers.get("etag") ?? "", body: await answer.text() };
  };

  it.each(["/v1/devices?limit=10", "/v1/devices/:id", "/v1/sites", "/v1/orgs"])(
    "for %s is answered with 304 while nothing has changed",
    async (template) => {
      const path = template.replace(":id", cameraId);
      const { etag, status } = await ask(path);
      expect(status).toBe(200);
      expect(await ask(path, etag)).toEqual({ status: 304, etag, body: "" });
      expect((await ask(path, `"other", ${etag}`)).status).toBe(304);
      await campus.setStatus(cameraId, "offline");
      const isOfDevices = path.includes("devices");
      // The camera is on a later page. The ETag of the first page changes too, because the ETag covers the
      // whole listing.
      expect((await ask(path, etag)).status).toBe(isOfDevices ? 200 : 304);
    },
  );

  it("with a cursor is never answered with 304", async () => {
    const first = await ask("/v1/devices?limit=10");
    const { next_cursor } = JSON.parse(first.body);
    const second = await ask(`/v1/devices?cursor=${next_cursor}`, first.etag);
    expect([second.status, second.etag]).toEqual([200, ""]);
    expect((await ask(`/v1/devices?cursor=${next_cursor}`, "*")).status).toBe(200);
  });
});

it("compresses pages for clients that accept it", async () => {
  const encodingFor = async (accepted: string) => {
    const headers = { authorization: `Bearer ${KEY}`, "accept-encoding": accepted };
    return (await fetch(`${campus.baseUrl}/v1/devices`, { headers })).headers.get("content-encoding");
  };
  expect(await encodingFor("gzip, br")).toBe("gzip");
  expect(await encodingFor("identity")).toBeNull();
});
