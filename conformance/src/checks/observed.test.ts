import { sign } from "@convergint/webhooks";
import { describe, expect, test } from "vitest";
import type { Observation, Poll } from "../evidence/observation-evidence.ts";
import { delivery, exchange, listing } from "../evidence/testing/recorded.ts";
import { observedChecks } from "./observed.ts";

const START = Date.parse("2026-11-23T08:00:00Z");
const at = (minutes: number) => new Date(START + minutes * 60_000).toISOString();
const ORG = "org-1";
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/** A listing at a minute, of devices by id, each with its status. */
function poll(minute: number, devices: Readonly<Record<string, string>>): Poll {
  const data = Object.entries(devices).map(([device_id, status]) => ({
    ...{ device_id, org_id: ORG, site_id: "site-1", type: "camera", status },
  }));
  const date = new Date(at(minute)).toUTCString();
  const page = exchange({ data, snapshot: { as_of: at(minute) } }, { headers: { date } });
  return { kind: "listing", exchange: { ...page, startedAt: at(minute) }, endedAt: at(minute) };
}

/** A status event that arrives at a minute. */
const event = (minute: number, device_id: string, status: string, time = at(minute)) => ({
  ...delivery({
    ...{ specversion: "1.0", id: `${device_id}-${minute}`, source: "urn:x", time, subject: device_id },
    type: "com.convergint.device.status_changed.v1",
    data: { org_id: ORG, site_id: "site-1", device_id, status },
  }),
  receivedAt: at(minute),
});

/** What a window has, apart from its polls and the deliveries to the first endpoint. */
interface Around {
  readonly types?: readonly string[];
  readonly periods?: Observation["periods"];
  /** What arrived at the second endpoint, if there is one. */
  readonly others?: Observation["endpoints"][0]["deliveries"];
}

function judge(
  requirement: string,
  polls: readonly Poll[],
  deliveries: Observation["endpoints"][0]["deliveries"],
  { types = [], periods = [{ from: at(0), to: at(600) }], others }: Around = {},
) {
  const check = observedChecks.find((each) => each.requirement === requirement);
  const manifest = exchange({
    device_types: [
      { type: "camera", status_from: ["events", "inventory"] },
      { type: "recorder", status_from: ["events", "inventory"], connector: true },
    ],
    event_types: types.map((type) => ({ type, delivery: ["webhook"] })),
  });
  const observation: Observation = {
    ...{ latencySeconds: 5, goal: { changes: 10, types: 1 }, oneIn: 1, polls, periods },
    endpoints: [deliveries, ...(others ? [others] : [])].map((each) => ({
      ...{ destination: "https://suite.example/hook", secret: SECRET, deliveries: each },
    })),
  };
  const catalogue = {
    exchange: exchange({ data: types.map((type) => ({ type, device_types: ["camera"] })) }),
  };
  return check?.judge({ discovery: { manifest }, devices: { listing: listing() }, observation, catalogue });
}

test("a window in which nothing arrived is a mistake in the console, or proves nothing", async () => {
  const polls = [poll(10, { a: "online" }), poll(20, { a: "offline" })];
  expect(await judge("EVT-001", polls, [])).toMatchObject({
    outcome: "could-not-run",
    reason: expect.stringContaining("no webhook arrived at https://suite.example/hook"),
  });
});

test("a device that is not listed fails only if its events arrive before and after a listing", async () => {
  const polls = [poll(10, { a: "online" }), poll(20, { a: "online" })];
  const between = [event(12, "a", "online"), event(13, "gone", "offline"), event(14, "gone", "online")];
  expect(await judge("EVT-003", polls, between)).toMatchObject({ outcome: "pass" });
  const spanning = [...between, event(25, "gone", "offline")];
  expect(await judge("EVT-003", polls, spanning)).toMatchObject({ outcome: "fail" });
});

test("early times fail only if all are early: one site may have been out of contact", async () => {
  const minutes = [100, 120, 140, 160, 180, 200];
  const polls = [80, ...minutes].map((minute, index) =>
    poll(minute, { a: index % 2 === 0 ? "online" : "offline" }),
  );
  const events = (earlyMinutes: (minute: number) => number) =>
    minutes.map((minute, index) =>
      event(minute - 5, "a", index % 2 === 0 ? "offline" : "online", at(minute - 5 - earlyMinutes(minute))),
    );
  expect(
    await judge(
      "EVT-005",
      polls,
      events(() => 360),
    ),
  ).toMatchObject({ outcome: "fail" });
  expect(
    await judge(
      "EVT-005",
      polls,
      events((minute) => (minute < 150 ? 360 : 0)),
    ),
  ).toMatchObject({
    outcome: "pass",
  });
});

