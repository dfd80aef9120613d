import { describe, expect, test } from "vitest";
import {
  findAttempts,
  findDelivery,
  findPublished,
  isPublished,
  watchReconnection,
  watchReports,
} from "./match-deliveries.ts";
import { delivery, exchange } from "./testing/recorded.ts";

const event = (id: string, status: string, more: object = {}) => ({
  id,
  type: "com.convergint.device.status_changed.v1",
  data: { device_id: "d", status, ...more },
});

describe("attempts at the delivery of a change", () => {
  const change = { deviceId: "d", status: "offline" };
  const post = (id: string, body: object) => delivery(body, { "webhook-id": id });
  const first = post("1", event("1", "offline"));
  const other = post("2", event("2", "offline", { status_reason: "power_loss" }));

  test.each([
    ["with the same webhook-id", post("1", event("other body", "offline"))],
    ["with the same body", post("other id", event("1", "offline"))],
  ])("include a retry %s", (_, retry) => {
    expect(findAttempts(change, [first, other, retry])).toEqual([first, retry]);
  });

  test("do not include another event with the same status", () => {
    expect(findAttempts(change, [first, other])).toEqual([first]);
  });

  test("without a webhook-id are recognized by their body", () => {
    const [one, two] = [event("1", "offline"), event("2", "offline")].map((body) => delivery(body));
    expect(findAttempts(change, [one, two, one] as never)).toEqual([one, one]);
  });
});

describe("a wait for the report of a change", () => {
  const at = (time: string, id: string, status: string, more: object = {}) =>
    delivery({ ...event(id, status, more), time: `2026-11-23T08:${time}Z` });
  const online = { deviceId: "d", status: "online" };
  const [before, offline, late, back] = [
    at("00:00", "0", "online"),
    at("02:00", "2", "offline"),
    at("01:00", "1", "online"),
    at("03:00", "3", "online"),
  ];

  test("ends only with the status that was commanded", () => {
    const arrived = [before];
    const isReported = watchReports([{ deviceId: "d", status: "offline" }], arrived, 1);
    arrived.push(late);
    expect(isReported()).toBe(false);
    arrived.push(offline);
    expect(isReported()).toBe(true);
  });

  test("ignores what had arrived before the command, also if it is repeated", () => {
    const arrived = [before, offline, before];
    expect(watchReports([online], arrived, 2)()).toBe(false);
  });

  test("ignores an older event that was still on its way, and a check prefers the right one", () => {
    const arrived = [offline];
    const isReported = watchReports([online], arrived, 1);
    arrived.push(late);
    expect(isReported()).toBe(false);
    arrived.push(back);
    expect(isReported()).toBe(true);
    const change = { deviceId: "d", status: "online", window: { from: 1, to: 3 } } as const;
    expect(findDelivery(change, arrived)).toBe(back);
  });

  test("waits for every device, and counts only accepted deliveries", () => {
    const changes = [online, { deviceId: "e", status: "online" }];
    const other = (answeredStatus: number) => ({
      ...delivery({ ...event("4", "online"), data: { device_id: "e", status: "online" } }),
      answeredStatus,
    });
    const arrived = [back, other(500)];
    const isReported = watchReports(changes, arrived, 0, ({ answeredStatus }) => answeredStatus === 204);
    expect(isReported()).toBe(false);
    arrived.push(other(204));
    expect(isReported()).toBe(true);
  });
});

describe("devices behind an unreachable connector", () => {
  const cutOff = { status_reason: "parent_unreachable" };
  const post = (time: string, status: string, more: object) =>
    delivery({ ...event(time, status, more), time: `2026-11-23T08:30:${time}Z` });

  test("are those whose latest event says so, whatever the order of arrival", () => {
    const [lost, back] = [post("01", "unknown", cutOff), post("02", "online", { status_reason: null })];
    const arrived = [lost];
    const isConnected = watchReconnection(arrived, 0);
    expect(isConnected()).toBe(false);
    arrived.push(back);
    expect(isConnected()).toBe(true);
    arrived.push(post("03", "unknown", cutOff));
    expect(isConnected()).toBe(false);
    expect(watchReconnection([back, lost], 0)()).toBe(true);
    expect(watchReconnection([lost], Date.parse(lost.receivedAt) + 1)()).toBe(true);
  });
});

describe("a requested event", () => {
  const post = (id: string) => delivery(event(id, "offline"));
  const requested = {
    ...{ type: "com.convergint.device.status_changed.v1", deviceId: "d", from: 1 },
    command: exchange({ event_id: "2" }),
  };

  test("has arrived only when the event with the id in the response has arrived", () => {
    expect(isPublished(requested, [post("0"), post("1")])).toBe(false);
    expect(isPublished(requested, [post("0"), post("1"), post("2")])).toBe(true);
    expect(isPublished({ ...requested, command: exchange({}) }, [post("0"), post("1")])).toBe(true);
  });

  test("that arrives after the wait does not count", () => {
    expect(findPublished({ ...requested, to: 1 }, [post("0"), post("2")])).toBeNull();
    expect(findPublished({ ...requested, to: 2 }, [post("0"), post("2")])?.event["id"]).toBe("2");
  });
});
