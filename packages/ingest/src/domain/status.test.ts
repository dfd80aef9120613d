import { readFile } from "node:fs/promises";
import { deviceSchema, deviceStatusChangedEventSchema, timestampSchema } from "@convergint/schemas";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Observation, observeEvent, observeSnapshot } from "./observation.ts";
import { mergeObservations } from "./status.ts";

const RECEIVED = new Date("2026-11-23T09:00:00Z");

interface Reported {
  readonly id?: string;
  readonly time?: string;
  readonly sequence?: string;
  readonly status?: "online" | "degraded" | "offline" | "unknown";
  readonly seen?: string;
  readonly received?: Date;
}

const event = ({ id = "e", time = "2026-11-23T08:30:00Z", sequence, status, seen, received }: Reported) =>
  observeEvent(
    { id, time, sequence, data: { status: status ?? "online", last_seen_at: seen } },
    received ?? RECEIVED,
  );
const snapshot = ({
  time = "2026-11-23T08:30:00Z",
  asOf = time,
  status,
  seen,
  received,
}: Reported & { asOf?: string }) =>
  observeSnapshot(
    { status: status ?? "online", status_observed_at: time, last_seen_at: seen },
    asOf,
    received ?? RECEIVED,
  );

const outcome = (observations: readonly Observation[]) =>
  observations.reduce<Observation | null>((current, observed) => mergeObservations(current, observed), null);
const statusOf = (...observations: Observation[]) => outcome(observations)?.status;

const offline = (reported: Reported) => event({ id: "a", ...reported, status: "offline" });
const online = (reported: Reported) => event({ id: "b", ...reported, status: "online" });

describe("the device has the status of", () => {
  const wins: readonly (readonly [string, Observation, Observation])[] = [
    ["the later time", offline({ time: "2026-11-23T08:30:01Z" }), online({ time: "2026-11-23T08:30:00Z" })],
    [
      "the later time by a nanosecond",
      offline({ time: "2026-11-23T08:30:00.000000002Z" }),
      online({ time: "2026-11-23T08:30:00.000000001Z" }),
    ],
    [
      "the later time, even with a lower sequence",
      offline({ time: "2026-11-23T08:30:01Z", sequence: "1" }),
      online({ time: "2026-11-23T08:30:00Z", sequence: "2" }),
    ],
    ["the higher sequence at the same time", offline({ sequence: "0002" }), online({ sequence: "0001" })],
    ["an event with a sequence over one without", offline({ sequence: "1" }), online({})],
    [
      "the higher sequence at the same time in another notation",
      offline({ time: "2026-11-23T08:30:00+00:00", sequence: "2" }),
      online({ time: "2026-11-23T08:30:00.000Z", sequence: "1" }),
    ],
    ["the greater id, if all else is equal", event({ id: "b", status: "offline" }), event({ id: "a" })],
    ["an event over a snapshot of the same time", offline({}), snapshot({ status: "online" })],
    [
      "a snapshot that saw the status later than the event",
      snapshot({ time: "2026-11-23T08:30:01Z", status: "offline" }),
      online({}),
    ],
    [
      "an event over a later snapshot with an older observation",
      offline({}),
      snapshot({ time: "2026-11-23T08:29:59Z", asOf: "2026-11-23T08:59:00Z" }),
    ],
    [
      "the later of two snapshots with the same observation time",
      snapshot({ asOf: "2026-11-23T08:50:00Z", status: "offline" }),
      snapshot({ asOf: "2026-11-23T08:40:00Z", status: "online" }),
    ],
    [
      "an event received after one whose clock is far ahead",
      offline({ time: "2026-11-23T09:00:01Z", received: new Date("2026-11-23T09:00:02Z") }),
      online({ time: "2099-01-01T00:00:00Z" }),
    ],
    [
      "a clock ahead by no more than 5 minutes, over the present",
      offline({ time: "2026-11-23T09:05:00Z" }),
      online({ time: "2026-11-23T09:00:00Z" }),
    ],
    [
      "the present, over a clock ahead by slightly more than 5 minutes",
      offline({ time: "2026-11-23T09:00:00.001Z" }),
      online({ time: "2026-11-23T09:05:00.001Z" }),
    ],
    [
      "an event received after a snapshot whose clock is far ahead",
      offline({ time: "2026-11-23T09:00:01Z", received: new Date("2026-11-23T09:00:02Z") }),
      snapshot({ time: "2099-01-01T00:00:00Z", asOf: "2099-01-01T00:00:00Z" }),
    ],
  ];
  test.each(wins)("%s", (_, winner, loser) => {
    expect(winner.status).toBe("offline");
    expect(statusOf(loser, winner)).toBe("offline");
    expect(statusOf(winner, loser)).toBe("offline");
  });

  test("a time far ahead is stored as sent", () => {
    expect(online({ time: "2099-01-01T00:00:00Z" }).occurredAt).toBe("2099-01-01T00:00:00Z");
  });
});

