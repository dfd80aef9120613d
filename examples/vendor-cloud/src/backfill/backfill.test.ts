import { type Event, eventPageSchema } from "@convergint/schemas";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HEALTH_KEY, ORGS } from "../testing/running-campus.ts";
import { camera, openWorld, type WebhookWorld } from "../testing/webhook-world.ts";

let world: WebhookWorld;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

const HOUR_MS = 3_600_000;
const change = (status: string) => world.campus.setStatus(camera.device_id, status);

async function backfill(query: string): Promise<Event[]> {
  const events: Event[] = [];
  let path: string | null = `/v1/events?${query}`;
  while (path !== null) {
    const page = eventPageSchema.parse((await world.campus.call(path)).body);
    events.push(...page.data);
    path = page.next_cursor === null ? null : `/v1/events?cursor=${page.next_cursor}`;
  }
  return events;
}

describe("backfill", () => {
  it("lists, page by page, events that were posted and events without a receiver", async () => {
    await change("offline");
    const hooks = await world.receiver();
    await world.register(hooks.url);
    for (const status of ["online", "degraded", "online"]) await change(status);
    const posted = (await hooks.receives(3)).map(({ body }) => JSON.parse(body));
    const all = await backfill("");
    expect(all.map(({ data }) => data["status"])).toEqual(["offline", "online", "degraded", "online"]);
    expect(all.slice(1)).toEqual(expect.arrayContaining(posted));
    expect(await backfill("limit=2")).toEqual(all);
  });

  it("starts at the requested time", async () => {
    await change("offline");
    await world.quiet(20);
    const after = new Date(world.clock.now()).toISOString();
    await world.quiet(20);
    await change("online");
    expect((await backfill(`after=${after}`)).map(({ data }) => data["status"])).toEqual(["online"]);
  });

  it("lists events of the orgs that the key sees, or of one of them", async () => {
    await change("offline");
    expect(await backfill(`org_id=${ORGS.university}`)).toHaveLength(1);
    expect(await backfill(`org_id=${ORGS.health}`)).toEqual([]);
    const call = (path: string) => world.campus.call(path, { key: HEALTH_KEY });
    expect((await call("/v1/events")).body).toMatchObject({ data: [], next_cursor: null });
    expect(await call(`/v1/events?org_id=${ORGS.university}`)).toMatchObject({
      status: 404,
      body: { code: "unknown_org" },
    });
  });

  it.each([
    ["after=yesterday", 400, "invalid_parameter"],
    ["org_id=unknown", 404, "unknown_org"],
    ["cursor=made-up", 400, "invalid_cursor"],
    [`after=${new Date(Date.now() - 169 * HOUR_MS).toISOString()}`, 410, "backfill_expired"],
  ])("refuses %s", async (query, status, code) => {
    expect(await world.campus.call(`/v1/events?${query}`)).toMatchObject({ status, body: { code } });
  });

  it("accepts a time just within the retention", async () => {
    const after = new Date(Date.now() - 167 * HOUR_MS).toISOString();
    expect(await backfill(`after=${after}`)).toEqual([]);
  });

  it("refuses a cursor with another time than that of its listing", async () => {
    for (const status of ["offline", "online"]) await change(status);
    const hourAgo = new Date(world.clock.now() - HOUR_MS).toISOString();
    const page = eventPageSchema.parse((await world.campus.call(`/v1/events?limit=1&after=${hourAgo}`)).body);
    const path = `/v1/events?cursor=${page.next_cursor}`;
    expect(await world.campus.call(`${path}&after=${hourAgo}`)).toMatchObject({ status: 200 });
    const other = new Date(world.clock.now()).toISOString();
    expect(await world.campus.call(`${path}&after=${other}`)).toMatchObject({
      status: 400,
      body: { code: "invalid_cursor" },
    });
    expect(await world.campus.call(`${path}&after=yesterday`)).toMatchObject({ status: 400 });
  });
});
