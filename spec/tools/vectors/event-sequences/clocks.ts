import { listed, said, settled } from "./settled.ts";

/** Clocks that are wrong. */
export const CLOCKS = [
  settled(
    "a clock far ahead does not block what comes after",
    "A time more than 5 minutes ahead of its receipt is ordered as of its receipt.",
    [
      said({
        id: "evt_1",
        status: "offline",
        time: "2099-01-01T00:00:00Z",
        received: "2026-11-23T09:00:00Z",
      }),
      said({ id: "evt_2", status: "online", time: "2026-11-23T09:00:01Z", received: "2026-11-23T09:00:02Z" }),
    ],
    1,
  ),
  settled(
    "a clock far ahead wins over what was before its receipt",
    "Ordered as of its receipt, it is later than what happened before that.",
    [
      said({
        id: "evt_1",
        status: "offline",
        time: "2099-01-01T00:00:00Z",
        received: "2026-11-23T09:00:00Z",
      }),
      said({
        id: "evt_2",
        status: "online",
        time: "2026-11-23T08:59:59.999Z",
        received: "2026-11-23T09:00:02Z",
      }),
    ],
    0,
  ),
  settled(
    "a clock ahead by 5 minutes",
    "Within 5 minutes a time counts as it is.",
    [
      said({
        id: "evt_1",
        status: "offline",
        time: "2026-11-23T09:05:00Z",
        received: "2026-11-23T09:00:00Z",
      }),
      said({ id: "evt_2", status: "online", time: "2026-11-23T09:04:59Z", received: "2026-11-23T09:04:59Z" }),
    ],
    0,
  ),
  settled(
    "a clock ahead by 5 minutes and a nanosecond",
    "That is more than 5 minutes: it is ordered as of its receipt.",
    [
      said({
        id: "evt_1",
        status: "offline",
        time: "2026-11-23T09:05:00.000000001Z",
        received: "2026-11-23T09:00:00Z",
      }),
      said({
        id: "evt_2",
        status: "online",
        time: "2026-11-23T09:00:00.000000001Z",
        received: "2026-11-23T09:00:01Z",
      }),
    ],
    1,
  ),
  settled(
    "a listing by a clock far ahead",
    "That holds for listings as well.",
    [
      listed({ status: "offline", as_of: "2099-01-01T00:00:00Z", received: "2026-11-23T09:00:00Z" }),
      said({ id: "evt_2", status: "online", time: "2026-11-23T09:00:01Z", received: "2026-11-23T09:00:02Z" }),
    ],
    1,
  ),
  settled(
    "two events by a clock far ahead, received one after the other",
    "Both are ordered as of their receipt: the one received later wins, though its time is earlier.",
    [
      said({
        id: "evt_1",
        status: "offline",
        time: "2099-01-02T00:00:00Z",
        received: "2026-11-23T09:00:00Z",
      }),
      said({ id: "evt_2", status: "online", time: "2099-01-01T00:00:00Z", received: "2026-11-23T09:00:01Z" }),
    ],
    1,
  ),
  settled(
    "a clock that is years behind",
    "What is old by its own time is old: nothing is moved forward.",
    [
      said({
        id: "evt_1",
        status: "offline",
        time: "1970-01-01T00:00:12Z",
        received: "2026-11-23T09:00:00Z",
      }),
      said({ id: "evt_2", status: "online", time: "2026-11-23T08:00:00Z", received: "2026-11-23T08:00:01Z" }),
    ],
    1,
  ),
];