describe("last_seen_at", () => {
  test("is the maximum, whichever observation wins", () => {
    const late = event({ id: "a", time: "2026-11-23T08:40:00Z", seen: "2026-11-23T08:00:00Z" });
    const early = event({ id: "b", time: "2026-11-23T08:20:00Z", seen: "2026-11-23T08:19:00Z" });
    expect(outcome([late, early])?.lastSeenAt).toBe("2026-11-23T08:19:00Z");
    expect(outcome([early, late])?.lastSeenAt).toBe("2026-11-23T08:19:00Z");
  });

  test("is kept by an observation without it", () => {
    const naming = event({ id: "a", seen: "2026-11-23T08:00:00Z" });
    expect(outcome([naming, event({ id: "b" })])?.lastSeenAt).toBe("2026-11-23T08:00:00Z");
    expect(outcome([event({ id: "b" }), naming])?.lastSeenAt).toBe("2026-11-23T08:00:00Z");
  });

  test("is not blocked by a clock far ahead", () => {
    const ahead = event({ id: "a", seen: "2099-01-01T00:00:00Z" });
    const after = event({
      id: "b",
      seen: "2026-11-23T09:10:00Z",
      received: new Date("2026-11-23T09:10:01Z"),
    });
    expect(outcome([ahead, after])?.lastSeenAt).toBe("2026-11-23T09:10:00Z");
    expect(outcome([after, ahead])?.lastSeenAt).toBe("2026-11-23T09:10:00Z");
  });
});

describe("any observations", () => {
  // The tests use few values, so that equal times, sequences and ids are common.
  const time = fc.constantFrom(
    "2026-11-23T08:30:00Z",
    "2026-11-23T08:30:00+00:00",
    "2026-11-23T08:30:00.000Z",
    "2026-11-23T08:30:00.000000001Z",
    "2026-11-23T08:31:00Z",
    "2026-11-23T09:04:59Z",
    "2026-11-23T09:05:01Z",
    "2099-12-31T23:59:59Z",
  );
  const received = fc.constantFrom(RECEIVED, new Date("2026-11-23T09:00:01Z"));
  const seen = fc.option(time, { nil: undefined });
  const status = fc.constantFrom("online", "degraded", "offline", "unknown");
  const status_reason = fc.constantFrom(undefined, "parent_unreachable");
  const anEvent = fc
    .record({
      id: fc.constantFrom("a", "b"),
      time,
      sequence: fc.constantFrom(undefined, "1", "2"),
      status,
      status_reason,
      seen,
      received,
    })
    .map(({ id, time, sequence, received, seen, ...data }) =>
      observeEvent({ id, time, sequence, data: { ...data, last_seen_at: seen } }, received),
    );
  const aSnapshot = fc
    .record({ asOf: time, status_observed_at: fc.option(time), status, status_reason, seen, received })
    .map(({ asOf, received, seen, ...device }) =>
      observeSnapshot({ ...device, last_seen_at: seen }, asOf, received),
    );
  const several = fc.array(fc.oneof(anEvent, aSnapshot), { minLength: 1, maxLength: 8 });

  test("give the same status in any order", () => {
    fc.assert(
      fc.property(
        several.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
        ),
        ([all, shuffled]) => {
          expect(outcome(shuffled)).toEqual(outcome(all));
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("change nothing when they are repeated", () => {
    fc.assert(
      fc.property(several, (all) => {
        expect(outcome([...all, ...all])).toEqual(outcome(all));
      }),
    );
  });
});

type Recorded =
  | { readonly kind: "event"; readonly received_at: string; readonly event: unknown }
  | {
      readonly kind: "snapshot";
      readonly received_at: string;
      readonly as_of: string;
      readonly device: unknown;
    };

interface Sequence {
  readonly name: string;
  readonly observations: readonly Recorded[];
  readonly orders: readonly (readonly number[])[];
  readonly final: { readonly status: string; readonly status_reason: string | null; decided_by: number };
}

const { cases } = JSON.parse(
  await readFile(new URL("../../../../spec/1.0/vectors/event-sequences.json", import.meta.url), "utf8"),
) as { cases: Sequence[] };

/** Parses an observation as the server does. */
function toObservation(reported: Recorded): Observation {
  const receivedAt = new Date(reported.received_at);
  if (reported.kind === "event")
    return observeEvent(deviceStatusChangedEventSchema.parse(reported.event), receivedAt);
  const { status, ...device } = deviceSchema.parse(reported.device);
  if (!status) return expect.fail("a snapshot without a status is not an observation");
  return observeSnapshot({ ...device, status }, timestampSchema.parse(reported.as_of), receivedAt);
}

test("the file has sequences", () => {
  expect(cases.length).toBeGreaterThan(20);
});

describe.each(cases)("$name", ({ observations, orders, final }) => {
  const all = observations.map(toObservation);

  test.each(orders.map((order) => [order.join(", "), order] as const))("in the order %s", (_, order) => {
    const known = order
      .flatMap((position) => all[position] ?? [])
      .reduce<Observation | null>((current, each) => mergeObservations(current, each), null);
    expect(known?.order).toEqual(all[final.decided_by]?.order);
    expect({ status: known?.status, status_reason: known?.reason }).toEqual({
      status: final.status,
      status_reason: final.status_reason,
    });
  });
});
