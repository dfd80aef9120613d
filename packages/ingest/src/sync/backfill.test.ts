import { createVendorClient } from "@convergint/client";
import type { Event } from "@convergint/schemas";
import { afterEach, beforeEach, expect, test } from "vitest";
import { StoreError } from "../store/store-error.ts";
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

/** Fetches into a list; `failure` is what the store fails with. */
async function fetchMissed({ failure, signal }: { failure?: Error; signal?: AbortSignal } = {}) {
  const taken: string[] = [];
  const { baseUrl, apiKey } = vendor;
  const client = createVendorClient({ baseUrl, credential: { apiKey }, ...(signal && { signal }) });
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

test("fetches what was published since, and goes on from the listing's moment by the vendor's clock", async () => {
  expect(await fetchMissed()).toEqual({
    failed: false,
    taken: ["evt-1", "evt-2"],
    to: AS_OF,
    detail: "2 events that no webhook had brought were fetched.",
    retryAfterSeconds: 0,
  });
  expect(vendor.calls.at(-1)).toContain(`after=${encodeURIComponent(AFTER)}`);
});

test("has nothing to say where nothing was missed", async () => {
  vendor.events = [];
  expect(await fetchMissed()).toMatchObject({ to: AS_OF, detail: null });
});

test("asks nothing of a vendor that offers no backfill", async () => {
  vendor.events = null;
  expect(await fetchMissed()).toMatchObject({ taken: [], to: null, detail: null });
  expect(vendor.calls.filter((each) => each.includes("/v1/events"))).toEqual([]);
});

test("fetches what is kept where that is not enough, and says that the rest is lost", async () => {
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

test("is in nobody's way when it fails, and goes on from where it was", async () => {
  refuse(500, "internal_error");
  expect(await fetchMissed()).toMatchObject({
    to: null,
    detail: expect.stringMatching(/could not be fetched: .*500/),
  });
});

test("tells how much patience the vendor asked for", async () => {
  refuse(429, "rate_limited", { "retry-after": "900" });
  expect(await fetchMissed()).toMatchObject({ to: null, retryAfterSeconds: 900 });
});

test.each([
  ["a queue that is full", new Error("More deliveries are waiting.")],
  ["a write that failed", new StoreError("write_failed", "More deliveries are waiting.")],
])("%s is a reason to try again later, and no reason not to poll", async (_, failure) => {
  expect(await fetchMissed({ failure })).toMatchObject({
    to: null,
    detail: "Missed events could not be fetched: More deliveries are waiting.",
  });
});

test("ends with the store", async () => {
  const failure = new StoreError("store_gone", "The disk is gone.");
  await expect(fetchMissed({ failure })).rejects.toMatchObject({ code: "store_gone" });
});

test("ends with the server", async () => {
  const signal = AbortSignal.abort();
  await expect(fetchMissed({ signal })).rejects.toMatchObject({ code: "aborted" });
});
