import { buildEvent, buildSequenceCase } from "./sequence-case.ts";

/** Cases with only events. */
export const EVENTS = [
  buildSequenceCase(
    "one event",
    "The only observation determines the status.",
    [buildEvent({ status: "offline", reason: "power_loss" })],
    0,
  ),
  buildSequenceCase(
    "a late event",
    "The later time wins, in any order of arrival.",
    [
      buildEvent({ id: "evt_1", status: "offline", time: "2026-11-23T08:30:00Z" }),
      buildEvent({ id: "evt_2", status: "online", time: "2026-11-23T08:35:00Z" }),
    ],
    1,
  ),
  buildSequenceCase(
    "an event from hours ago, retried after two newer ones",
    "The later time wins, in any order of arrival.",
    [
      buildEvent({ id: "evt_1", status: "offline", time: "2026-11-23T02:00:00Z", reason: "power_loss" }),
      buildEvent({ id: "evt_2", status: "degraded", time: "2026-11-23T02:10:00Z", reason: "fault" }),
      buildEvent({ id: "evt_3", status: "online", time: "2026-11-23T02:20:00Z" }),
    ],
    2,
    [
      [0, 1, 2, 0],
      [0, 1, 2, 1, 0],
    ],
  ),
  buildSequenceCase(
    "duplicates",
    "The same event again has no second effect.",
    [
      buildEvent({ id: "evt_1", status: "offline", time: "2026-11-23T08:30:00Z" }),
      buildEvent({ id: "evt_2", status: "online", time: "2026-11-23T08:31:00Z" }),
    ],
    1,
    [
      [0, 0, 1],
      [0, 1, 1],
      [1, 0, 0, 1, 0],
      [1, 1, 1, 0],
    ],
  ),
  buildSequenceCase(
    "times one nanosecond apart",
    "Times are compared to the nanosecond; in milliseconds these two are equal.",
    [
      buildEvent({ id: "evt_2", status: "offline", time: "2026-11-23T08:30:00.123456788Z" }),
      buildEvent({ id: "evt_1", status: "online", time: "2026-11-23T08:30:00.123456789Z" }),
    ],
    1,
  ),
  buildSequenceCase(
    "a shorter fraction that is later",
    "Fractions are numbers: .5 is after .499999999 and after .45.",
    [
      buildEvent({ id: "evt_3", status: "offline", time: "2026-11-23T08:30:00.499999999Z" }),
      buildEvent({ id: "evt_1", status: "online", time: "2026-11-23T08:30:00.5Z" }),
      buildEvent({ id: "evt_2", status: "degraded", time: "2026-11-23T08:30:00.45Z" }),
    ],
    1,
  ),
  buildSequenceCase(
    "no fraction and a fraction of zeros",
    "Both times are the same moment, so the greater sequence wins.",
    [
      buildEvent({ id: "evt_2", status: "offline", time: "2026-11-23T08:30:00.000000000Z", sequence: "1" }),
      buildEvent({ id: "evt_1", status: "online", time: "2026-11-23T08:30:00Z", sequence: "2" }),
    ],
    1,
  ),
  buildSequenceCase(
    "+00:00 against Z",
    "Both times are the same moment, so the greater sequence wins. Do not compare times as text: the time that ends in Z would wrongly be the later one.",
    [
      buildEvent({ id: "evt_1", status: "offline", time: "2026-11-23T08:30:00Z", sequence: "0001" }),
      buildEvent({ id: "evt_2", status: "online", time: "2026-11-23T08:30:00+00:00", sequence: "0002" }),
    ],
    1,
  ),
  buildSequenceCase(
    "equal times with different sequences",
    "If times are equal, the greater sequence wins, whatever the ids are.",
    [
      buildEvent({ id: "evt_9", status: "offline", sequence: "000000000041" }),
      buildEvent({ id: "evt_1", status: "online", sequence: "000000000042" }),
      buildEvent({ id: "evt_5", status: "degraded", sequence: "000000000040" }),
    ],
    1,
  ),
  buildSequenceCase(
    "a later time with a lower sequence",
    "Time is compared before sequence.",
    [
      buildEvent({ id: "evt_1", status: "offline", time: "2026-11-23T08:30:00Z", sequence: "0009" }),
      buildEvent({ id: "evt_2", status: "online", time: "2026-11-23T08:30:01Z", sequence: "0001" }),
    ],
    1,
  ),
  buildSequenceCase(
    "sequences without leading zeros",
    "Sequences are compared as text: 9 is greater than 10. Vendors must write leading zeros.",
    [
      buildEvent({ id: "evt_1", status: "offline", sequence: "10" }),
      buildEvent({ id: "evt_2", status: "online", sequence: "9" }),
    ],
    1,
  ),
  buildSequenceCase(
    "a sequence and no sequence",
    "A missing sequence counts as an empty string, which is smaller than any other sequence.",
    [
      buildEvent({ id: "evt_9", status: "offline" }),
      buildEvent({ id: "evt_1", status: "online", sequence: "0" }),
    ],
    1,
  ),
  buildSequenceCase(
    "equal except for the id",
    "The greater id wins, compared as text, so that all consumers agree.",
    [
      buildEvent({ id: "evt_10", status: "offline" }),
      buildEvent({ id: "evt_9", status: "online" }),
      buildEvent({ id: "EVT_99", status: "degraded" }),
    ],
    1,
  ),
];
