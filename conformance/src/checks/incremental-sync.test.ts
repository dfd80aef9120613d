import { describe, expect, test } from "vitest";
import type { Evidence } from "../evidence/evidence.ts";
import type { Listing } from "../evidence/exchange.ts";
import { exchange } from "../evidence/testing/recorded.ts";
import { incrementalSyncChecks } from "./incremental-sync.ts";

/** Judges made-up evidence for one requirement. */
const judge = async (id: string, evidence: object) =>
  (await incrementalSyncChecks.find(({ requirement }) => requirement === id)?.judge(evidence as Evidence))
    ?.outcome;

/** A listing with its pages' tokens: one page for each. */
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
    ["none at all", pages(undefined, undefined), "fail"],
    ["null at the end", pages(null), "fail"],
    ["an empty one", pages(""), "fail"],
    ["a number", pages(7), "fail"],
    ["one on the first page", pages("s", "s"), "fail"],
    ["an answer that is no page, which is another's matter", refused, "pass"],
  ])("%s: %s", async (_, full, outcome) => {
    expect(await judge("SYNC-001", evidence(full))).toBe(outcome);
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
  ["SYNC-008", "moved"],
])("%s, of a device that was changed (%s)", (id, kind) => {
  test.each<[string, Listing, string]>([
    ["listed as it is", since(other, device), "pass"],
    ["not listed", since(other), "fail"],
    ["listed twice", since(device, device), "fail"],
    ["listed with its status of before", since({ ...device, status: "online" }), "fail"],
    ["listed at the site of before", since({ ...device, site_id: "before" }), "fail"],
    ["listed in half", since({ device_id: "d", status: "offline" }), "fail"],
    ["listed as gone", since(tombstone), "fail"],
    ["a refusal", refused, "fail"],
  ])("%s: %s", async (_, listed, outcome) => {
    expect(await judge(id, changed(kind, listed))).toBe(outcome);
  });

  test("a command that was refused changed nothing that could be listed", async () => {
    expect(await judge(id, changed(kind, since(), { status: 409 }))).toBe("could-not-run");
  });
});

describe("SYNC-003", () => {
  test.each<[string, Listing, string]>([
    ["a tombstone", since(tombstone), "pass"],
    ["nothing", since(other), "fail"],
    ["the device as it was", since(device), "fail"],
    ["a tombstone without a time", since({ ...tombstone, removed_at: undefined }), "fail"],
    ["a tombstone without a site", since({ ...tombstone, site_id: undefined }), "fail"],
    ["a refusal", refused, "fail"],
  ])("what is left of a removed device is %s: %s", async (_, listed, outcome) => {
    expect(await judge("SYNC-003", changed("removed", listed))).toBe(outcome);
  });
});

describe("SYNC-007", () => {
  const evidence = (...unchanged: readonly Listing[]) => ({ sync: { full: since(device), unchanged } });
  test.each<[string, Listing, string]>([
    ["nothing", since(), "pass"],
    ["a device that did change", since({ ...device, status: "online" }), "pass"],
    ["a device as it was", since(device), "fail"],
    ["304", { ...refused, pages: [exchange("", { status: 304 })] }, "fail"],
    ["404", refused, "fail"],
  ])("what has changed at once is answered with %s: %s", async (_, answered, outcome) => {
    expect(await judge("SYNC-007", evidence(answered))).toBe(outcome);
  });
});

test("without a token nothing can be asked for: SYNC-001 says so, and the others could not be judged", async () => {
  const sync = { full: pages(undefined), unchanged: [], changes: [] };
  for (const id of ["SYNC-002", "SYNC-003", "SYNC-007", "SYNC-008"])
    expect(await judge(id, { sync }), id).toBe("could-not-run");
});

test.each([
  [400, 410, "pass"],
  [200, 400, "fail"],
  [400, 200, "fail"],
  [400, 404, "fail"],
])("SYNC-006: a made-up token answered %d, one of other filters %d: %s", async (madeUp, other, outcome) => {
  const sync = {
    madeUp: exchange({}, { status: madeUp }),
    ofOtherFilters: exchange({}, { status: other }),
  };
  expect(await judge("SYNC-006", { sync })).toBe(outcome);
});
