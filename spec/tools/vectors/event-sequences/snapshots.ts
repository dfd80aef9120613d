import { buildEvent, buildSequenceCase, buildSnapshot } from "./sequence-case.ts";

/** Cases with events and listings. */
export const SNAPSHOTS = [
  buildSequenceCase(
    "an event and a listing of the same moment",
    "The event wins: a listing has no sequence and no id.",
    [
      buildEvent({ id: "evt_1", status: "offline" }),
      buildSnapshot({ status: "online", observed: "2026-11-23T08:30:00Z", as_of: "2026-11-23T08:40:00Z" }),
    ],
    0,
  ),
  buildSequenceCase(
    "a listing that observed the status after the event",
    "The later observation wins: an event may have been lost.",
    [
      buildEvent({ status: "offline" }),
      buildSnapshot({
        status: "online",
        observed: "2026-11-23T08:30:00.000000001Z",
        as_of: "2026-11-23T08:40:00Z",
      }),
    ],
    1,
  ),
  buildSequenceCase(
    "a newer listing of an older observation",
    "The time of a listed status is status_observed_at, not the time of the listing.",
    [
      buildEvent({ status: "offline", time: "2026-11-23T08:30:00Z" }),
      buildSnapshot({ status: "online", observed: "2026-11-23T08:20:00Z", as_of: "2026-11-23T08:50:00Z" }),
    ],
    0,
  ),
  buildSequenceCase(
    "a record that was written after the event",
    "updated_at is when the record was written; it does not affect the status.",
    [
      buildEvent({ status: "offline", time: "2026-11-23T08:30:00Z" }),
      buildSnapshot({
        status: "online",
        observed: "2026-11-23T08:20:00Z",
        updated: "2026-11-23T08:49:00Z",
        as_of: "2026-11-23T08:50:00Z",
      }),
    ],
    0,
  ),
  buildSequenceCase(
    "a listing without status_observed_at",
    "Without status_observed_at, the time of a listed status is the listing's as_of.",
    [
      buildEvent({ status: "offline", time: "2026-11-23T08:30:00Z" }),
      buildSnapshot({ status: "online", as_of: "2026-11-23T08:50:00Z" }),
    ],
    1,
  ),
  buildSequenceCase(
    "two listings of a status observed at the same moment",
    "The listing with the later as_of wins.",
    [
      buildSnapshot({ status: "offline", observed: "2026-11-23T08:30:00Z", as_of: "2026-11-23T08:40:00Z" }),
      buildSnapshot({
        status: "degraded",
        observed: "2026-11-23T08:30:00+00:00",
        as_of: "2026-11-23T08:55:00Z",
      }),
    ],
    1,
  ),
  buildSequenceCase(
    "an older listing that observed the status later",
    "The time of observation is compared before the time of the listing.",
    [
      buildSnapshot({ status: "offline", observed: "2026-11-23T08:39:00Z", as_of: "2026-11-23T08:40:00Z" }),
      buildSnapshot({ status: "online", observed: "2026-11-23T08:38:00Z", as_of: "2026-11-23T08:55:00Z" }),
    ],
    0,
  ),
  buildSequenceCase(
    "two events and two listings",
    "Events and listings share one order of observations.",
    [
      buildEvent({ id: "evt_1", status: "offline", time: "2026-11-23T08:30:00Z", sequence: "0001" }),
      buildSnapshot({ status: "offline", observed: "2026-11-23T08:30:00Z", as_of: "2026-11-23T08:31:00Z" }),
      buildEvent({ id: "evt_2", status: "online", time: "2026-11-23T08:45:00Z", sequence: "0002" }),
      buildSnapshot({ status: "degraded", as_of: "2026-11-23T08:44:59.999Z" }),
    ],
    2,
    [[0, 1, 2, 3, 0, 1, 2, 3]],
  ),
];
