import { describe, expect, test } from "vitest";
import { readProfile } from "../read-profile.ts";
import { checkProfile, type SampleFile } from "./check.ts";
import { draftProfile } from "./draft.ts";

const pagination = { page: 1, per_page: 50, total_pages: 1, total_count: 2 };

/** The responses and deliveries of a vendor that implements Convergint's documentation page for vendors, by sample name. */
const PAGE: Readonly<Record<string, unknown>> = {
  account: { account_id: "acct-1", name: "Example Campus" },
  sites: {
    sites: [
      { site_id: "hq", name: "Headquarters", address: "1 Main Street", timezone: "America/New_York" },
      { site_id: "lab", name: "Laboratory", timezone: "America/Chicago" },
    ],
    pagination,
  },
  "inventory.hq": {
    devices: [
      {
        device_id: "c-1",
        name: "Door cam",
        type: "camera",
        status: "online",
        mac_address: "00:11:22:aa:bb:cc",
        site_id: "hq",
      },
      {
        device_id: "c-2",
        name: "Lobby",
        type: "camera",
        status: "Warming up",
        last_seen: 1_764_500_000,
        site_id: "hq",
      },
    ],
    pagination,
  },
  webhook: {
    event_id: "evt-1",
    event_type: "health",
    device_id: "c-1",
    timestamp: "2026-11-30T08:00:00Z",
    account_id: "acct-1",
    site_id: "hq",
    data: { status: "offline" },
  },
};

const toFiles = (samples: Readonly<Record<string, unknown>>): readonly SampleFile[] =>
  Object.entries(samples).map(([name, body]) => ({ name: `${name}.json`, text: JSON.stringify(body) }));

const draft = (samples: Readonly<Record<string, unknown>> = PAGE) =>
  draftProfile(toFiles(samples), { name: "page", baseUrl: "https://vendor.example" });
const check = (text: string, samples: Readonly<Record<string, unknown>> = PAGE) =>
  checkProfile(readProfile(text, "page.yaml"), toFiles(samples));
const row = (report: ReturnType<typeof check>, id: string) => report.coverage.find((each) => each.id === id);

