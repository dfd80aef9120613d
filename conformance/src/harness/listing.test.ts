import { createVirtualClock } from "@convergint/testing/virtual-clock";
import { expect, test } from "vitest";
import { isPlausible } from "../evidence/listing-between.ts";
import { idsOf } from "../evidence/read.ts";
import { exchange, listing } from "../evidence/testing/recorded.ts";
import { type ListingRequest, readBetween, readListing, readUntilShown } from "./listing.ts";
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

/**
 * Reads until a device is listed. The vendor's listings lag behind. @returns the ids, and the seconds that
 * the reading took
 */
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

const devices = (ids: string) => listing(...[...ids].map((device_id) => ({ device_id })));

test.each<[string, string, readonly string[], readonly string[], boolean, string]>([
  ["nothing changes", "ab", ["ab"], [], true, "p"],
  ["a device is removed", "ab", ["a"], ["a"], true, "pw"],
  ["a device is added", "a", ["ab"], ["ab"], true, "pw"],
  ["a device is added and removed in between", "a", ["ab", "a"], ["a", "a"], true, "pwwp"],
  ["devices come and go all the time", "a", ["ab", "ac"], ["a", "a", "a", "a"], true, "pwwp"],
  ["the listing never has a device", "ab", ["a", "a"], ["ab", "ab", "ab", "ab"], false, "pwwpww"],
  ["the listing always has one more", "a", ["ab", "ab"], ["a", "a", "a", "a"], false, "pwwpww"],
])("reads a listing between two of the whole: %s", async (_, before, parts, wholes, isRight, readings) => {
  const clock = createVirtualClock({ startAt: NOON });
  const read: string[] = [];
  const next = (kind: string, from: readonly string[]) => async () => {
    const content = from[read.filter((each) => each === kind).length] ?? "";
    read.push(kind);
    const [page] = devices(content).pages;
    if (!page) throw new Error("a listing has a page");
    // Each answer describes the moment at which the request is answered.
    const headers = { date: new Date(clock.now()).toUTCString() };
    const as_of = new Date(clock.now()).toISOString();
    const { data } = JSON.parse(page.response?.body ?? "{}");
    const answer = exchange({ data, next_cursor: null, snapshot: { id: "s", as_of } }, { headers });
    return { limit: null, pages: [answer], end: "last_page" } as const;
  };
  const idsIn = (whole: Parameters<typeof idsOf>[0]) => idsOf(whole, "device_id");
  const part = { name: "device_id", read: next("p", parts), idsIn } as const;
  const [between] = await clock.run(() =>
    readBetween(devices(before), [part], { clock, signal }, next("w", wholes)),
  );
  expect(between && isPlausible(between, "device_id", idsIn)).toBe(isRight);
  expect(read.join("")).toBe(readings);
});
