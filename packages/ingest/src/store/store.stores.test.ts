import { randomUUID } from "node:crypto";
import { createVendorClient } from "@convergint/client";
import { deviceSchema, sortableTimestamp } from "@convergint/schemas";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import type { Change } from "../domain/change.ts";
import { NO_FAULTS } from "../domain/fault.ts";
import type { StagedDevice } from "../domain/inventory.ts";
import { sync as syncInventory } from "../sync/sync.ts";
import { toAcceptedEvent, toStagedDevice } from "../testing/domain-objects.ts";
import { listed, startVendor } from "../testing/stand-in-vendor.ts";
import { addIntegration, BACKENDS, openTestStore } from "../testing/stores.ts";
import type { DeviceView } from "./device-store.ts";
import type { Staging } from "./inventory-store.ts";
import type { Store } from "./store.ts";

const AT = "2026-11-23T09:00:00.000Z";
const HISTORY = { customerIds: null, before: null };
const EVERYTHING = { customerIds: null, integrationId: null, after: 0, limit: 1000 };
const ALL_EVENTS = { ...EVERYTHING, quarantined: false };
const ALL_DEVICES = {
  integrationId: null,
  customerIds: null,
  customerSiteId: null,
  siteId: null,
  systemId: null,
  status: null,
  type: null,
  bound: null,
  withRemoved: true,
  after: null,
  limit: 1000,
};

