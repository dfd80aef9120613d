import { type Device, deviceSchema } from "@convergint/schemas";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KnownDevice } from "../domain/device.ts";
import { type Observation, observeEvent, observeSnapshot } from "../domain/observation.ts";
import { mergeObservations } from "../domain/status.ts";
import { toDeviceRecord } from "../store/digest.ts";
import { difference } from "./compare.ts";

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
const observed = (told: Device, asOf: string): Observation | null =>
  told.status ? observeSnapshot({ ...told, status: told.status }, asOf, ASKED) : null;
/** As it is known after a listing. */
const knownBy = (told: Device, asOf: string, more: Partial<KnownDevice> = {}): KnownDevice => ({
  deviceId: told.device_id,
  recordHash: toDeviceRecord(told, asOf).recordHash,
  lifecycle: told.lifecycle ?? "active",
  observation: observed(told, asOf),
  held: false,
  ...more,
});
const FIRST = "2026-11-23T08:00:00Z";
const SECOND = "2026-11-23T08:30:00Z";

describe("a device of a listing, against what the listing before said of it", () => {
  test.each([
    ["says nothing new where it is the same", {}, false],
    ["is another by its name", { name: "Lobby north" }, true],
    ["is another by its site", { site_id: "annex" }, true],
    ["is another by a member that the contract does not know", { colour: "red" }, true],
    ["is another by its lifecycle", { lifecycle: "provisioning" }, true],
    ["is another by when its status was seen", { status_observed_at: "2026-11-23T07:00:01Z" }, true],
    ["is another by its status, though it was seen at the same moment", { status: "offline" }, true],
    ["is another by the vendor's word", { vendor_status: "LIVE" }, true],
    ["is another by the reason", { status_reason: "maintenance" }, true],
    ["is another by when it was last seen", { last_seen_at: "2026-11-23T07:30:00Z" }, true],
    ["says nothing new where it says nothing of the status", { status: null }, false],
    [
      "says nothing new where its members come in another order",
      { name: "Lobby", device_id: "cam-1" },
      false,
    ],
    [
      "says nothing new where its status was seen before",
      { status_observed_at: "2026-11-23T06:00:00Z", status: "offline" },
      false,
    ],
  ])("%s", (_, more, differs) => {
    const known = knownBy(device(), FIRST);
    expect(difference(device(more), known, at(SECOND)) !== null).toBe(differs);
  });

  test("is observed anew by each listing where the vendor does not say when its status was seen", () => {
    const undated = device({ status_observed_at: null });
    expect(difference(undated, knownBy(undated, FIRST), at(FIRST))).toBeNull();
    expect(difference(undated, knownBy(undated, FIRST), at(SECOND))?.observation?.occurredAt).toBe(SECOND);
  });

  test.each([
    ["was held", { held: true }],
    ["was removed", { lifecycle: "removed" }],
    ["was told of by events alone", { recordHash: null }],
    ["had no status", { observation: null }],
  ])("is staged where it %s", (_, more) => {
    expect(difference(device(), knownBy(device(), FIRST, more), at(SECOND))).not.toBeNull();
  });

  test("is staged where nobody knows it", () => {
    expect(difference(device(), undefined, at(FIRST))).toEqual({
      record: toDeviceRecord(device(), "2026-11-23T08:00:00.000000000Z"),
      observation: observed(device(), FIRST),
    });
  });
});

test("what is not staged would have changed nothing but which listing told of it last", () => {
  const time = fc.constantFrom(
    "2026-11-23T07:00:00Z",
    "2026-11-23T07:30:00Z",
    FIRST,
    SECOND,
    "2099-01-01T00:00:00Z",
  );
  const word = fc.constantFrom(null, "LIVE", "DOWN");
  const told = fc
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
  const listing = fc.tuple(told, time).map(([each, asOf]) => observed(each, asOf) as Observation);
  let unstaged = 0;
  fc.assert(
    fc.property(fc.oneof(event, listing), told, time, (known, next, asOf) => {
      const staged = difference(next, knownBy(next, asOf, { observation: known }), at(asOf));
      if (staged) return;
      unstaged += 1;
      const { order, ...after } = mergeObservations(known, observed(next, asOf) as Observation);
      const { order: before, ...was } = known;
      // Times that are one moment may be written in two ways, and either may be kept.
      expect({ ...after, occurredAt: null }).toEqual({ ...was, occurredAt: null });
      expect({ ...order, asOf: "" }).toEqual({ ...before, asOf: "" });
    }),
    { numRuns: 5000 },
  );
  expect(unstaged).toBeGreaterThan(100);
});
