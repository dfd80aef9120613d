import { describe, expect, test } from "vitest";
import type { Listing } from "../evidence/exchange.ts";
import { exchange } from "../evidence/testing/recorded.ts";
import { outcomeOf } from "./testing/judge.ts";

/** Makes a listing with one page for each token. */
const pages = (...tokens: readonly unknown[]): Listing => ({
  limit: 500,
  pages: tokens.map((sync_token, index) =>
    exchange({ data: [], next_cursor: index < tokens.length - 1 ? `c${index}` : null, sync_token }),
  ),
  end: "last_page",
});
const since = (...data: readonly unknown[]): Listing => ({
  limit: 500,
  pages: [exchange({ data, next_cursor: null, sync_token: "s" })],
  end: "last_page",
});
const refused: Listing = { limit: 500, pages: [exchange({}, { status: 404 })], end: "not_a_page" };

describe("SYNC-001", () => {
  const evidence = (full: Listing) => ({
    devices: { listing: pages("s") },
    paging: { inSmallPages: pages(null, undefined, "s") },
    filters: { bySite: [], byOrg: [] },
    sync: { full, unchanged: [], changes: [] },
  });
  test.each<[string, Listing, string]>([
    ["a token on the last of two pages", pages(undefined, "s"), "pass"],
    ["no token at all", pages(undefined, undefined), "fail"],
    ["null on the last page", pages(null), "fail"],
    ["an empty token", pages(""), "fail"],
    ["a number", pages(7), "fail"],
    ["a token on the first page", pages("s", "s"), "fail"],
    ["a response that is not a page, which another check reports", refused, "pass"],
  ])("%s: %s", async (_, full, outcome) => {
    expect(await outcomeOf("SYNC-001", evidence(full))).toBe(outcome);
  });
});

const device = { device_id: "d", org_id: "o", site_id: "s", name: "Door", type: "door", status: "offline" };
const tombstone = {
  device_id: "d",
  org_id: "o",
  site_id: "s",
  lifecycle: "removed",
  removed_at: "2026-11-23T08:30:00Z",
};
const other = { ...device, device_id: "other" };

const changed = (kind: string, listed: Listing, { status = 200, now = device as object } = {}) => ({
  sync: {
    unchanged: [since()],
    changes: [
      { kind, deviceId: "d", command: exchange({}, { status }), lookedUp: exchange(now), since: listed },
    ],
  },
});

describe.each([
  ["SYNC-002", "status"],
  ["SYNC-002", "added"],
  ["SYNC-002", "changed"],
  ["SYNC-008", "moved"],
])("%s, for a changed device (%s)", (id, kind) => {
  test.each<[string, Listing, string]>([
    ["listed in its current state", since(other, device), "pass"],
    ["not listed", since(other), "fail"],
    ["listed twice", since(device, device), "fail"],
    ["listed with its previous status", since({ ...device, status: "online" }), "fail"],
    ["listed at its previous site", since({ ...device, site_id: "before" }), "fail"],
    ["listed incompletely", since({ device_id: "d", status: "offline" }), "fail"],
    ["listed as a tombstone", since(tombstone), "fail"],
    ["a refusal", refused, "fail"],
  ])("%s: %s", async (_, listed, outcome) => {
    expect(await outcomeOf(id, changed(kind, listed))).toBe(outcome);
  });

  test("could not run after a refused command, because there is no change to list", async () => {
    expect(await outcomeOf(id, changed(kind, since(), { status: 409 }))).toBe("could-not-run");
  });
});

