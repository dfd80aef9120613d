import { describe, expect, test } from "vitest";
import type { Evidence } from "../evidence/evidence.ts";
import { delivery, exchange } from "../evidence/testing/recorded.ts";
import { backfillChecks } from "./backfill.ts";

const eventOf = (id: string, status = "offline", data: object = {}) => ({
  specversion: "1.0",
  id,
  source: "urn:vendor:org:o",
  type: "com.convergint.device.status_changed.v1",
  time: "2026-11-23T08:30:00.250Z",
  sequence: "1",
  data: { org_id: "o", site_id: "s", device_id: "d", status, ...data },
});

/** What EVT-023 finds where these were posted, and those are listed. */
async function failureOf(posted: readonly object[], listed: readonly object[]) {
  const page = exchange({
    data: listed,
    next_cursor: null,
    snapshot: { id: "snap", as_of: "2026-11-23T08:31:00Z" },
  });
  const evidence = {
    health: { deliveries: posted.map((event) => delivery(event)) },
    retries: { endpoints: { healthy: { deliveries: [] } } },
    outage: { healthy: { deliveries: [] } },
    backfill: { sinceTheBeginning: { limit: 500, pages: [page], end: "last_page" } },
  } as unknown as Partial<Evidence>;
  const finding = await backfillChecks.find(({ requirement }) => requirement === "EVT-023")?.judge(evidence);
  if (finding?.outcome === "pass") return null;
  if (finding?.outcome !== "fail") throw new Error(`it was not judged: ${JSON.stringify(finding)}`);
  return finding.failures[0];
}

describe("EVT-023", () => {
  test("what was posted is listed", async () => {
    expect(await failureOf([eventOf("a")], [eventOf("a"), eventOf("of-another-endpoint")])).toBeNull();
  });

  test("an event that is listed under another id is told from one that is not listed", async () => {
    const renamed = await failureOf([eventOf("a")], [eventOf("row-1")]);
    expect(renamed?.actual).toContain('under another id, "row-1"');
    expect(renamed?.hint).toContain("Keep the id");
  });

  test("another event of the same moment that was posted too is not taken for it", async () => {
    const missing = await failureOf([eventOf("a"), eventOf("b", "online")], [eventOf("b", "online")]);
    expect(missing?.actual).toContain("none that says the same");
    expect(missing?.hint).toContain("1 of the 2 that were posted are not listed.");
    const twin = await failureOf([eventOf("a"), eventOf("b")], [eventOf("b")]);
    expect(twin?.actual).toContain("none that says the same");
  });

  test("of several that are missing it says what they share", async () => {
    const ofOther = eventOf("c", "online", { device_id: "e" });
    const missing = await failureOf([eventOf("a"), eventOf("b", "online"), ofOther], [ofOther]);
    expect(missing?.hint).toMatch(
      /2 of the 3 .*first posted in d\d+ and the last in d\d+; .*the device_id "d"/,
    );
  });

  test.each<[string, object, object, string]>([
    ["a member of data", { zone: "1" }, { zone: "2" }, "/data/0/data/zone"],
    ["a member with a slash in its name", { "a/b": 1 }, { "a/b": 2 }, "/data/0/data/a~1b"],
    ["one that every object inherits", { toString: "x" }, {}, "/data/0/data/toString"],
    ["a prototype that JSON brings", JSON.parse('{"__proto__":{"a":1}}'), {}, "/data/0/data/__proto__"],
  ])("what differs is named: %s", async (_, posted, listed, where) => {
    const difference = await failureOf([withData(posted)], [withData(listed)]);
    expect(difference?.where).toBe(where);
  });
});

/** An event with members in its data that a spread would lose. */
function withData(members: object) {
  const event = eventOf("a");
  for (const name of Object.keys(members)) {
    const value = Object.getOwnPropertyDescriptor(members, name)?.value;
    Object.defineProperty(event.data, name, { value, enumerable: true });
  }
  return event;
}
