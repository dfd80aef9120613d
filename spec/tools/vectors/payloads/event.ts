import { event, invalid, type PayloadCases, valid, without } from "./samples.ts";

const OWN = { ...event("x", {}), type: "com.campus.parking.barrier_raised.v1" };

const own = (changes: object) => ({ ...OWN, ...changes });

const EVENTS = [
  valid("an event of an unknown type", OWN),
  valid("an unknown event type with twelve unknown members", {
    ...OWN,
    type: "org.example.x-2.pump_state.changed.v17",
    traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    partitionkey: "site_1",
    data: {
      ...OWN.data,
      pump: 3,
      pressure: { value: 2.5, unit: "bar" },
      tags: [],
      note: null,
      nested: [[1], [2]],
      ok: true,
      "a b": 1,
      größe: "m",
      o: {},
      x: "",
    },
  }),
  valid("every attribute", {
    ...OWN,
    subject: "barrier_1",
    datacontenttype: "application/json",
    dataschema: "https://api.campus.example/schemas/barrier-raised-1.json",
    sequence: "000000000042",
  }),
  valid("null for every optional attribute", {
    ...OWN,
    subject: null,
    datacontenttype: null,
    dataschema: null,
    sequence: null,
  }),
  valid(
    "a time with +00:00 and nine digits of fraction",
    own({ time: "2026-11-23T08:31:07.123456789+00:00" }),
  ),
  valid("a time in the future, which a reader keeps unchanged", own({ time: "2099-01-01T00:00:00Z" })),
  valid("an id of 256 visible characters", own({ id: "!~".repeat(128) })),
  ...(
    [
      ["specversion", "EVT-002"],
      ["id", "EVT-006"],
      ["source", "EVT-010"],
      ["type", "EVT-002"],
      ["time", "EVT-002"],
      ["data", "EVT-002"],
    ] as const
  ).map(([member, requirement]) =>
    invalid(`without ${member}`, without(OWN, member), [`/${member}`, requirement, `${member} is required.`]),
  ),
  invalid("CloudEvents 0.3", own({ specversion: "0.3" }), [
    "/specversion",
    "EVT-002",
    "The envelope is CloudEvents 1.0.",
  ]),
  invalid("an id with a dot", own({ id: "evt.1" }), [
    "/id",
    "EVT-006",
    "The id is sent as webhook-id, and the signed content is id.timestamp.body.",
  ]),
  invalid("an id with a space", own({ id: "evt 1" }), ["/id", "EVT-006", "The id is sent as a header."]),
  invalid("an id with a non-ASCII letter", own({ id: "evt_é" }), [
    "/id",
    "EVT-006",
    "The id is sent as a header.",
  ]),
  invalid("a number instead of an id", own({ id: 1 }), ["/id", "EVT-006", "Ids are strings."]),
  invalid("an empty source", own({ source: "" }), [
    "/source",
    "EVT-010",
    "The source and the id together identify an event.",
  ]),
  invalid("a type without a version", own({ type: "com.campus.parking.barrier_raised" }), [
    "/type",
    "EVT-002",
    "A type ends with its major version, such as .v1.",
  ]),
  invalid("a type that is not a reverse-DNS name", own({ type: "BarrierRaised" }), [
    "/type",
    "EVT-002",
    "Types are reverse-DNS names in lower case.",
  ]),
  invalid("a local time", own({ time: "2026-11-23T09:31:07+01:00" }), [
    "/time",
    "EVT-002",
    "Times are in UTC: Z or +00:00.",
  ]),
  invalid("epoch milliseconds", own({ time: 1795422667120 }), ["/time", "EVT-002", "Times are RFC 3339."]),
  invalid("an hour that does not exist", own({ time: "2026-11-23T24:00:00Z" }), [
    "/time",
    "EVT-002",
    "Hours are 00 to 23.",
  ]),
  invalid("a number instead of a sequence", own({ sequence: 42 }), [
    "/sequence",
    "EVT-002",
    "A sequence is a string, because sequences are compared as text. Write a number with leading zeros.",
  ]),
  invalid("data as a JSON string", own({ data: JSON.stringify(OWN.data) }), [
    "/data",
    "EVT-002",
    "data is an object, not JSON within JSON.",
  ]),
  invalid("data without org_id", own({ data: without(OWN.data, "org_id") }), [
    "/data/org_id",
    "EVT-003",
    "Every payload names its org.",
  ]),
  invalid("data without site_id", own({ data: without(OWN.data, "site_id") }), [
    "/data/site_id",
    "EVT-003",
    "Every payload names its site.",
  ]),
];

const batchOf = (count: number) => Array.from({ length: count }, (_, index) => own({ id: `evt_${index}` }));

/** Events of any type, single and in batches. */
export const EVENT_PAYLOADS: PayloadCases = {
  Event: EVENTS,
  EventBatch: [
    valid("one event", batchOf(1)),
    valid("events of a known and of an unknown type", [
      ...batchOf(1),
      event("device.status_changed", { device_id: "cam_1", status: "online" }),
    ]),
    invalid("no event", [], ["", "DLV-012", "A batch has at least one event."]),
    invalid("101 events", batchOf(101), ["", "DLV-012", "A batch has at most 100 events."]),
    invalid("one event that is not in a list", OWN, ["", "DLV-012", "A batch is a list."]),
    invalid(
      "the second event without its id",
      [OWN, without(OWN, "id")],
      [
        "/1/id",
        "EVT-006",
        "Each event of a batch keeps its id. A consumer judges each event separately, so it keeps the first event.",
      ],
    ),
  ],
  BatchAnswer: [
    valid("all accepted", { accepted: 2, refused: [] }),
    valid("one refused, which was unreadable", {
      accepted: 1,
      refused: [{ index: 1, code: "invalid_event" }],
    }),
    valid("one refused, with all members", {
      accepted: 99,
      refused: [{ index: 17, id: "evt_1", code: "invalid_event", detail: "/data/status: Send online." }],
    }),
    invalid("without refused", { accepted: 2 }, [
      "/refused",
      "RCV-010",
      "If nothing was refused, the list is empty.",
    ]),
    invalid("an index that is negative", { accepted: 0, refused: [{ index: -1, code: "invalid_event" }] }, [
      "/refused/0/index",
      "RCV-010",
      "Indexes start at 0.",
    ]),
  ],
};