describe("a draft", () => {
  test("from samples of Convergint's page maps these samples without a change", () => {
    const report = check(draft());
    expect(report.problems).toEqual([]);
    expect(report.faults).toEqual([]);
    const first = (record: string, field: string) =>
      report.fields.find((each) => each.record === record && each.field === field);
    expect(first("org", "org_id")).toMatchObject({ first: "acct-1", of: 1 });
    expect(first("site", "org_id")).toMatchObject({ first: "acct-1", present: 2, of: 2 });
    expect(first("device", "site_id")).toMatchObject({ first: "hq", present: 2, of: 2 });
    expect(first("device", "last_seen_at")).toMatchObject({ first: "2025-11-30T10:53:20Z", present: 1 });
    expect(first("device", "mac_addresses")).toMatchObject({ first: ["00:11:22:aa:bb:cc"], present: 1 });
    expect(first("event", "status")).toMatchObject({ first: "offline" });
  });

  test("says what it guessed, and what a sample cannot show", () => {
    const text = draft();
    expect(text).toMatch(/for_each: sites/);
    expect(text).toMatch(
      /style: page, page: page, size: \{ name: per_page, value: 100 \}, total: "body.pagination.total_count"/,
    );
    expect(text).toMatch(/last_seen_at: .*time: unix_seconds \} {2}# the unit is guessed from 1764500000/);
    expect(text).toMatch(/# status "Warming up": TODO: what does it mean\?/);
    expect(text).toMatch(/path: .* {2}# TODO: a sample does not show its path/);
    expect(text).toMatch(/signature: null/);
  });

  test.each([
    [
      "a cursor",
      { devices: { items: [{ id: "a", name: "A" }], next_page_token: "t" } },
      /style: cursor, next: "body.next_page_token"/,
    ],
    [
      "an offset",
      { devices: { data: [{ id: 1, name: "A" }], offset: 0, total: 9 } },
      /style: offset, offset: offset, .*total: "body.total"/,
    ],
    ["a bare list", { devices: [{ serial: "Q-1", "Last Seen": "x", name: "A" }] }, /items: "body"/],
    [
      "a name that is not an identifier",
      { devices: [{ "device id": "Q-1", name: "A" }] },
      /device_id: "item\[\\"device id\\"\]"/,
    ],
    ["a listing of an unknown name", { gadgets: [{ id: "a", name: "A" }] }, /devices:\n {4}- from: gadgets/],
    [
      "members in members",
      {
        devices: {
          data: [
            { serial: "Q-1", properties: { id: "a", name: "A" }, site: { id: 7 }, health: { state: "down" } },
            { serial: "Q-1", properties: { id: "b", name: "B" }, site: { id: 7 } },
          ],
        },
      },
      /device_id: "item.properties.id".*unique.*site_id: "string\(item.site.id\)".*name: "item.properties.name".*status: "item.health.state"/s,
    ],
    [
      "an id that is not unique before one that is",
      {
        devices: [
          { id: 1, serial: "Q-1" },
          { id: 1, serial: "Q-2" },
        ],
      },
      /device_id: "item.serial" {2}# guessed: unique/,
    ],
    [
      "one event that contains a list",
      { webhook: { event_id: "e", type: "alarm", data: { cameras: [{ id: 1 }, { id: 2 }] } } },
      /^(?!.*envelope:).*id: "event.event_id"/s,
    ],
    ["several events", { webhook: { events: [{ event_id: "e", type: "alarm" }] } }, /events: "body.events"/],
    ["no samples of devices at all", { webhook: PAGE["webhook"] }, /webhooks:/],
  ])("of samples with %s can be read", (_, samples, expected) => {
    const text = draft(samples);
    expect(text).toMatch(expected);
    expect(() => readProfile(text, "draft.yaml")).not.toThrow();
  });
});

describe("a check", () => {
  test("counts the events that the profile ignores", () => {
    const ignoring = draft().replace(
      "webhooks:\n",
      "webhooks:\n  ignore: [\"event.event_type == 'motion'\"]\n",
    );
    const motion = { ...(PAGE["webhook"] as object), event_type: "motion" };
    expect(check(ignoring, { ...PAGE, "webhook.motion": motion })).toMatchObject({ ignored: 1 });
  });

  test("shows how many records have the minimum data", () => {
    const report = check(draft());
    expect(row(report, "B1")).toMatchObject({ state: "all", met: 2, of: 2 });
    expect(row(report, "B2")).toMatchObject({
      state: "some",
      met: 1,
      level: "SHOULD",
      detail: "1 without address",
    });
    expect(row(report, "B3")).toMatchObject({ state: "all" });
    expect(row(report, "B5")).toMatchObject({
      state: "some",
      met: 1,
      of: 2,
      detail: "1 without mac_addresses",
    });
    expect(row(report, "B7")).toMatchObject({ state: "all", met: 1 });
    expect(row(report, "B8")).toMatchObject({ state: "all" });
    expect(report.ok).toBe(true);
  });

  test("names the line of a rule that fails, and says that the record is lost", () => {
    const text = draft().replace('device_id: "item.device_id"', 'device_id: "item.device_id + 1"');
    const line = text.split("\n").findIndex((each) => each.includes("device_id + 1")) + 1;
    const report = check(text);
    expect(report.ok).toBe(false);
    expect(report.faults).toMatchObject([
      { record: "device", setAside: true, count: 2, message: expect.stringContaining(`page.yaml:${line}`) },
    ]);
  });

  test("counts the words that have no meaning", () => {
    const report = check(draft());
    expect(report.unmapped).toContainEqual({ kind: "status", word: "Warming up", count: 1 });
    expect(report.ok).toBe(true);
  });

  test("tells a sample that no request has, a request without a sample, and a file that is not JSON", () => {
    const files = [
      ...toFiles({ ...PAGE, thermostats: [] }).filter(({ name }) => name !== "account.json"),
      { name: "sites.2.json", text: "<html>" },
    ];
    const report = checkProfile(readProfile(draft(), "page.yaml"), files);
    expect(report.ok).toBe(false);
    expect(report.problems.join("\n")).toMatch(/sites\.2\.json: Not JSON/);
    expect(report.problems.join("\n")).toMatch(/thermostats\.json: the profile has no request thermostats/);
    expect(report.problems.join("\n")).toMatch(/No sample of the request account/);
  });

  test("a response of another shape is a problem with the line, and no empty inventory", () => {
    const report = check(draft(), { ...PAGE, "inventory.hq": { error: true } });
    expect(report.problems.join("\n")).toMatch(/inventory\.hq\.json: .*page\.yaml:\d+:\d+/);
    expect(row(report, "B3")).toMatchObject({ state: "no_sample" });
  });
});
