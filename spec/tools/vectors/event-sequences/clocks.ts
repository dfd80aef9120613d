import { buildEvent, buildSequenceCase, buildSnapshot } from "./sequence-case.ts";

/** Cases with wrong clocks. */
export const CLOCKS = [
  buildSequenceCase(
    "a clock far ahead does not block later events",
    "The event's time is more than 5 minutes after its receipt, so the event is ordered by the time of its receipt.",
    [
      buildEvent({
        id: "evt_1",
        status: "offline",
        time: "2099-01-01T00:00:00Z",
        received: "2026-11-23T09:00:00Z",
      }),
      buildEvent({
        id: "evt_2",
        status: "online",
        time: "2026-11-23T09:00:01Z",
        received: "2026-11-23T09:00:02Z",
      }),
    ],
    1,
  ),
  buildSequenceCase(
    "a clock far ahead wins over what happened before its receipt",
    "The event is ordered by the time of its receipt, so it is later than everything that happened before its receipt.",
    [
      buildEvent({
        id: "evt_1",
        status: "offline",
        time: "2099-01-01T00:00:00Z",
        received: "2026-11-23T09:00:00Z",
      }),
      buildEvent({
        id: "evt_2",
        status: "online",
        time: "2026-11-23T08:59:59.999Z",
        received: "2026-11-23T09:00:02Z",
      }),
    ],
    0,
  ),
  buildSequenceCase(
    "a clock ahead by 5 minutes",
    "If the time is at most 5 minutes later than the moment at which the event was received, it is used unchanged.",
    [
      buildEvent({
        id: "evt_1",
        status: "offline",
        time: "2026-11-23T09:05:00Z",
        received: "2026-11-23T09:00:00Z",
      }),
      buildEvent({
        id: "evt_2",
        status: "online",
        time: "2026-11-23T09:04:59Z",
        received: "2026-11-23T09:04:59Z",
      }),
    ],
    0,
  ),
  buildSequenceCase(
    "a clock ahead by 5 minutes and a nanosecond",
    "The time is more than 5 minutes ahead, so the event is ordered by the time of its receipt.",
    [
      buildEvent({
        id: "evt_1",
        status: "offline",
        time: "2026-11-23T09:05:00.000000001Z",
        received: "2026-11-23T09:00:00Z",
      }),
      buildEvent({
        id: "evt_2",
        status: "online",
        time: "2026-11-23T09:00:00.000000001Z",
        received: "2026-11-23T09:00:01Z",
      }),
    ],
    1,
  ),
  buildSequenceCase(
    "a listing with a clock far ahead",
    "A listed status with a time far in the future is also ordered by the time of its receipt.",
    [
      buildSnapshot({ status: "offline", as_of: "2099-01-01T00:00:00Z", received: "2026-11-23T09:00:00Z" }),
      buildEvent({
        id: "evt_2",
        status: "online",
        time: "2026-11-23T09:00:01Z",
        received: "2026-11-23T09:00:02Z",
      }),
    ],
    1,
  ),
  buildSequenceCase(
    "two events with a clock far ahead, received one after the other",
    "Both events are ordered by the time of their receipt. The event received later wins, even if its own time is earlier.",
    [
      buildEvent({
        id: "evt_1",
        status: "offline",
        time: "2099-01-02T00:00:00Z",
        received: "2026-11-23T09:00:00Z",
      }),
      buildEvent({
        id: "evt_2",
        status: "online",
        time: "2099-01-01T00:00:00Z",
        received: "2026-11-23T09:00:01Z",
      }),
    ],
    1,
  ),
  buildSequenceCase(
    "a clock that is years behind",
    "A time in the past is used unchanged.",
    [
      buildEvent({
        id: "evt_1",
        status: "offline",
        time: "1970-01-01T00:00:12Z",
        received: "2026-11-23T09:00:00Z",
      }),
      buildEvent({
        id: "evt_2",
        status: "online",
        time: "2026-11-23T08:00:00Z",
        received: "2026-11-23T08:00:01Z",
      }),
    ],
    1,
  ),
];
