import { expect, test } from "vitest";
import { compareObservation, isKeptDevice } from "../../evidence/observation.ts";
import { delivery, exchange } from "../../evidence/testing/recorded.ts";
import { createWindowRecorder, TICK_MS } from "./window-recorder.ts";

const eventOf = (deviceId: string, status: string) => ({ type: "t", data: { device_id: deviceId, status } });
const page = (devices: Readonly<Record<string, string>>, at = "2026-11-23T08:30:00.000Z") => ({
  ...exchange({
    data: Object.entries(devices).map(([device_id, status]) => ({
      ...{ device_id, status, type: "camera", firmware: "not compared" },
    })),
    snapshot: { as_of: at },
  }),
  startedAt: at,
});
const ENDPOINT = { destination: "https://suite.example/hook", secret: "whsec_" };
const END = "2026-11-23T08:30:01.000Z";

test("keeps of listings what changed, what had an event, and the reading before that", () => {
  const recorder = createWindowRecorder(1, null);
  const list = (devices: Readonly<Record<string, string>>) => {
    const poll = recorder.beginPoll("listing");
    poll.addPage(page(devices));
    poll.end(END);
  };
  list({ same: "online", changed: "online", posted: "online" });
  recorder.receive(0, [delivery(eventOf("posted", "offline"))]);
  list({ same: "online", changed: "offline", posted: "online" });
  list({ same: "online", changed: "offline", posted: "online" });
  const [first, second, third] = recorder
    .read()
    .polls.map((poll) => JSON.parse(poll.exchange.response?.body ?? ""));
  const ids = ({ data }: { data: { device_id: string; name?: string }[] }) =>
    data.map(({ device_id }) => device_id);
  expect([first, second, third].map(ids)).toEqual([["changed", "posted"], ["changed", "posted"], []]);
  expect(second.data[0]).toEqual({ device_id: "changed", status: "offline", type: "camera" });
});

test("keeps which devices of interest a listing lacks", () => {
  const recorder = createWindowRecorder(1, null);
  const list = (kind: "listing" | "changes", devices: Readonly<Record<string, string>>) => {
    const poll = recorder.beginPoll(kind);
    poll.addPage(page(devices));
    poll.end(END);
  };
  list("listing", { same: "online", gone: "online" });
  recorder.receive(0, [delivery(eventOf("same", "online"))]);
  list("changes", { added: "online" });
  list("listing", { same: "online", added: "online" });
  const polls = recorder.read().polls.map(({ kind, absent, exchange: { response } }) => ({
    ...{ kind, absent },
    ids: JSON.parse(response?.body ?? "").data.map(({ device_id }: { device_id: string }) => device_id),
  }));
  expect(polls).toEqual([
    { kind: "listing", absent: ["added"], ids: ["same", "gone"] },
    { kind: "changes", absent: ["same"], ids: ["added"] },
    { kind: "listing", absent: ["gone"], ids: ["same"] },
  ]);
});

test("forgets a listing that was not read to its end, and looks again at the devices with events", () => {
  const recorder = createWindowRecorder(1, null);
  recorder.receive(0, [delivery(eventOf("posted", "offline"))]);
  const broken = recorder.beginPoll("listing");
  broken.addPage(page({ posted: "online" }));
  broken.drop();
  const whole = recorder.beginPoll("listing");
  whole.addPage(page({ posted: "offline" }));
  whole.end(END);
  expect(recorder.read().polls.map(({ exchange: { response } }) => response?.body)).toEqual([
    expect.stringContaining('"offline"'),
  ]);
});

test("keeps everything of some devices if there is too much", () => {
  const recorder = createWindowRecorder(1, null, 40);
  const devices = Array.from({ length: 32 }, (_, index) => `device-${index}`);
  for (let round = 0; round < 8; round += 1)
    for (const id of devices) recorder.receive(0, [delivery(eventOf(id, String(round)))]);
  const { oneIn, deliveries } = recorder.read();
  const counts = Map.groupBy(deliveries[0] ?? [], (each) =>
    Buffer.from(each.bodyBase64, "base64").toString().slice(31, 42),
  );
  expect(oneIn).toBeGreaterThan(1);
  expect(deliveries[0]?.length).toBeLessThanOrEqual(40);
  expect(deliveries[0]?.length).toBe(8 * counts.size);
});

test("compares only devices of which everything was kept", () => {
  const recorder = createWindowRecorder(1, null, 40);
  const devices = Array.from({ length: 32 }, (_, index) => `device-${index}`);
  for (const [status, at] of [
    ["online", "2026-11-23T08:30:00.000Z"],
    ["offline", "2026-11-23T08:45:00.000Z"],
  ] as const) {
    const poll = recorder.beginPoll("listing");
    poll.addPage(page(Object.fromEntries(devices.map((id) => [id, status])), at));
    poll.end(at);
  }
  const restarted = createWindowRecorder(1, recorder.read(), 40);
  for (let round = 0; round < 8; round += 1)
    for (const id of devices) restarted.receive(0, [delivery(eventOf(id, String(round)))]);
  const { deliveries, ...saved } = restarted.read();
  const manifest = exchange({ device_types: [{ type: "camera", status_from: ["events"] }] });
  const observation = { ...saved, latencySeconds: 5, goal: { changes: 10, types: 1 } };
  const { changes } = compareObservation(
    { ...observation, endpoints: [{ ...ENDPOINT, deliveries: deliveries[0] ?? [] }] },
    manifest,
  );
  expect(saved.oneIn).toBeGreaterThan(1);
  expect(changes.length).toBeGreaterThan(0);
  expect(changes.every(({ after }) => isKeptDevice(after.deviceId, saved.oneIn))).toBe(true);
});

test("keeps only the headers that belong to the contract", () => {
  const recorder = createWindowRecorder(1, null);
  recorder.receive(0, [
    delivery(eventOf("a", "online"), { authorization: "Bearer secret", "webhook-id": "evt_1" }),
  ]);
  expect(recorder.read().deliveries[0]?.[0]?.headers).toEqual({
    "content-type": "application/cloudevents+json",
    "webhook-id": "evt_1",
  });
});

test("notes a gap when it was not running, also between two runs", () => {
  const recorder = createWindowRecorder(1, null);
  for (const now of [0, TICK_MS, 2 * TICK_MS + 2000, 60_000, 60_000 + TICK_MS]) recorder.tick(now);
  expect(recorder.watchedMs()).toBe(2 * TICK_MS + 2000 + TICK_MS);
  const next = createWindowRecorder(1, recorder.read());
  next.tick(90_000);
  expect(next.read().periods.map(({ from, to }) => [Date.parse(from), Date.parse(to)])).toEqual([
    [0, 2 * TICK_MS + 2000],
    [60_000, 60_000 + TICK_MS],
    [90_000, 90_000],
  ]);
});

test("gives the evidence of each run its own ids", () => {
  const idsOf = (saved: Parameters<typeof createWindowRecorder>[1]) => {
    const recorder = createWindowRecorder(1, saved);
    recorder.receive(0, [{ ...delivery(eventOf("a", "online")), id: "d1" }]);
    return recorder.read();
  };
  const first = idsOf(null);
  expect(
    idsOf(first)
      .deliveries.flat()
      .map(({ id }) => id),
  ).toEqual(["d1000001", "d2000001"]);
});
