import { said, settled } from "./settled.ts";

/** Events alone. */
export const EVENTS = [
  settled(
    "one event",
    "Whatever is told first is known.",
    [said({ status: "offline", reason: "power_loss" })],
    0,
  ),
  settled(
    "a late event",
    "The later time wins, whatever comes last.",
    [
      said({ id: "evt_1", status: "offline", time: "2026-11-23T08:30:00Z" }),
      said({ id: "evt_2", status: "online", time: "2026-11-23T08:35:00Z" }),
    ],
    1,
  ),
  settled(
    "an event of hours ago, retried after two newer ones",
    "The later time wins, whatever comes last.",
    [
      said({ id: "evt_1", status: "offline", time: "2026-11-23T02:00:00Z", reason: "power_loss" }),
      said({ id: "evt_2", status: "degraded", time: "2026-11-23T02:10:00Z", reason: "fault" }),
      said({ id: "evt_3", status: "online", time: "2026-11-23T02:20:00Z" }),
    ],
    2,
    [
      [0, 1, 2, 0],
      [0, 1, 2, 1, 0],
    ],
  ),
  settled(
    "duplicates",
    "The same event again has no second effect.",
    [
      said({ id: "evt_1", status: "offline", time: "2026-11-23T08:30:00Z" }),
      said({ id: "evt_2", status: "online", time: "2026-11-23T08:31:00Z" }),
    ],
    1,
    [
      [0, 0, 1],
      [0, 1, 1],
      [1, 0, 0, 1, 0],
      [1, 1, 1, 0],
    ],
  ),
  settled(
    "times that are a nanosecond apart",
    "Times are compared to the nanosecond; in milliseconds these are one.",
    [
      said({ id: "evt_2", status: "offline", time: "2026-11-23T08:30:00.123456788Z" }),
      said({ id: "evt_1", status: "online", time: "2026-11-23T08:30:00.123456789Z" }),
    ],
    1,
  ),
  settled(
    "a fraction that is shorter, and later",
    "Fractions are numbers: .5 is after .499999999 and after .45.",
    [
      said({ id: "evt_3", status: "offline", time: "2026-11-23T08:30:00.499999999Z" }),
      said({ id: "evt_1", status: "online", time: "2026-11-23T08:30:00.5Z" }),
      said({ id: "evt_2", status: "degraded", time: "2026-11-23T08:30:00.45Z" }),
    ],
    1,
  ),
  settled(
    "no fraction and a fraction of zeros",
    "The same moment: then the greater sequence wins.",
    [
      said({ id: "evt_2", status: "offline", time: "2026-11-23T08:30:00.000000000Z", sequence: "1" }),
      said({ id: "evt_1", status: "online", time: "2026-11-23T08:30:00Z", sequence: "2" }),
    ],
    1,
  ),
  settled(
    "+00:00 against Z",
    "The same moment: then the greater sequence wins. As texts, Z would be the greater.",
    [
      said({ id: "evt_1", status: "offline", time: "2026-11-23T08:30:00Z", sequence: "0001" }),
      said({ id: "evt_2", status: "online", time: "2026-11-23T08:30:00+00:00", sequence: "0002" }),
    ],
    1,
  ),
  settled(
    "equal times, told apart by sequence",
    "Of equal times the greater sequence wins, whatever the ids are.",
    [
      said({ id: "evt_9", status: "offline", sequence: "000000000041" }),
      said({ id: "evt_1", status: "online", sequence: "000000000042" }),
      said({ id: "evt_5", status: "degraded", sequence: "000000000040" }),
    ],
    1,
  ),
  settled(
    "a later time with a lower sequence",
    "Time comes first.",
    [
      said({ id: "evt_1", status: "offline", time: "2026-11-23T08:30:00Z", sequence: "0009" }),
      said({ id: "evt_2", status: "online", time: "2026-11-23T08:30:01Z", sequence: "0001" }),
    ],
    1,
  ),
  settled(
    "sequences without leading zeros",
    "Sequences are compared as text: 9 is greater than 10. Vendors write leading zeros.",
    [
      said({ id: "evt_1", status: "offline", sequence: "10" }),
      said({ id: "evt_2", status: "online", sequence: "9" }),
    ],
    1,
  ),
  settled(
    "a sequence against none",
    "None is an empty text, which is the least.",
    [said({ id: "evt_9", status: "offline" }), said({ id: "evt_1", status: "online", sequence: "0" })],
    1,
  ),
  settled(
    "all alike but the id",
    "The greater id wins, as text, so that everybody agrees.",
    [
      said({ id: "evt_10", status: "offline" }),
      said({ id: "evt_9", status: "online" }),
      said({ id: "EVT_99", status: "degraded" }),
    ],
    1,
  ),
];
