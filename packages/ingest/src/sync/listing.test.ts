import { createVendorClient } from "@convergint/client";
import { createContractFetch, readProfile } from "@convergint/profiles";
import { type Device, deviceSchema } from "@convergint/schemas";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KnownDevice } from "../domain/device.ts";
import { type Observation, observeEvent, observeSnapshot } from "../domain/observation.ts";
import { mergeObservations } from "../domain/status.ts";
import { toDeviceRecord } from "../store/digest.ts";
import { diffDevice, type ListingParts, readFull } from "./listing.ts";

const ASKED = new Date("2026-11-23T09:00:00Z");
const at = (asOf: string) => ({ asOf, askedAt: ASKED });
const device = (more: Readonly<Record<string, unknown>> = {}): Device =>
  deviceSchema.parse({
    device_id: "cam-1",
    org_id: "org",
    site_id: "hq",
    name: "Lobby",
    type: "camera",
    status: "online",
    status_observed_at: "2026-11-23T07:00:00Z",
    ...more,
  });
const toObservation = (device: Device, asOf: string): Observation | null =>
  device.status ? observeSnapshot({ ...device, status: device.status }, asOf, ASKED) : null;
/** The stored state of a device after a listing. */
const knownBy = (device: Device, asOf: string, more: Partial<KnownDevice> = {}): KnownDevice => ({
  deviceId: device.device_id,
  recordHash: toDeviceRecord(device, asOf).recordHash,
  lifecycle: device.lifecycle ?? "active",
  observation: toObservation(device, asOf),
  held: false,
  ...more,
});
const FIRST = "2026-11-23T08:00:00Z";
const SECOND = "2026-11-23T08:30:00Z";

describe("a listed device, compared with the previous listing", () => {
  test.each([
    ["is unchanged if all members are equal", {}, false],
    ["differs by name", { name: "Lobby north" }, true],
    ["differs by site", { site_id: "annex" }, true],
    ["differs by a member outside the contract", { colour: "red" }, true],
    ["differs by lifecycle", { lifecycle: "provisioning" }, true],
    ["differs by the time of its status", { status_observed_at: "2026-11-23T07:00:01Z" }, true],
    ["differs by status, even at the same time", { status: "offline" }, true],
    ["differs by the vendor's term", { vendor_status: "LIVE" }, true],
    ["differs by reason", { status_reason: "maintenance" }, true],
    ["differs by the time it was last seen", { last_seen_at: "2026-11-23T07:30:00Z" }, true],
    ["is unchanged if it has no status", { status: null }, false],
    ["is unchanged if its members are in another order", { name: "Lobby", device_id: "cam-1" }, false],
    [
      "is unchanged if its status is older",
      { status_observed_at: "2026-11-23T06:00:00Z", status: "offline" },
      false,
    ],
  ])("%s", (_, more, differs) => {
    const known = knownBy(device(), FIRST);
    expect(diffDevice(device(more), known, at(SECOND)) !== null).toBe(differs);
  });

  test("counts as observed by each listing if its status has no time", () => {
    const undated = device({ status_observed_at: null });
    expect(diffDevice(undated, knownBy(undated, FIRST), at(FIRST))).toBeNull();
    expect(diffDevice(undated, knownBy(undated, FIRST), at(SECOND))?.observation?.occurredAt).toBe(SECOND);
  });

  test.each([
    ["was held", { held: true }],
    ["was removed", { lifecycle: "removed" }],
    ["was only known from events", { recordHash: null }],
    ["had no status", { observation: null }],
  ])("is staged if it %s", (_, more) => {
    expect(diffDevice(device(), knownBy(device(), FIRST, more), at(SECOND))).not.toBeNull();
  });

  test("is staged if it is new", () => {
    expect(diffDevice(device(), undefined, at(FIRST))).toEqual({
      record: toDeviceRecord(device(), "2026-11-23T08:00:00.000000000Z"),
      observation: toObservation(device(), FIRST),
    });
  });
});