/** Any event that arrives at a minute. */
const happening = (
  minute: number,
  type: string,
  data: object,
  time = at(minute),
  id = `${type}-${minute}`,
) => ({
  ...delivery({
    ...{ specversion: "1.0", id, source: "urn:x", time, type },
    data: { org_id: ORG, site_id: "site-1", ...data },
  }),
  receivedAt: at(minute),
});

describe("the events of an optional family", () => {
  const [RAISED, CLEARED] = ["com.convergint.alarm.raised.v1", "com.convergint.alarm.cleared.v1"];
  const alarm = (minute: number, type: string, alarm_id: string, data: object = {}) =>
    happening(minute, type, { device_id: "a", alarm_type: "fire", alarm_id, ...data });
  const judgeAlarms = (deliveries: ReturnType<typeof alarm>[]) =>
    judge("EVT-015", [], deliveries, { types: [RAISED, CLEARED] });
  /** So many alarms, each raised and cleared before the next. @param idOf the id with which one is cleared */
  const alternating = (count: number, idOf: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => [
      alarm(index * 20, RAISED, `alarm-${index}`),
      alarm(index * 20 + 10, CLEARED, idOf(index)),
    ]).flat();

  test("pass if each type occurred and an alarm was cleared by its id, in any order of arrival", async () => {
    const [raised, cleared] = alternating(1, () => "alarm-0");
    expect(
      await judgeAlarms([cleared, raised].map((each) => each as NonNullable<typeof each>)),
    ).toMatchObject({
      outcome: "pass",
      unseen: expect.stringContaining("1 com.convergint.alarm.raised.v1, 1 com.convergint.alarm.cleared.v1"),
    });
  });

  test.each([
    ["nothing happened", []],
    ["one type is missing", [alarm(1, RAISED, "one")]],
    ["every cleared alarm may have begun before the window", alternating(9, (index) => `old-${index}`)],
    [
      "long alarms overlap",
      [0, 1, 2].flatMap((part) => [
        ...Array.from({ length: 5 }, (_, index) => alarm(part * 100 + index, RAISED, `new-${part}-${index}`)),
        ...Array.from({ length: 5 }, (_, index) =>
          alarm(part * 100 + 50 + index, CLEARED, `${part}-${index}`),
        ),
      ]),
    ],
  ])("prove nothing if %s", async (_, deliveries) => {
    expect(await judgeAlarms(deliveries)).toMatchObject({
      outcome: "could-not-run",
      reason: expect.stringMatching(/^in 10.0 h, the window saw \d+ com.convergint.alarm.raised.v1/),
    });
  });

  test.each([
    ["a long series of alarms has other ids at their ends", alternating(10, (index) => `other-${index}`)],
    [
      "a cleared alarm names the event of an alarm with another id",
      [alarm(1, RAISED, "one"), alarm(2, CLEARED, "two", { raised_event_id: `${RAISED}-1` })],
    ],
    ["an event lacks a member of its type", [alarm(1, RAISED, "one", { alarm_type: undefined })]],
  ])("fail if %s", async (_, deliveries) => {
    expect(await judgeAlarms(deliveries)).toMatchObject({ outcome: "fail" });
  });

  test("leave a device of a wrong type to the catalogue", async () => {
    const LOST = "com.convergint.video.stream_lost.v1";
    const recorder = { ...poll(10, { r: "online" }) };
    const body = JSON.parse(recorder.exchange.response?.body ?? "");
    body.data[0].type = "recorder";
    const exchanged = { ...exchange(body), startedAt: at(10) };
    const polls = [{ ...recorder, exchange: exchanged }];
    const found = await judge("EVT-020", polls, [happening(1, LOST, { device_id: "r" })], { types: [LOST] });
    expect(found).toMatchObject({ outcome: "fail", failures: [{ where: "/data/device_id" }] });
  });
});

test.each([
  ["fail if every event of a family is 5 hours early", 12, "fail"],
  ["prove nothing if there are few", 9, "pass"],
  ["prove nothing if a site reports late what it kept", 0, "pass"],
])("times %s", async (_, count, outcome) => {
  const type = "com.convergint.access.granted.v1";
  const shifted = Array.from({ length: count }, (__, index) =>
    happening(300 + index * 5, type, {}, at(index * 5)),
  );
  const kept = Array.from({ length: 12 }, (__, index) =>
    happening(400, type, {}, at(index * 5), `kept-${index}`),
  );
  expect(await judge("EVT-005", [], count === 0 ? kept : shifted)).toMatchObject({ outcome });
});

