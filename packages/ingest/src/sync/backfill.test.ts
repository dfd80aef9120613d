import { createVendorClient } from "@convergint/client";
import type { Event } from "@convergint/schemas";
import { afterEach, beforeEach, expect, test } from "vitest";
import { StoreError } from "../store/store.ts";
import { statusChanged } from "../testing/deliver.ts";
import { json, type StandInVendor, startVendor } from "../testing/stand-in-vendor.ts";
import { backfill } from "./backfill.ts";

const AFTER = "2026-11-20T08:00:00.000Z";
const AS_OF = "2026-11-23T08:00:00Z";

let vendor: StandInVendor;
beforeEach(async () => {
  vendor = await startVendor();
  vendor.events = [statusChanged({ id: "evt-1" }), statusChanged({ id: "evt-2" })];
  vendor.asOf = AS_OF;
});
afterEach(() => vendor.close());

/** Fetches events into a list. @param failure the error that the store throws */
async function fetchMissed({ failure, signal }: { failure?: Error; signal?: AbortSignal } = {}) {
  const taken: string[] = [];
  const { baseUrl, apiKey } = vendor;
  const client = createVendorClient({
    baseUrl,
    credential: { apiKey },
    sleep: async () => {},
    ...(signal && { signal }),
  });
  const outcome = await backfill(client, AFTER, async (events: readonly Event[]) => {
    if (failure) throw failure;
    taken.push(...events.map(({ id }) => id));
    return events.length;
  });
  return { taken, ...outcome };
}
const refuse = (status: number, code: string, headers: Readonly<Record<string, string>> = {}) =>
  vendor.instead.set("/v1/events", (_request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    json(response, { type: "about:blank", title: code, status, code }, status);
  });

test("fetches events published since, and returns the time of the listing by the vendor's clock", async () => {
  expect(await fetchMissed()).toEqual({
    failed: false,
    taken: ["evt-1", "evt-2"],
    to: AS_OF,
    detail: "Fetched 2 events that no webhook delivered.",
    retryAfterSeconds: 0,
  });
  expect(vendor.calls.at(-1)).toContain(`after=${encodeURIComponent(AFTER)}`);
});

test("reports nothing if no event was missed", async () => {
  vendor.events = [];
  expect(await fetchMissed()).toMatchObject({ to: AS_OF, detail: null });
});

test("does not call a vendor that offers no backfill", async () => {
  vendor.events = null;
  expect(await fetchMissed()).toMatchObject({ taken: [], to: null, detail: null });
  expect(vendor.calls.filter((each) => each.includes("/v1/events"))).toEqual([]);
});

test("fetches the events the vendor still has, and reports that earlier ones are lost", async () => {
  const { events } = vendor;
  vendor.instead.set("/v1/events", (_request, response, url) =>
    url.searchParams.has("after")
      ? json(response, { type: "about:blank", title: "Gone", status: 410, code: "backfill_expired" }, 410)
      : json(response, { data: events, next_cursor: null, snapshot: { id: "s", as_of: AS_OF } }),
  );
  expect(await fetchMissed()).toMatchObject({
    failed: false,
    taken: ["evt-1", "evt-2"],
    to: AS_OF,
    detail: expect.stringMatching(/since 2026-11-20.* lost/),
  });
});

test("does not throw if the vendor fails, and stays where it was", async () => {
  refuse(500, "internal_error");
  expect(await fetchMissed()).toMatchObject({
    to: null,
    detail: expect.stringMatching(/Could not fetch missed events: .*500/),
  });
});

test("returns the vendor's Retry-After", async () => {
  refuse(429, "rate_limited", { "retry-after": "900" });
  expect(await fetchMissed()).toMatchObject({ to: null, retryAfterSeconds: 900 });
});

test.each([
  ["a full queue", new Error("Too many deliveries wait.")],
  ["a failed write", new StoreError("write_failed", "Too many deliveries wait.")],
])("%s is reported, to be retried later", async (_, failure) => {
  expect(await fetchMissed({ failure })).toMatchObject({
    to: null,
    detail: "Could not fetch missed events: Too many deliveries wait.",
  });
});

test("throws if the store is gone", async () => {
  const failure = new StoreError("store_gone", "The disk is gone.");
  await expect(fetchMissed({ failure })).rejects.toMatchObject({ code: "store_gone" });
});

test("throws if the server stops", async () => {
  const signal = AbortSignal.abort();
  await expect(fetchMissed({ signal })).rejects.toMatchObject({ code: "aborted" });
});