test("a device that is not staged would only change the name of its last listing", () => {
  const time = fc.constantFrom(
    "2026-11-23T07:00:00Z",
    "2026-11-23T07:30:00Z",
    FIRST,
    SECOND,
    "2099-01-01T00:00:00Z",
  );
  const word = fc.constantFrom(null, "LIVE", "DOWN");
  const listedDevice = fc
    .record({
      status: fc.constantFrom("online", "offline"),
      status_observed_at: fc.option(time),
      vendor_status: word,
      status_reason: word,
      last_seen_at: fc.option(time),
    })
    .map(device);
  const event = fc
    .record({
      id: fc.constantFrom("a", "b"),
      time,
      status: fc.constantFrom("online", "offline"),
      seen: fc.option(time),
    })
    .map(({ seen, status, ...rest }) =>
      observeEvent(
        { ...rest, data: { status, last_seen_at: seen } } as Parameters<typeof observeEvent>[0],
        ASKED,
      ),
    );
  const listing = fc
    .tuple(listedDevice, time)
    .map(([each, asOf]) => toObservation(each, asOf) as Observation);
  let unstaged = 0;
  fc.assert(
    fc.property(fc.oneof(event, listing), listedDevice, time, (known, next, asOf) => {
      const staged = diffDevice(next, knownBy(next, asOf, { observation: known }), at(asOf));
      if (staged) return;
      unstaged += 1;
      const { order, ...after } = mergeObservations(known, toObservation(next, asOf) as Observation);
      const { order: before, ...was } = known;
      // The same time can be written in two ways. Either text may be stored.
      expect({ ...after, occurredAt: null }).toEqual({ ...was, occurredAt: null });
      expect({ ...order, asOf: "" }).toEqual({ ...before, asOf: "" });
    }),
    { numRuns: 5000 },
  );
  expect(unstaged).toBeGreaterThan(100);
});

/** A vendor with numbered pages, two rows on each. A profile reads it. */
const PROFILE = `
profile: 1
name: pages
title: Pages
auth: { scheme: bearer }
inventory:
  requests:
    devices:
      path: /devices
      items: body.rows
      paging: { style: page, page: page, size: { name: size, value: 2 }, total: body.total }
  orgs: { fields: { org_id: "'org'", name: "'Org'" } }
  sites: { fields: { site_id: "'hq'", org_id: "'org'", name: "'HQ'" } }
  devices:
    from: devices
    fields: { device_id: item.id, org_id: "'org'", site_id: "'hq'", name: item.id, type: "'camera'", status: item.status }
`;

describe("a device that is missing from numbered pages", () => {
  /** Reads `cam-1` to `cam-4`; the store has `cam-5` too. `total` is what the vendor counts. */
  async function readPages(total: number) {
    const rows = [1, 2, 3, 4].map((number) => ({ id: `cam-${number}`, status: "online" }));
    const vendor: typeof fetch = async (input) => {
      const from = (Number(new URL(String(input)).searchParams.get("page")) - 1) * 2;
      return Response.json({ rows: rows.slice(from, from + 2), total });
    };
    const baseUrl = "https://api.vendor.example";
    const credential = { apiKey: "key" };
    const sleep = async () => {};
    const profile = readProfile(PROFILE, "pages.yaml");
    const contract = createContractFetch(profile, { baseUrl, credential, fetch: vendor, sleep });
    const staged: object[] = [];
    const parts = {
      staging: { syncId: "sync", integrationId: "int" },
      vendor: createVendorClient({ baseUrl, credential, fetch: contract }),
      clock: { now: () => ASKED.getTime() },
      store: {
        inventory: { stage: async (_: unknown, devices: readonly object[]) => void staged.push(...devices) },
        devices: {
          known: async () => new Map(),
          listedIds: async (_: string, __: string, after: string) => (after === "" ? ["cam-1", "cam-5"] : []),
        },
      },
    } as unknown as ListingParts;
    return { listing: await readFull(parts, null), staged };
  }
  const removal = expect.objectContaining({ deviceId: "cam-5", goneAt: expect.any(String) });

  test("is removed if the vendor's counts agree", async () => {
    const { listing, staged } = await readPages(4);
    expect(listing).toMatchObject({ isComplete: true, devices: 4, vanished: 1 });
    expect(staged).toContainEqual(removal);
  });

  test("is not removed if they never agree, but the others' statuses are used", async () => {
    const { listing, staged } = await readPages(5);
    expect(listing).toMatchObject({ isComplete: false, devices: 4, vanished: 0 });
    expect(listing?.faults).toMatchObject({ count: 1 });
    expect(staged).toHaveLength(4);
    expect(staged).not.toContainEqual(removal);
  });
});