describe.each(BACKENDS)("the store on $name", (backend) => {
  let isAvailable = false;
  let store: Store;
  let integrationId: string;
  beforeAll(async () => {
    isAvailable = await backend.start();
    if (isAvailable) store = await openTestStore(await backend.database());
  });
  afterAll(async () => {
    await store?.close();
    await backend.stop();
  });
  beforeEach(async ({ skip }) => {
    if (!isAvailable) skip();
    integrationId = await addIntegration(store);
  });

  const bind = (
    customerId = "customer",
    siteId: string | null = null,
    customerSiteId: string | null = null,
  ) => store.bindings.bind({ integrationId, orgId: "org", siteId, customerId, customerSiteId, boundAt: AT });
  const commit = (...events: Parameters<typeof toAcceptedEvent>[1][]) =>
    store.events.commit(events.map((event) => toAcceptedEvent(integrationId, event)));
  const device = (deviceId: string) => store.devices.get(integrationId, deviceId);
  const feed = async (): Promise<readonly Change[]> => store.changes.read({ ...EVERYTHING, integrationId });
  const kinds = async () => (await feed()).map(({ kind, device_id }) => `${kind} ${device_id}`);
  const lease = () => ({ name: `sync:${integrationId}`, owner: "me" });
  async function sync(
    devices: readonly StagedDevice[],
    gone: readonly string[] = [],
    vanished: "remove" | "hold" = "remove",
  ) {
    const staging = { syncId: randomUUID(), integrationId };
    await store.leases.take(lease().name, "me", 30);
    await store.inventory.stage(staging, devices);
    const goneAt = sortableTimestamp("2026-11-23T08:55:00Z");
    await store.inventory.stage(
      staging,
      gone.map((deviceId) => ({ deviceId, goneAt })),
    );
    return applyAll(staging, vanished);
  }
  /** Applies what is staged, in as many steps as this takes. */
  async function applyAll(staging: Staging, vanished: "remove" | "hold" = "remove", limit?: number) {
    for (;;) {
      const counts = await store.inventory.apply(staging, vanished, lease(), AT, limit);
      if (counts) return counts;
    }
  }

  describe("events", () => {
    test("are stored once, within a batch and across batches", async () => {
      await bind();
      expect((await commit({ id: "a" }, { id: "b" }, { id: "a" })).outcomes).toEqual([
        "stored",
        "stored",
        "duplicate",
      ]);
      expect((await commit({ id: "b" }, { id: "c" })).outcomes).toEqual(["duplicate", "stored"]);
      const listed = await store.events.list({ ...ALL_EVENTS, integrationId });
      expect(listed.map(({ body }) => JSON.parse(body).id)).toEqual(["a", "b", "c"]);
    });

    test("with the same id from two sources or two integrations are two events", async () => {
      const other = await addIntegration(store);
      await bind();
      const { outcomes } = await store.events.commit([
        toAcceptedEvent(integrationId, { id: "a", source: "urn:one" }),
        toAcceptedEvent(integrationId, { id: "a", source: "urn:two" }),
        toAcceptedEvent(other, { id: "a", source: "urn:one" }),
      ]);
      expect(outcomes).toEqual(["stored", "stored", "quarantined"]);
    });

    test("set the status if they are the latest, else count as late", async () => {
      await bind();
      await commit({ id: "a", time: "2026-11-23T08:30:00Z", data: { status: "offline" } });
      const { late } = await commit(
        { id: "b", time: "2026-11-23T08:29:00Z", data: { status: "online" } },
        { id: "c", time: "2026-11-23T08:28:00Z", data: { status: "degraded", device_id: "cam-2" } },
      );
      expect(late).toBe(1);
      expect(await device("cam-1")).toMatchObject({ status: "offline" });
      expect(await device("cam-2")).toMatchObject({ status: "degraded" });
    });

    test("add, update and remove a device", async () => {
      await bind();
      const whole = { device_id: "cam-9", name: "Nine", type: "camera", status: "online" };
      const type = (name: string) => `com.convergint.device.${name}.v1`;
      await commit({ id: "1", type: type("added"), time: "2026-11-23T08:30:00Z", data: whole });
      expect(await device("cam-9")).toMatchObject({ name: "Nine", type: "camera", status: "online" });
      await commit(
        {
          id: "2",
          type: type("updated"),
          time: "2026-11-23T08:31:00Z",
          data: { ...whole, name: "9", site_id: "other", previous_site_id: "hq" },
        },
        // An event that is older than the stored record.
        {
          id: "3",
          type: type("updated"),
          time: "2026-11-23T08:30:30Z",
          data: { ...whole, name: "neuf", status: "offline" },
        },
      );
      expect(await device("cam-9")).toMatchObject({ name: "9", site_id: "other", status: "online" });
      await commit({
        id: "4",
        type: type("removed"),
        time: "2026-11-23T08:32:00Z",
        data: {
          device_id: "cam-9",
          lifecycle: "removed",
          removed_at: "2026-11-23T08:32:00Z",
          status: undefined,
        },
      });
      expect(await device("cam-9")).toMatchObject({ lifecycle: "removed" });
      expect(await kinds()).toEqual([
        "event cam-9",
        "device_added cam-9",
        "device_status cam-9",
        "event cam-9",
        "device_moved cam-9",
        "event cam-9",
        "event cam-9",
        "device_removed cam-9",
      ]);
    });

    test("that remove an unknown device do not add it", async () => {
      await bind();
      await commit({
        id: "gone",
        type: "com.convergint.device.removed.v1",
        data: {
          device_id: "ghost",
          lifecycle: "removed",
          removed_at: "2026-11-23T08:32:00Z",
          status: undefined,
        },
      });
      expect(await device("ghost")).toBeNull();
    });

    test("for new devices can be committed concurrently without a deadlock", async () => {
      let events = 0;
      // Each round uses new devices; each batch mentions 8 of them, each batch in a different order.
      for (let round = 0; round < 40; round += 1) {
        const devices = Array.from({ length: 12 }, (_, n) => `cam-${round}-${n}`);
        const batches = Array.from({ length: 6 }, (_, sender) => {
          const rotated = [...devices.slice(sender * 2), ...devices.slice(0, sender * 2)];
          return sender % 2 === 0 ? rotated.slice(0, 8) : rotated.slice(0, 8).toReversed();
        });
        const commits = batches.map((batch, sender) =>
          commit(...batch.map((device_id) => ({ id: `${sender}-${device_id}`, data: { device_id } }))),
        );
        for (const { outcomes } of await Promise.all(commits)) events += outcomes.length;
      }
      expect(events).toBe(40 * 6 * 8);
      expect(await store.devices.list({ ...ALL_DEVICES, integrationId })).toHaveLength(40 * 12);
    });

    test("of an unknown integration fail the whole batch", async () => {
      await bind();
      const events = [
        toAcceptedEvent(integrationId, { id: "a" }),
        toAcceptedEvent("int_unknown", { id: "b" }),
      ];
      await expect(store.events.commit(events)).rejects.toMatchObject({ code: "write_failed" });
      expect(await store.events.list({ ...ALL_EVENTS, integrationId })).toEqual([]);
      expect((await commit({ id: "a" })).outcomes).toEqual(["stored"]);
    });
  });

  describe("the feed", () => {
    test("has each event and each status change in the order of arrival, from any position", async () => {
      await bind();
      await commit({ id: "a", data: { status: "offline" } });
      await commit(
        { id: "b", time: "2026-11-23T08:31:00Z", data: { status: "offline" } },
        { id: "c", time: "2026-11-23T08:32:00Z", data: { status: "online" } },
      );
      expect(await kinds()).toEqual([
        "event cam-1",
        "device_added cam-1",
        "device_status cam-1",
        "event cam-1",
        "event cam-1",
        "device_status cam-1",
      ]);
      const all = await feed();
      for (const [index, { sequence }] of all.entries()) {
        const rest = await store.changes.read({ ...EVERYTHING, integrationId, after: sequence });
        expect(rest).toEqual(all.slice(index + 1));
      }
      expect(JSON.parse(all.at(-1)?.data ?? "")).toMatchObject({
        status: "online",
        previous_status: "offline",
      });
      expect(await store.changes.last()).toBe(all.at(-1)?.sequence);
    });

    test("can be read for one customer", async () => {
      await bind();
      await bind("other", "annex");
      await commit({ id: "a" }, { id: "b", data: { device_id: "cam-2", site_id: "annex" } });
      const of = async (...customerIds: string[]) =>
        new Set(
          (await store.changes.read({ ...EVERYTHING, integrationId, customerIds })).map(
            (each) => each.device_id,
          ),
        );
      expect(await of("customer")).toEqual(new Set(["cam-1"]));
      expect(await of("other")).toEqual(new Set(["cam-2"]));
      expect(await of("other", "customer", "unknown")).toEqual(new Set(["cam-1", "cam-2"]));
      const events = async (query: object) =>
        (await store.events.list({ ...EVERYTHING, integrationId, quarantined: false, ...query })).length;
      expect(await events({ customerIds: ["other"] })).toBe(1);
      expect(await events({ customerIds: ["other", "customer"] })).toBe(2);
      expect(await events({ customerIds: ["other"], quarantined: true })).toBe(0);
      await bind("other", "hq");
      const history = async (...customerIds: string[]) =>
        (
          await store.changes.history({
            ...HISTORY,
            customerIds,
            integrationId,
            deviceId: "cam-1",
            limit: 10,
          })
        ).length;
      expect(await history("customer")).toBe(1);
      expect(await history("other")).toBe(0);
    });

    test("has the history of a device, newest first", async () => {
      for (const [index, status] of ["offline", "online", "degraded"].entries()) {
        await commit({ id: `e${index}`, time: `2026-11-23T08:3${index}:00Z`, data: { status } });
      }
      const history = await store.changes.history({ ...HISTORY, integrationId, deviceId: "cam-1", limit: 2 });
      expect(history.map(({ data }) => JSON.parse(data).status)).toEqual(["degraded", "online"]);
      const before = history.at(-1)?.sequence ?? 0;
      const older = await store.changes.history({
        ...HISTORY,
        integrationId,
        deviceId: "cam-1",
        before: before,
        limit: 10,
      });
      expect(older.map(({ data }) => JSON.parse(data).status)).toEqual(["offline"]);
      const [first] = older;
      expect(
        await store.changes.history({
          ...HISTORY,
          integrationId,
          deviceId: "cam-1",
          before: first?.sequence ?? 0,
          limit: 10,
        }),
      ).toEqual([]);
      expect(
        await store.changes.history({
          ...HISTORY,
          integrationId,
          deviceId: "cam-1",
          before: (first?.sequence ?? 0) + 1,
          limit: 10,
        }),
      ).toEqual(older);
    });
  });

  test("keeps each device's history separate, and its newest part when older changes are deleted", async () => {
    const both = (id: string, status: string, minute: number) =>
      ["cam-1", "cam-2"].map((device_id) => ({
        id: `${id}-${device_id}`,
        time: `2026-11-23T08:3${minute}:00Z`,
        data: { device_id, status },
      }));
    await commit(...both("a", "offline", 0), ...both("b", "online", 1));
    // A binding changes the device, but not its history.
    await bind();
    await commit(...both("c", "degraded", 2));
    for (const deviceId of ["cam-1", "cam-2"]) {
      const history = await store.changes.history({ ...HISTORY, integrationId, deviceId, limit: 10 });
      expect(history.map(({ data }) => JSON.parse(data).status)).toEqual(["degraded", "online", "offline"]);
      expect(new Set(history.map(({ device_id }) => device_id))).toEqual(new Set([deviceId]));
    }
    const left = () => store.changes.history({ ...HISTORY, integrationId, deviceId: "cam-1", limit: 10 });
    while ((await left()).length === 3) await store.maintenance.dropChanges("2999-01-01T00:00:00.000Z", 1);
    expect((await left()).map(({ data }) => JSON.parse(data).status)).toEqual(["degraded", "online"]);
  });

  describe("quarantine", () => {
    test("holds events and devices of unbound places, and releases them in order", async () => {
      expect((await commit({ id: "a" }, { id: "b", data: { device_id: "cam-2" } })).outcomes).toEqual([
        "quarantined",
        "quarantined",
      ]);
      expect(await feed()).toEqual([]);
      expect(await store.events.list({ ...ALL_EVENTS, integrationId })).toEqual([]);
      expect(await store.events.list({ ...ALL_EVENTS, integrationId, quarantined: true })).toHaveLength(2);
      expect(await store.bindings.unbound(integrationId, 10)).toMatchObject([
        { orgId: "org", siteId: "hq", devices: 2, events: 2 },
      ]);
      expect(await device("cam-1")).toMatchObject({ status: "offline", customer_id: null });

      expect(await bind()).toEqual({ devices: 2, events: 2 });
      expect(await kinds()).toEqual([
        "device_added cam-1",
        "device_added cam-2",
        "event cam-1",
        "event cam-2",
      ]);
      expect(await device("cam-1")).toMatchObject({ customer_id: "customer", customer_site_id: "hq" });
      expect(await store.bindings.unbound(integrationId, 10)).toEqual([]);
      const [event] = (await feed()).filter(({ kind }) => kind === "event");
      expect(JSON.parse(event?.data ?? "").event.id).toBe("a");
      // Later events follow the released events in the feed.
      await commit({ id: "c", time: "2026-11-23T08:31:00Z" });
      expect((await kinds()).at(-1)).toBe("event cam-1");
      const listed = await store.events.list({ ...ALL_EVENTS, integrationId });
      expect(listed.map(({ body }) => JSON.parse(body).id)).toEqual(["a", "b", "c"]);
    });

    test("is left by the binding of a site, which takes precedence over that of the org", async () => {
      await commit({ id: "a" }, { id: "b", data: { device_id: "cam-2", site_id: "annex" } });
      expect(await bind("tenant", "annex", "their-annex")).toEqual({ devices: 1, events: 1 });
      expect(await bind("owner")).toEqual({ devices: 1, events: 1 });
      expect(await device("cam-1")).toMatchObject({ customer_id: "owner", customer_site_id: "hq" });
      expect(await device("cam-2")).toMatchObject({ customer_id: "tenant", customer_site_id: "their-annex" });
      expect(await store.bindings.all(integrationId)).toHaveLength(2);

      const where = { integrationId, orgId: "org", siteId: "annex" };
      expect(await store.bindings.unbind(where, AT)).toBe(true);
      expect(await store.bindings.unbind(where, AT)).toBe(false);
      expect(await device("cam-2")).toMatchObject({ customer_id: "owner", customer_site_id: "annex" });
      expect((await kinds()).slice(-2)).toEqual(["device_removed cam-2", "device_added cam-2"]);
    });

    test("makes its org and site known", async () => {
      await commit({ id: "a" });
      const isKnown = (orgId: string, siteId: string | null) =>
        store.bindings.isKnown({ integrationId, orgId, siteId });
      expect([await isKnown("org", null), await isKnown("org", "hq")]).toEqual([true, true]);
      expect([await isKnown("orgg", null), await isKnown("org", "annexe")]).toEqual([false, false]);
    });

    test("of one integration is not released by a binding of another", async () => {
      const other = await addIntegration(store);
      await commit({ id: "a" });
      const released = await store.bindings.bind({
        integrationId: other,
        orgId: "org",
        siteId: null,
        customerId: "other",
        customerSiteId: null,
        boundAt: AT,
      });
      expect(released).toEqual({ devices: 0, events: 0 });
      expect(await device("cam-1")).toMatchObject({ customer_id: null });
    });
  });

  describe("an inventory", () => {
    test("adds, updates, moves and removes devices, and observes their statuses", async () => {
      await bind();
      await commit({ id: "a", time: "2026-11-23T08:59:00Z", data: { status: "offline" } });
      const first = await sync([
        toStagedDevice({ device_id: "cam-1", status: "online" }),
        toStagedDevice({ device_id: "cam-2", status: "online" }),
        toStagedDevice({ device_id: "cam-3" }),
      ]);
      expect(first).toMatchObject({ added: 3, updated: 0, removed: 0 });
      // The event is later than the listing, so it wins.
      expect(await device("cam-1")).toMatchObject({ status: "offline", name: "a device" });
      expect(await store.devices.listedIds(integrationId, "9", "", 10)).toEqual(["cam-1", "cam-2", "cam-3"]);
      // An earlier listing cannot be expected to contain later records.
      expect(
        await store.devices.listedIds(integrationId, sortableTimestamp("2026-11-23T08:49:00Z"), "", 10),
      ).toEqual([]);

      const asOf = "2026-11-23T08:54:00Z";
      const second = await sync(
        [
          toStagedDevice({ device_id: "cam-1", name: "renamed" }, asOf),
          toStagedDevice({ device_id: "cam-2", site_id: "annex", status: "offline" }, asOf),
        ],
        ["cam-3"],
      );
      expect(second).toMatchObject({ added: 0, updated: 2, moved: 1, removed: 1, corrected: 1 });
      expect((await kinds()).slice(-4)).toEqual([
        "device_updated cam-1",
        "device_moved cam-2",
        "device_status cam-2",
        "device_removed cam-3",
      ]);
      expect(await device("cam-3")).toMatchObject({ lifecycle: "removed" });
      expect([
        await store.devices.count(integrationId, 10),
        await store.devices.count(integrationId, 1),
      ]).toEqual([2, 1]);
    });

    test("of many devices adds each to the feed once, in the order of their ids", async () => {
      await bind();
      const ids = Array.from({ length: 1700 }, (_, n) => `cam-${String(n).padStart(4, "0")}`);
      await sync(ids.map((device_id) => toStagedDevice({ device_id })));
      const changes = await store.changes.read({ ...EVERYTHING, integrationId, limit: 2000 });
      expect(changes.map(({ kind, device_id }) => `${kind} ${device_id}`)).toEqual(
        ids.map((id) => `device_added ${id}`),
      );
    });

    test("holds removals until a person decides or the device is listed again", async () => {
      await bind();
      const all = ["cam-1", "cam-2", "cam-3"].map((device_id) => toStagedDevice({ device_id }));
      await sync(all);
      expect(await sync([], ["cam-1", "cam-2", "cam-3"], "hold")).toMatchObject({ removed: 0, held: 3 });
      expect(await store.inventory.heldRemovals(integrationId, 10)).toHaveLength(3);
      const known = await store.devices.known(integrationId, ["cam-1", "unknown"]);
      expect([...known.keys()]).toEqual(["cam-1"]);
      expect(known.get("cam-1")).toMatchObject({ held: true });

      await sync([toStagedDevice({ device_id: "cam-1" }, "2026-11-23T08:56:00Z")]);
      const held = await store.inventory.heldRemovals(integrationId, 10);
      expect(held.map(({ deviceId }) => deviceId)).toEqual(["cam-2", "cam-3"]);

      expect(await store.inventory.decideHeld(integrationId, "keep", AT)).toEqual({ devices: 2 });
      expect(await store.inventory.heldRemovals(integrationId, 10)).toEqual([]);
      await sync([], ["cam-2"], "hold");
      expect(await store.inventory.decideHeld(integrationId, "remove", AT)).toEqual({ devices: 1 });
      expect(await device("cam-2")).toMatchObject({ lifecycle: "removed" });
      // A removed device can be listed again.
      await sync([
        toStagedDevice({ device_id: "cam-2" }, "2026-11-23T09:10:00Z", new Date("2026-11-23T09:10:00Z")),
      ]);
      expect(await device("cam-2")).toMatchObject({ lifecycle: "active" });
    });

    test("is not applied after its rows were deleted, or without its lease", async () => {
      const staging = { syncId: randomUUID(), integrationId };
      await store.inventory.stage(staging, [toStagedDevice({ device_id: "cam-1" })]);
      const other = { name: lease().name, owner: "other" };
      await expect(store.inventory.apply(staging, "remove", other, AT)).rejects.toMatchObject({
        code: "lease_lost",
      });
      await expect(store.inventory.tidy(integrationId, other)).rejects.toMatchObject({ code: "lease_lost" });
      expect(await device("cam-1")).toBeNull();
      await store.leases.take(lease().name, "me", 30);
      expect(await store.inventory.tidy(integrationId, lease())).toBe(true);
      expect(await applyAll(staging)).toMatchObject({ added: 0 });
      expect(await device("cam-1")).toBeNull();
    });

    test("sets the names of sites", async () => {
      const staging = { syncId: randomUUID(), integrationId };
      await store.leases.take(lease().name, "me", 30);
      await store.inventory.stage(staging, [toStagedDevice({ device_id: "cam-1" })]);
      const sites = [{ org_id: "org", site_id: "hq", name: "Headquarters" }] as never;
      await store.inventory.stageSites(staging, sites);
      await applyAll(staging);
      expect(await device("cam-1")).toMatchObject({ site_name: "Headquarters" });
    });
  });

  test("a listing with invalid records applies every status and removes nothing", async () => {
    const KEY_AND_PLACE = ["device_id", "org_id", "site_id"];
    const members = Object.keys(deviceSchema.shape).filter((name) => !KEY_AND_PLACE.includes(name));
    const rubbish = fc.constantFrom<unknown>(
      ...[
        7,
        -0.5,
        true,
        "",
        "\0",
        "x".repeat(5000),
        "2026-11-23T08:30:00",
        "USA",
        [],
        [7, null],
        {},
        { a: 1 },
      ],
      ...[{ name: 7, address: { country: "USA" }, coordinates: { latitude: 91 } }, ["x".repeat(65)]],
    );
    const anyDevice = fc.record({
      status: fc.constantFrom("online", "degraded", "offline", "unknown"),
      replaced: fc.dictionary(fc.constantFrom(...members), rubbish, { maxKeys: members.length }),
    });
    const unusable = [{ ...listed("x"), site_id: null }, listed("\ud800"), listed("\0"), listed("")];
    const vendor = await startVendor();
    vendor.pageSize = 25;
    const { baseUrl, apiKey } = vendor;
    const parts = {
      store,
      integrationId,
      lease: lease(),
      state: null,
      earlierFaults: NO_FAULTS,
      clock: systemClock,
    };
    const isVendorStatus = (status: unknown) => typeof status === "string" && /^.{1,256}$/s.test(status);
    let known = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(anyDevice, { minLength: 1, maxLength: 60 }), async (devices) => {
        const named = devices.map((each, n) => ({ ...each, id: `any-${known + n}` }));
        known += devices.length;
        vendor.devices = [
          ...named.map(({ id, status, replaced }) => listed(id, { status, ...replaced })),
          ...unusable,
        ];
        await store.leases.take(lease().name, "me", 30);
        const { outcome } = await syncInventory({
          ...parts,
          vendor: createVendorClient({ baseUrl, credential: { apiKey } }),
          signal: new AbortController().signal,
        });
        expect(outcome).toMatchObject({ outcome: "complete", devices: devices.length });
        expect(outcome.faults?.setAside).toBe(unusable.length);
        for (const { id, status, replaced } of named) {
          // If the status is itself rubbish, a text is an unknown term; anything else is no status.
          const rubbishStatus = isVendorStatus(replaced["status"]) ? "unknown" : null;
          const expected = "status" in replaced ? rubbishStatus : status;
          expect({ id, status: (await device(id))?.status }).toEqual({ id, status: expected });
        }
        expect(await store.devices.listedIds(integrationId, "9999", "", 10_000)).toHaveLength(known);
      }),
      { numRuns: 4 },
    );
    await vendor.close();
  });

  describe("a listing in steps", () => {
    const LATER = "2026-11-23T08:56:00Z";
    const goneAt = sortableTimestamp(LATER);

    /** Stores devices of two sites, and stages a listing that changes all but the last and adds others. */
    async function stageListing(): Promise<Staging> {
      await bind("customer", "hq");
      await sync(["b", "d", "f", "z"].map((device_id) => toStagedDevice({ device_id, status: "online" })));
      await sync([], ["f"], "hold");
      const staging = { syncId: randomUUID(), integrationId };
      await store.inventory.stage(staging, [
        toStagedDevice({ device_id: "a", status: "offline" }, LATER),
        toStagedDevice({ device_id: "b", status: "offline" }, LATER),
        toStagedDevice({ device_id: "c", status: "offline", site_id: "annex" }, LATER),
        { deviceId: "d", goneAt },
        toStagedDevice({ device_id: "e", status: "offline" }, LATER),
        toStagedDevice({ device_id: "f", status: "offline", site_id: "annex" }, LATER),
      ]);
      await store.inventory.stageSites(staging, [
        { org_id: "org", site_id: "hq", name: "Headquarters" },
        { org_id: "org", site_id: "annex", name: "Annex" },
      ] as never);
      return staging;
    }
    const step = (staging: Staging) => store.inventory.apply(staging, "hold", lease(), AT, 1);
    const list = (query: object) => store.devices.list({ ...ALL_DEVICES, integrationId, ...query });
    const isPublished = async () => (await device("e")) !== null;
    async function stepUntil(staging: Staging, isReached: () => Promise<boolean>): Promise<void> {
      while (!(await isReached())) expect(await step(staging)).toBeNull();
    }

    /** Lists page by page, in pages of the given size. */
    async function listInPages(limit: number, query: object) {
      const found: DeviceView[] = [];
      for (let page = await list({ ...query, limit }); page.length > 0; ) {
        found.push(...page);
        const { device_id: deviceId = "" } = page.at(-1) ?? {};
        page = await list({ ...query, limit, after: { integrationId, deviceId } });
      }
      return found;
    }

    /** Everything that readers of devices see. */
    const see = async () => ({
      all: await list({}),
      inPages: [
        await listInPages(1, {}),
        await listInPages(2, {}),
        await listInPages(1, { status: "offline" }),
        await listInPages(1, { status: "online" }),
      ],
      online: await list({ status: "online" }),
      page: await list({ limit: 2, after: { integrationId, deviceId: "a" } }),
      ofCustomer: await list({ customerIds: ["customer"], withRemoved: false }),
      unbound: await list({ bound: false }),
      offline: await list({ status: "offline" }),
      one: await Promise.all(["a", "b", "d", "f"].map(device)),
      count: await store.devices.count(integrationId, 10),
      places: await store.bindings.unbound(integrationId, 10),
      held: await store.inventory.heldRemovals(integrationId, 10),
    });

    test("is seen by every reader at once, and in the feed not before", async () => {
      const staging = await stageListing();
      const before = await see();
      expect(before.held).toHaveLength(1);
      const seen = [before];
      const inFeed: number[] = [(await feed()).length];
      for (let counts = null; counts === null; ) {
        counts = await step(staging);
        seen.push(await see());
        inFeed.push((await feed()).length);
        if (counts)
          expect(counts).toEqual({ added: 3, updated: 1, moved: 1, removed: 0, held: 1, corrected: 2 });
      }
      for (const { all, offline, online, inPages } of seen)
        expect(inPages).toEqual([all, all, offline, online]);
      const after = seen.at(-1);
      const isNew = seen.map((each) => JSON.stringify(each) === JSON.stringify(after));
      const publishedAt = isNew.indexOf(true);
      expect(seen.slice(0, publishedAt)).toEqual(Array.from({ length: publishedAt }, () => before));
      expect(isNew.slice(publishedAt)).not.toContain(false);
      // Six devices are prepared in seven steps, and then moved in seven steps.
      expect([publishedAt, seen.length]).toEqual([8, 17]);
      expect(new Set(inFeed.slice(0, publishedAt + 1)).size).toBe(1);
      expect(after?.ofCustomer.map(({ device_id, site_name }) => [device_id, site_name])).toEqual(
        ["a", "b", "d", "e", "z"].map((id) => [id, "Headquarters"]),
      );
      expect(after?.held).toMatchObject([{ deviceId: "d" }]);
      expect(after?.places).toMatchObject([{ siteId: "annex", siteName: "Annex", devices: 2 }]);
    });

    test("comes before an event of the same device in the feed, wherever its steps are", async () => {
      const staging = await stageListing();
      await commit({ id: "1", time: LATER, data: { device_id: "b", status: "degraded" } });
      await stepUntil(staging, isPublished);
      const [last] = (await feed()).slice(-1);
      // The event removes a device that only the listing has added, and has not moved yet.
      await commit(
        {
          id: "2",
          type: "com.convergint.device.removed.v1",
          time: AT,
          data: { device_id: "e", lifecycle: "removed", removed_at: AT } as never,
        },
        { id: "3", time: AT, data: { device_id: "a", status: "online" } },
      );
      expect(await device("e")).toMatchObject({ lifecycle: "removed" });
      await applyAll(staging, "hold", 1);
      const changes = (await feed()).filter(({ sequence }) => sequence > (last?.sequence ?? 0));
      expect(changes.map(({ kind, device_id }) => `${kind} ${device_id}`)).toEqual([
        ...["device_added a", "device_status a", "device_added e", "device_status e"],
        ...["event e", "device_removed e", "event a", "device_status a"],
        // The event of b was later than the listing, so the listing does not change its status.
        "device_removed f",
      ]);
    });

    test.each(["preparing", "published"])(
      "applies with what a person changes while it is %s",
      async (state) => {
        const staging = await stageListing();
        await step(staging);
        await step(staging);
        await step(staging);
        if (state === "published") await stepUntil(staging, isPublished);
        await bind("other", "annex");
        await store.mappings.set(integrationId, { types: {}, statuses: { offline: "degraded" } }, AT);
        expect(await store.inventory.decideHeld(integrationId, "remove", AT)).toMatchObject({
          devices: 1,
        });
        expect(await applyAll(staging, "hold", 1)).toMatchObject({ added: 3 });
        expect(await list({ customerIds: ["other"] })).toMatchObject([
          { device_id: "c" },
          ...(state === "published" ? [{ device_id: "f" }] : []),
        ]);
        expect(await device("b")).toMatchObject({ status: "degraded", vendor_status: "offline" });
        const ofOther = await store.changes.read({ ...EVERYTHING, integrationId, customerIds: ["other"] });
        expect(ofOther[0]).toMatchObject({ kind: "device_added", device_id: "c" });
      },
    );

    test("is exported whole", async () => {
      const staging = await stageListing();
      await stepUntil(staging, isPublished);
      const records: { device_id: string; status?: string }[] = [];
      for await (const line of store.maintenance.export()) {
        const { table, ...row } = JSON.parse(line);
        if (row.integration_id === integrationId && table.startsWith("device")) records.push(row);
      }
      const idsOf = (rows: typeof records) => rows.map(({ device_id }) => device_id).toSorted();
      expect(idsOf(records.filter(({ status }) => status === "offline"))).toEqual(["a", "b", "c", "e", "f"]);
      expect(idsOf(records.filter(({ status }) => status === undefined))).toEqual([..."abcdefz"]);
    });
  });

  describe("a mapping", () => {
    test("applies to stored devices and to new events", async () => {
      await bind();
      await sync([
        toStagedDevice({ device_id: "cam-1", type: "drone", status: "online", vendor_status: "hovering" }),
      ]);
      await commit({ id: "a", data: { device_id: "cam-2", status: "zzz" } });
      expect(await device("cam-1")).toMatchObject({ type: "other", status: "online", vendor_type: "drone" });
      expect(await device("cam-2")).toMatchObject({ status: "unknown", vendor_status: "zzz" });
      const mapping = {
        types: { drone: "camera" },
        statuses: { hovering: "degraded", zzz: "offline" },
      } as const;
      expect(await store.mappings.unmapped(integrationId, 10)).toMatchObject([
        { kind: "status", word: "zzz", count: 1 },
      ]);
      expect(await store.mappings.set(integrationId, mapping, AT)).toEqual({ devices: 2 });
      expect(await store.mappings.get(integrationId)).toEqual(mapping);
      expect(await store.mappings.unmapped(integrationId, 10)).toEqual([]);
      expect(await device("cam-1")).toMatchObject({ type: "camera", status: "degraded" });
      expect(await device("cam-2")).toMatchObject({ status: "offline", vendor_status: "zzz" });
      expect((await kinds()).slice(-3)).toEqual([
        "device_updated cam-1",
        "device_status cam-1",
        "device_status cam-2",
      ]);
      await commit({ id: "b", time: "2026-11-23T08:40:00Z", data: { device_id: "cam-3", status: "zzz" } });
      expect(await device("cam-3")).toMatchObject({ status: "offline" });
      await store.mappings.set(integrationId, { types: {}, statuses: {} }, AT);
      expect(await device("cam-3")).toMatchObject({ status: "unknown" });
      expect(await device("cam-1")).toMatchObject({ type: "other", status: "online" });
    });

    test("of one system applies only to its devices, whatever the order of arrival", async () => {
      await bind();
      const own = { types: { widget: "lock" }, statuses: { alarm: "offline" } } as const;
      const mapping = {
        types: { widget: "gateway" },
        statuses: { alarm: "degraded" },
        systems: { s2: own },
      } as const;
      await store.mappings.set(integrationId, mapping, AT);
      const staged = (device_id: string, more: object) =>
        toStagedDevice({ device_id, type: "widget", ...more });
      const report = (device_id: string, minute: number) =>
        commit({
          id: `${device_id}-${minute}`,
          time: `2026-11-23T08:${minute}:00Z`,
          data: { device_id, status: "online", vendor_status: "alarm" },
        });
      // The status of "late" is known before its system.
      await report("late", 51);
      expect(await device("late")).toMatchObject({ status: "degraded" });
      await sync([
        staged("one", { system_id: "s1", system_name: "North" }),
        staged("two", { system_id: "s2" }),
        staged("late", { system_id: "s2" }),
        staged("none", {}),
      ]);
      for (const each of ["one", "two", "none"]) await report(each, 52);
      const seen = async () =>
        (await store.devices.list({ ...ALL_DEVICES, integrationId })).map(
          ({ device_id, type, status, system_id }) => [device_id, type, status, system_id],
        );
      expect(await seen()).toEqual([
        ["late", "lock", "offline", "s2"],
        ["none", "gateway", "degraded", null],
        ["one", "gateway", "degraded", "s1"],
        ["two", "lock", "offline", "s2"],
      ]);
      const added = (await feed()).flatMap(({ kind, device_id, data }) =>
        kind === "device_added" && device_id === "one" ? [JSON.parse(data)] : [],
      );
      expect(added).toMatchObject([{ system_id: "s1", system_name: "North" }]);
      await store.mappings.set(integrationId, { types: {}, statuses: {}, systems: { s2: own } }, AT);
      expect(await seen()).toEqual([
        ["late", "lock", "offline", "s2"],
        ["none", "other", "online", null],
        ["one", "other", "online", "s1"],
        ["two", "lock", "offline", "s2"],
      ]);
      await sync([
        toStagedDevice({ device_id: "two", type: "widget", system_id: "s1" }, "2026-11-23T08:55:00Z"),
      ]);
      expect(await device("two")).toMatchObject({ system_id: "s1", type: "other", status: "online" });
    });

    test("counts vendor terms without a mapping", async () => {
      const word = { integrationId, kind: "type", word: "drone" } as const;
      await store.mappings.countUnmapped([{ ...word, count: 3 }], AT);
      await store.mappings.countUnmapped([{ ...word, count: 2 }], "2026-11-23T09:01:00.000Z");
      expect(await store.mappings.unmapped(integrationId, 10)).toEqual([
        { ...word, count: 5, lastSeenAt: "2026-11-23T09:01:00.000Z" },
      ]);
    });
  });

  describe("devices", () => {
    test("are listed by conditions, page by page", async () => {
      await bind("customer", "hq");
      await sync([
        toStagedDevice({ device_id: "a", status: "online" }),
        toStagedDevice({ device_id: "b", status: "offline", type: "door" }),
        toStagedDevice({ device_id: "c", site_id: "elsewhere", system_id: "s1", system_name: "North" }),
      ]);
      const list = async (query: Partial<typeof ALL_DEVICES> | object) =>
        (await store.devices.list({ ...ALL_DEVICES, integrationId, ...query })).map((each) => each.device_id);
      expect(await list({})).toEqual(["a", "b", "c"]);
      expect(await list({ status: "offline" })).toEqual(["b"]);
      expect(await list({ type: "door" })).toEqual(["b"]);
      expect(await list({ siteId: "elsewhere" })).toEqual(["c"]);
      expect(await list({ systemId: "s1" })).toEqual(["c"]);
      expect(await list({ systemId: "s1", siteId: "hq" })).toEqual([]);
      expect(await device("c")).toMatchObject({ system_id: "s1", system_name: "North" });
      expect(await device("a")).toMatchObject({ system_id: null, system_name: null });
      expect(await list({ bound: true })).toEqual(["a", "b"]);
      expect(await list({ bound: false })).toEqual(["c"]);
      expect(await list({ customerIds: ["customer", "other"], customerSiteId: "hq" })).toEqual(["a", "b"]);
      expect(await list({ customerIds: ["unknown"] })).toEqual([]);
      expect(await list({ limit: 2 })).toEqual(["a", "b"]);
      expect(await list({ after: { integrationId, deviceId: "b" } })).toEqual(["c"]);
      await sync([], ["a"]);
      expect(await list({ withRemoved: false })).toEqual(["b", "c"]);
    });
  });

  describe("server data", () => {
    test("updates an integration only from its latest revision", async () => {
      const row = await store.integrations.get(integrationId);
      if (!row) throw new Error("the integration was not stored");
      expect(row).toMatchObject({ revision: 1, pollSeconds: 300, silenceSeconds: 900, profile: null });
      const secrets = [Buffer.from("one"), Buffer.from("two")].map((secret, index) => ({
        secret,
        addedAt: AT,
        expiresAt: index === 0 ? null : AT,
      }));
      const changed = { ...row, name: "renamed", profile: '{"name":"page"}', webhookSecrets: secrets };
      expect(await store.integrations.replace(changed)).toBe(true);
      expect(await store.integrations.replace({ ...row, name: "too late" })).toBe(false);
      const now = await store.integrations.get(integrationId);
      expect(now).toMatchObject({ name: "renamed", profile: '{"name":"page"}', revision: 2 });
      expect(now?.webhookSecrets.map(({ secret }) => Buffer.from(secret).toString())).toEqual(["one", "two"]);
      expect(now?.webhookSecrets.map(({ expiresAt }) => expiresAt)).toEqual([null, AT]);
      expect((await store.integrations.all()).map((each) => each.integrationId)).toContain(integrationId);
      expect(await store.integrations.get("int_unknown")).toBeNull();
    });

    test("grants a lease to one owner until it expires or is released", async () => {
      const name = randomUUID();
      expect(await store.leases.take(name, "a", 30)).toBe(true);
      expect(await store.leases.take(name, "b", 30)).toBe(false);
      expect(await store.leases.take(name, "a", 0.05)).toBe(true);
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(await store.leases.take(name, "b", 30)).toBe(true);
      await store.leases.release(name, "a");
      expect(await store.leases.take(name, "a", 30)).toBe(false);
      await store.leases.release(name, "b");
      expect(await store.leases.take(name, "a", 30)).toBe(true);
    });

    test("keeps the newest 100 sync outcomes", async () => {
      const outcome = {
        integrationId,
        startedAt: AT,
        finishedAt: AT,
        outcome: "complete",
        kind: "full",
        detail: null,
        changes: null,
      } as const;
      for (let devices = 0; devices < 105; devices += 1) await store.syncs.record({ ...outcome, devices });
      const outcomes = await store.syncs.outcomes(integrationId, 1000);
      expect(outcomes).toHaveLength(100);
      expect(outcomes[0]?.devices).toBe(104);
      const state = {
        integrationId,
        nextAt: AT,
        failures: 0,
        lastCompleteAt: AT,
        lastFullAt: AT,
        syncToken: "t",
        etag: null,
        sitesHash: null,
        waitSeconds: 300,
        eventsMissingSince: null,
        webhooks: { state: "ok", since: AT, detail: null },
      } as const;
      expect(await store.syncs.state(integrationId)).toBeNull();
      await store.syncs.saveState(state);
      await store.syncs.saveState({ ...state, failures: 2 });
      expect(await store.syncs.state(integrationId)).toEqual({ ...state, failures: 2 });
      expect(await store.syncs.states()).toContainEqual({ ...state, failures: 2 });
    });

    test("knows when the last webhook was accepted and refused; a fetched event is not a webhook", async () => {
      const refusal = {
        integrationId,
        status: 400,
        code: "not_json",
        detail: "…",
        diagnosis: null,
        signed: true,
        fromVendor: true,
        body: "{",
      };
      await store.events.commit([toAcceptedEvent(integrationId, { id: "a" }, { byWebhook: false })]);
      expect((await store.syncs.lastWebhooks()).get(integrationId)?.takenAt ?? null).toBeNull();
      await commit({ id: "b" });
      await commit({ id: "b" });
      await store.refused.keep([{ ...refusal, receivedAt: "2026-11-23T09:05:00.000Z" }]);
      expect((await store.syncs.lastWebhooks()).get(integrationId)).toEqual({
        takenAt: AT,
        refusedAt: "2026-11-23T09:05:00.000Z",
      });
      const many = Array.from({ length: 210 }, (_, n) => ({ ...refusal, receivedAt: AT, detail: `${n}` }));
      await store.refused.keep(many);
      const kept = await store.refused.list(integrationId, 1000);
      expect(kept).toHaveLength(200);
      expect(kept[0]).toMatchObject({ detail: "209", signed: true, diagnosis: null });
      // Anyone can send deliveries that do not verify. They must not replace those that the vendor signed.
      const forged = { signed: false, fromVendor: false, receivedAt: "2026-11-23T09:09:00.000Z" };
      await store.refused.keep(many.map((each) => ({ ...each, ...forged })));
      const both = await store.refused.list(integrationId, 1000);
      expect(both.filter(({ signed }) => signed)).toHaveLength(200);
      expect(both.filter(({ signed }) => !signed)).toHaveLength(200);
      expect((await store.syncs.lastWebhooks()).get(integrationId)?.refusedAt).toBe(
        "2026-11-23T09:05:00.000Z",
      );
    });

    test("removes an integration in steps, and only that one", async () => {
      await bind("customer", "hq");
      await sync([
        toStagedDevice({ device_id: "a", status: "online" }),
        toStagedDevice({ device_id: "b", site_id: "x" }),
      ]);
      await commit({ id: "e1", data: { device_id: "a" } }, { id: "e2", data: { site_id: "x" } });
      const other = await addIntegration(store);
      await store.events.commit([toAcceptedEvent(other, { id: "e1" })]);
      let steps = 0;
      while (!(await store.integrations.remove(integrationId, 2))) steps += 1;
      expect(steps).toBeGreaterThan(2);
      expect(await store.integrations.get(integrationId)).toBeNull();
      const left: Record<string, Set<string>> = { [integrationId]: new Set(), [other]: new Set() };
      for await (const record of store.maintenance.export()) {
        const { table, integration_id } = JSON.parse(record);
        left[integration_id]?.add(table);
      }
      expect(left[integrationId]).toEqual(new Set(["event", "change"]));
      expect(left[other]).toEqual(new Set(["integration", "device", "quarantined_event", "change"]));
      await expect(commit({ id: "e3" })).rejects.toThrow();
      while (!(await store.integrations.remove(other, 2000))) steps += 1;
      // On SQLite, it gets the number of the integration that was removed last.
      const next = await addIntegration(store);
      const { outcomes } = await store.events.commit([toAcceptedEvent(next, { id: "e1" })]);
      expect(outcomes).toEqual(["quarantined"]);
    });

    test("stores and removes tokens and subscribers", async () => {
      const hash = Buffer.from(randomUUID());
      const limits = { customerIds: ["a", 'b, "c"'], expiresAt: "2026-11-24T09:00:00.000Z" };
      const token = {
        tokenId: randomUUID(),
        name: "t",
        role: "read",
        hash,
        createdAt: AT,
        ...limits,
      } as const;
      await store.tokens.add(token);
      expect(await store.tokens.find(hash)).toMatchObject({
        tokenId: token.tokenId,
        role: "read",
        ...limits,
      });
      expect(await store.tokens.all()).toContainEqual(expect.objectContaining({ name: "t", ...limits }));
      expect(await store.tokens.find(Buffer.from("unknown"))).toBeNull();
      expect(await store.tokens.remove(token.tokenId)).toBe(true);
      expect(await store.tokens.remove(token.tokenId)).toBe(false);
      expect(await store.tokens.find(hash)).toBeNull();

      const subscriber = {
        subscriberId: randomUUID(),
        url: "https://service.example",
        customerId: null,
        secret: Buffer.from("sealed"),
        position: 5,
        createdAt: AT,
      };
      await store.changes.saveSubscriber(subscriber);
      await store.changes.advance(subscriber.subscriberId, 9);
      await store.changes.advance(subscriber.subscriberId, 7);
      const mine = async () =>
        (await store.changes.subscribers()).find((each) => each.subscriberId === subscriber.subscriberId);
      expect(await mine()).toMatchObject({ position: 9, url: subscriber.url });
      expect(Buffer.from((await mine())?.secret ?? []).toString()).toBe("sealed");
      expect(await store.changes.removeSubscriber(subscriber.subscriberId)).toBe(true);
      expect(await mine()).toBeUndefined();
    });
  });

  describe("maintenance", () => {
    let own: Store;
    beforeEach(async () => {
      own = await openTestStore(await backend.database());
      integrationId = await addIntegration(own);
      return () => own.close();
    });

    test("deletes old data except the quarantine, and tells where the feed starts", async () => {
      const received = (day: number) => new Date(Date.UTC(2026, 10, day));
      const event = (id: string, day: number, site_id = "hq") =>
        toAcceptedEvent(
          integrationId,
          { id, data: { site_id, device_id: id } },
          { receivedAt: received(day) },
        );
      const binding = { integrationId, orgId: "org", customerId: "customer", customerSiteId: null };
      await own.bindings.bind({ ...binding, siteId: "hq", boundAt: AT });
      await own.events.commit([event("a", 1), event("b", 2), event("x", 1, "unbound"), event("c", 20)]);
      expect(await own.changes.first()).toBe(1);
      const before = received(10).toISOString();
      expect(await own.maintenance.dropEvents(before, 1)).toBe(1);
      expect(await own.maintenance.dropEvents(before, 100)).toBe(1);
      await own.maintenance.dropChanges(before, 100);
      const listed = await own.events.list(ALL_EVENTS);
      expect(listed.map(({ body }) => JSON.parse(body).id)).toEqual(["c"]);
      expect(await own.events.list({ ...ALL_EVENTS, quarantined: true })).toHaveLength(1);
      const first = await own.changes.first();
      const rest = await own.changes.read({ ...EVERYTHING, after: first - 1 });
      expect(rest.map(({ kind }) => kind)).toEqual(["event", "device_added", "device_status"]);

      // Duplicates of deleted events are recognized until their keys are deleted, and the keys are deleted in
      // several steps.
      const again = async (id: string) => (await own.events.commit([event(id, 20)])).outcomes;
      expect(await again("a")).toEqual(["duplicate"]);
      let dropped = 0;
      for (let part = await own.maintenance.dropLedger(before, 1); ; ) {
        dropped += part.dropped;
        if (part.isLast) break;
        part = await own.maintenance.dropLedger(before, 1);
      }
      expect(dropped).toBe(3);
      expect(await again("a")).toEqual(["stored"]);
      expect(await again("c")).toEqual(["duplicate"]);
    });

    test("exports everything but secrets", async () => {
      const binding = {
        integrationId,
        orgId: "org",
        siteId: null,
        customerId: "customer",
        customerSiteId: null,
      };
      await own.bindings.bind({ ...binding, boundAt: AT });
      await own.events.commit([toAcceptedEvent(integrationId, { id: "a" })]);
      const records: { table: string }[] = [];
      const lines: string[] = [];
      for await (const line of own.maintenance.export()) {
        lines.push(line);
        records.push(JSON.parse(line));
      }
      expect(new Set(records.map(({ table }) => table))).toEqual(
        new Set(["integration", "binding", "device", "event", "change"]),
      );
      expect(lines.join()).not.toContain("sealed");
      expect(await own.maintenance.size()).toMatchObject({ events: 1, quarantinedEvents: 0 });
    });
  });
});