test("events that have other ids at the second endpoint fail, if no event of their type has the same id", async () => {
  const denied = (minute: number, id: string) =>
    happening(minute, "com.convergint.access.denied.v1", { device_id: "a" }, at(minute), id);
  const here = [1, 2, 3].map((minute) => denied(minute, `here-${minute}`));
  const there = [1, 2, 3].map((minute) => denied(minute, `there-${minute}`));
  expect(await judge("EVT-009", [], here, { others: there })).toMatchObject({ outcome: "fail" });
  const alike = denied(4, "same");
  const also = { others: [...there, alike] };
  expect(await judge("EVT-009", [], [...here, alike], also)).toMatchObject({ outcome: "pass" });
});

describe("heartbeats", () => {
  const HEARTBEAT = "com.convergint.device.heartbeat.v1";
  const heartbeat = (minute: number, arrived = minute) => ({
    ...happening(minute, HEARTBEAT, { device_id: "a", status: "online", last_seen_at: at(minute) }),
    receivedAt: at(arrived),
  });
  const periods = [
    { from: at(0), to: at(30) },
    { from: at(60), to: at(90) },
  ];
  test.each([
    [
      "of a site that reports what waited while the receiver was down",
      "pass",
      [35, 45, 55].map((each) => heartbeat(each, 61)),
    ],
    ["right before the receiver was down", "could-not-run", [heartbeat(28)]],
    ["too soon", "fail", [heartbeat(10), heartbeat(12)]],
  ])("%s: %s", async (_, outcome, deliveries) => {
    expect(await judge("EVT-013", [], deliveries, { types: [HEARTBEAT], periods })).toMatchObject({
      outcome,
    });
  });
});

describe("a delivery that arrives again", () => {
  const sent = async (minute: number, signedAt: number, body: object, id = "e") => {
    const text = JSON.stringify(body);
    const headers = await sign({ id, body: text, keys: SECRET, timestamp: new Date(at(signedAt)) });
    return { ...delivery(text, headers), receivedAt: at(minute) };
  };
  test.each([
    ["with a new signature", 2, { id: "e" }, ["pass", "pass"]],
    ["with the first signature", 1, { id: "e" }, ["pass", "fail"]],
    ["with another body", 2, { id: "e", again: true }, ["fail", "pass"]],
  ])("%s", async (_, signedAt, body, outcomes) => {
    const deliveries = [await sent(1, 1, { id: "e" }), await sent(2, signedAt, body)];
    const found = await Promise.all(["DLV-002", "DLV-003"].map((id) => judge(id, [], deliveries)));
    expect(found.map((each) => each?.outcome)).toEqual(outcomes);
    const [once] = await Promise.all(
      ["DLV-002", "DLV-003"].map((id) => judge(id, [], deliveries.slice(0, 1))),
    );
    expect(once).toMatchObject({ outcome: "could-not-run", reason: expect.stringContaining("1 deliveries") });
  });
});

describe("a device that is added or removed", () => {
  const [ADDED, REMOVED] = ["com.convergint.device.added.v1", "com.convergint.device.removed.v1"];
  const types = [ADDED, REMOVED];
  const added = (minute: number, id = "new") =>
    happening(minute, ADDED, { device_id: id, name: "New", type: "camera", status: "online" });
  const removed = (minute: number, id = "new") =>
    happening(minute, REMOVED, { device_id: id, lifecycle: "removed", removed_at: at(minute) });
  const without = (minute: number, id = "new"): Poll => ({ ...poll(minute, { a: "online" }), absent: [id] });
  const other = event(1, "a", "online");
  const polls = [without(20), poll(30, { new: "online" }), without(40)];
  test.each([
    ["with its events", "pass", [other, added(25), removed(35)]],
    ["without its event", "fail", [other, added(25)]],
    ["right after the first webhook", "could-not-run", [added(38, "x")]],
    ["and still listed", "fail", [other, added(23), removed(25)]],
  ])("%s: %s", async (_, outcome, deliveries) => {
    expect(await judge("EVT-014", polls, deliveries, { types })).toMatchObject({ outcome });
  });
});

describe("devices behind a connector that is offline", () => {
  /** A listing of a connector and a camera behind it. */
  const behind = (minute: number, connector: string, status: string, reason: string | null): Poll => {
    const base = poll(minute, { r: connector, c: status });
    const body = JSON.parse(base.exchange.response?.body ?? "");
    body.data[0].type = "recorder";
    Object.assign(body.data[1], { parent_device_id: "r", status_reason: reason });
    return { ...base, exchange: { ...exchange(body), startedAt: at(minute) } };
  };
  const judgeStatus = (status: string, reason: string | null) =>
    judge(
      "DEV-008",
      [behind(10, "online", "online", null), behind(20, "offline", status, reason), poll(30, {})],
      [],
    );
  test.each([
    ["unknown", "parent_unreachable", "pass"],
    ["unknown", null, "fail"],
    ["offline", null, "fail"],
  ])("%s with the reason %s: %s", async (status, reason, outcome) => {
    expect(await judgeStatus(status, reason)).toMatchObject({ outcome });
  });
});
