import { listed, said, settled } from "./settled.ts";

/** Events and listings. */
export const SNAPSHOTS = [
  settled(
    "an event and a listing of the same moment",
    "The event wins: a listing has no sequence and no id.",
    [
      said({ id: "evt_1", status: "offline" }),
      listed({ status: "online", observed: "2026-11-23T08:30:00Z", as_of: "2026-11-23T08:40:00Z" }),
    ],
    0,
  ),
  settled(
    "a listing that saw the status after the event",
    "The later observation wins: an event may have been lost.",
    [
      said({ status: "offline" }),
      listed({ status: "online", observed: "2026-11-23T08:30:00.000000001Z", as_of: "2026-11-23T08:40:00Z" }),
    ],
    1,
  ),
  settled(
    "a newer listing of an older observation",
    "A listing counts as of status_observed_at, not as of when it was made.",
    [
      said({ status: "offline", time: "2026-11-23T08:30:00Z" }),
      listed({ status: "online", observed: "2026-11-23T08:20:00Z", as_of: "2026-11-23T08:50:00Z" }),
    ],
    0,
  ),
  settled(
    "a record that was written after the event",
    "updated_at is when the record was written, and says nothing of the status.",
    [
      said({ status: "offline", time: "2026-11-23T08:30:00Z" }),
      listed({
        status: "online",
        observed: "2026-11-23T08:20:00Z",
        updated: "2026-11-23T08:49:00Z",
        as_of: "2026-11-23T08:50:00Z",
      }),
    ],
    0,
  ),
  settled(
    "a listing that does not say when the status was seen",
    "Then it counts as of the listing's as_of.",
    [
      said({ status: "offline", time: "2026-11-23T08:30:00Z" }),
      listed({ status: "online", as_of: "2026-11-23T08:50:00Z" }),
    ],
    1,
  ),
  settled(
    "two listings of a status seen at one moment",
    "The listing with the later as_of wins.",
    [
      listed({ status: "offline", observed: "2026-11-23T08:30:00Z", as_of: "2026-11-23T08:40:00Z" }),
      listed({ status: "degraded", observed: "2026-11-23T08:30:00+00:00", as_of: "2026-11-23T08:55:00Z" }),
    ],
    1,
  ),
  settled(
    "an older listing that saw the status later",
    "When the status was seen comes before when it was listed.",
    [
      listed({ status: "offline", observed: "2026-11-23T08:39:00Z", as_of: "2026-11-23T08:40:00Z" }),
      listed({ status: "online", observed: "2026-11-23T08:38:00Z", as_of: "2026-11-23T08:55:00Z" }),
    ],
    0,
  ),
  settled(
    "two events and two listings",
    "All stand in one order.",
    [
      said({ id: "evt_1", status: "offline", time: "2026-11-23T08:30:00Z", sequence: "0001" }),
      listed({ status: "offline", observed: "2026-11-23T08:30:00Z", as_of: "2026-11-23T08:31:00Z" }),
      said({ id: "evt_2", status: "online", time: "2026-11-23T08:45:00Z", sequence: "0002" }),
      listed({ status: "degraded", as_of: "2026-11-23T08:44:59.999Z" }),
    ],
    2,
    [[0, 1, 2, 3, 0, 1, 2, 3]],
  ),
];
