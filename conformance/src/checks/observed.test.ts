import { expect, test } from "vitest";
import type { Observation, Poll } from "../evidence/observation-evidence.ts";
import { delivery, exchange, listing } from "../evidence/testing/recorded.ts";
import { observedChecks } from "./observed.ts";

const START = Date.parse("2026-11-23T08:00:00Z");
const at = (minutes: number) => new Date(START + minutes * 60_000).toISOString();
const ORG = "org-1";

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

function judge(
  requirement: string,
  polls: readonly Poll[],
  deliveries: Observation["endpoints"][0]["deliveries"],
) {
  const check = observedChecks.find((each) => each.requirement === requirement);
  const manifest = exchange({ device_types: [{ type: "camera", status_from: ["events", "inventory"] }] });
  const observation: Observation = {
    ...{ latencySeconds: 5, goal: { changes: 10, types: 1 }, oneIn: 1, polls },
    periods: [{ from: at(0), to: at(600) }],
    endpoints: [{ destination: "https://suite.example/hook", secret: "whsec_AAAA", deliveries }],
  };
  return check?.judge({ discovery: { manifest }, devices: { listing: listing() }, observation });
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