describe("a listing that does not show the change", () => {
  const at = (as_of: string): Listing => ({
    ...since(),
    pages: [exchange({ data: [], next_cursor: null, snapshot: { id: "s", as_of }, sync_token: "s" })],
  });
  test.each([
    ["2026-11-23T08:30:10Z", "fail"],
    // The command was answered at 08:30:00. The listing describes an earlier moment.
    ["2026-11-23T08:29:59Z", "could-not-run"],
  ])("with the as_of %s: %s", async (as_of, outcome) => {
    for (const [id, kind] of [
      ["SYNC-002", "status"],
      ["SYNC-003", "removed"],
      ["SYNC-008", "moved"],
    ] as const)
      expect(await outcomeOf(id, changed(kind, at(as_of))), id).toBe(outcome);
  });
});

test("accepts the status of the command's response if the lookup is from a replica that lags", async () => {
  const [change] = changed("status", since(device), { now: { ...device, status: "online" } }).sync.changes;
  const sync = { unchanged: [since()], changes: [{ ...change, command: exchange(device) }] };
  expect(await outcomeOf("SYNC-002", { sync })).toBe("pass");
});

describe("SYNC-003", () => {
  test.each<[string, Listing, string]>([
    ["a tombstone", since(tombstone), "pass"],
    ["nothing", since(other), "fail"],
    ["the unchanged device", since(device), "fail"],
    ["a tombstone without a time", since({ ...tombstone, removed_at: undefined }), "fail"],
    [
      "a tombstone with the time of another time zone",
      since({ ...tombstone, removed_at: "2026-11-23T02:30:00Z" }),
      "fail",
    ],
    ["a tombstone without a site", since({ ...tombstone, site_id: undefined }), "fail"],
    ["a refusal", refused, "fail"],
  ])("a removed device is listed as %s: %s", async (_, listed, outcome) => {
    expect(await outcomeOf("SYNC-003", changed("removed", listed))).toBe(outcome);
  });
});

describe("SYNC-007", () => {
  const evidence = (...unchanged: readonly Listing[]) => ({ sync: { full: since(device), unchanged } });
  test.each<[string, Listing, string]>([
    ["nothing", since(), "pass"],
    ["a device that changed", since({ ...device, status: "online" }), "pass"],
    ["an unchanged device", since(device), "fail"],
    ["an unchanged device, written again", since({ ...device, updated_at: "2026-11-23T08:31:00Z" }), "fail"],
    ["a tombstone of a device that was not listed", since({ ...tombstone, device_id: "gone" }), "fail"],
    ["304", { ...refused, pages: [exchange("", { status: 304 })] }, "fail"],
    ["404", refused, "fail"],
  ])("changes since a moment ago are answered with %s: %s", async (_, response, outcome) => {
    expect(await outcomeOf("SYNC-007", evidence(response))).toBe(outcome);
  });
});

test("SYNC-007 passes if a device changes and changes back while the suite asks", async () => {
  const away = since({ ...device, status: "online" });
  const sync = { full: since(device), unchanged: [away, since(device), away] };
  expect(await outcomeOf("SYNC-007", { sync })).toBe("pass");
});

test("SYNC-007 fails if a tombstone is listed again by its own listing's token", async () => {
  const [removal] = changed("removed", since(tombstone)).sync.changes;
  const sync = { full: since(device), unchanged: [since()], afterwards: removal };
  expect(await outcomeOf("SYNC-007", { sync })).toBe("fail");
});

test("without a token, only SYNC-001 can be judged", async () => {
  const sync = { full: pages(undefined), unchanged: [], changes: [] };
  for (const id of ["SYNC-002", "SYNC-003", "SYNC-007", "SYNC-008"])
    expect(await outcomeOf(id, { sync }), id).toBe("could-not-run");
});

test.each([
  [400, 410, "pass"],
  [200, 400, "fail"],
  [400, 200, "fail"],
  [400, 404, "fail"],
])(
  "SYNC-006: %d for a made-up token, %d for a token of other filters: %s",
  async (madeUp, other, outcome) => {
    const sync = {
      madeUp: exchange({}, { status: madeUp }),
      ofOtherFilters: exchange({}, { status: other }),
    };
    expect(await outcomeOf("SYNC-006", { sync })).toBe(outcome);
  },
);
