import { createVirtualClock } from "@convergint/testing/virtual-clock";
import { expect, test } from "vitest";
import { idsOf } from "../evidence/read.ts";
import { exchange } from "../evidence/testing/recorded.ts";
import { type ListingRequest, readListing, readUntilShown } from "./listing.ts";
import type { Call, Recorder } from "./recorder.ts";

const request: ListingRequest = { purpose: "list", url: new URL("https://vendor.example/v1/devices") };
const { signal } = new AbortController();
const NOON = Date.parse("2026-11-23T12:00:00Z");

test("asks for each page with the limit chosen for it", async () => {
  const limits: unknown[] = [];
  const recorder: Recorder = {
    async call({ url }: Call) {
      limits.push(new URL(url).searchParams.get("limit"));
      return exchange({
        data: [{ device_id: `d${limits.length}` }],
        next_cursor: limits.length < 3 ? `c${limits.length}` : null,
      });
    },
  };
  const listing = await readListing(recorder, { ...request, limit: (pages) => pages.length + 5 });
  expect([limits, listing.limit]).toEqual([["5", "6", "7"], null]);
});

/** Reads until a device is listed, by a vendor whose listings lag behind. @returns the ids, and the seconds that it took */
async function readBehind(lagSeconds: number, device: object = { device_id: "added" }) {
  const clock = createVirtualClock({ startAt: NOON });
  const command = exchange({}, { headers: { date: new Date(NOON).toUTCString() } });
  const read = async () => {
    const as_of = new Date(clock.now() - lagSeconds * 1000).toISOString();
    const data = Date.parse(as_of) >= NOON ? [device] : [];
    const recorder: Recorder = {
      call: async () => exchange({ data, next_cursor: null, snapshot: { id: "s", as_of } }),
    };
    return readListing(recorder, request);
  };
  const ids = await clock.run(async () =>
    idsOf(
      await readUntilShown(command, { clock, signal }, read, (listing) =>
        idsOf(listing, "device_id").includes("added"),
      ),
      "device_id",
    ),
  );
  return [ids, Math.round((clock.now() - NOON) / 1000)];
}

test.each<[string, number, object | undefined, readonly string[], number]>([
  ["a vendor that follows at once", 0, undefined, ["added"], 0],
  ["a vendor that lags", 3, undefined, ["added"], 3],
  ["a vendor that lags for longer than the suite waits", 60, undefined, [], 30],
  ["a vendor that never shows the change", 2, { device_id: "other" }, ["other"], 6],
])("reads until the change is shown or due: %s", async (_, lag, device, ids, seconds) => {
  expect(await readBehind(lag, device)).toEqual([ids, seconds]);
});
