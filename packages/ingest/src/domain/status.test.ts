import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Observation, observeEvent, observeSnapshot } from "./observation.ts";
import { mergeObservations } from "./status.ts";

const RECEIVED = new Date("2026-11-23T09:00:00Z");

interface Told {
  readonly id?: string;
  readonly time?: string;
  readonly sequence?: string;
  readonly status?: "online" | "degraded" | "offline" | "unknown";
  readonly seen?: string;
  readonly received?: Date;
}

const event = ({ id = "e", time = "2026-11-23T08:30:00Z", sequence, status, seen, received }: Told) =>
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
}: Told & { asOf?: string }) =>
  observeSnapshot(
    { status: status ?? "online", status_observed_at: time, last_seen_at: seen },
    asOf,
    received ?? RECEIVED,
  );

const outcome = (observations: readonly Observation[]) =>
  observations.reduce<Observation | null>((current, observed) => mergeObservations(current, observed), null);
const statusOf = (...observations: Observation[]) => outcome(observations)?.status;

const offline = (told: Told) => event({ id: "a", ...told, status: "offline" });
const online = (told: Told) => event({ id: "b", ...told, status: "online" });

describe("which of two observations is the device's status, whatever order they come in", () => {
  const wins: readonly (readonly [string, Observation, Observation])[] = [
    ["the later time", offline({ time: "2026-11-23T08:30:01Z" }), online({ time: "2026-11-23T08:30:00Z" })],
    [
      "the later time by a nanosecond",
      offline({ time: "2026-11-23T08:30:00.000000002Z" }),
      online({ time: "2026-11-23T08:30:00.000000001Z" }),
    ],
    [
      "the later time, though its sequence is lower",
      offline({ time: "2026-11-23T08:30:01Z", sequence: "1" }),
      online({ time: "2026-11-23T08:30:00Z", sequence: "2" }),
    ],
    ["the higher sequence at one moment", offline({ sequence: "0002" }), online({ sequence: "0001" })],
    ["a sequence over none", offline({ sequence: "1" }), online({})],
    [
      "the same moment in another writing, by sequence",
      offline({ time: "2026-11-23T08:30:00+00:00", sequence: "2" }),
      online({ time: "2026-11-23T08:30:00.000Z", sequence: "1" }),
    ],
    ["the greater id, all else equal", event({ id: "b", status: "offline" }), event({ id: "a" })],
    ["an event over a snapshot of the same moment", offline({}), snapshot({ status: "online" })],
    [
      "a snapshot that saw the status later than the event",
      snapshot({ time: "2026-11-23T08:30:01Z", status: "offline" }),
      online({}),
    ],
    [
      "an event over a later listing that saw the status before it",
      offline({}),
      snapshot({ time: "2026-11-23T08:29:59Z", asOf: "2026-11-23T08:59:00Z" }),
    ],
    [
      "the later listing of a status seen at one moment",
      snapshot({ asOf: "2026-11-23T08:50:00Z", status: "offline" }),
      snapshot({ asOf: "2026-11-23T08:40:00Z", status: "online" }),
    ],
    [
      "what was received after a clock that is far ahead",
      offline({ time: "2026-11-23T09:00:01Z", received: new Date("2026-11-23T09:00:02Z") }),
      online({ time: "2099-01-01T00:00:00Z" }),
    ],
    [
      "a clock ahead by no more than 5 minutes, over the present",
      offline({ time: "2026-11-23T09:05:00Z" }),
      online({ time: "2026-11-23T09:00:00Z" }),
    ],
    [
      "the present, over a clock ahead by a little more than 5 minutes",
      offline({ time: "2026-11-23T09:00:00.001Z" }),
      online({ time: "2026-11-23T09:05:00.001Z" }),
    ],
    [
      "what follows a listing whose clock is far ahead",
      offline({ time: "2026-11-23T09:00:01Z", received: new Date("2026-11-23T09:00:02Z") }),
      snapshot({ time: "2099-01-01T00:00:00Z", asOf: "2099-01-01T00:00:00Z" }),
    ],
  ];
  test.each(wins)("%s", (_, winner, loser) => {
    expect(winner.status).toBe("offline");
    expect(statusOf(loser, winner)).toBe("offline");
    expect(statusOf(winner, loser)).toBe("offline");
  });

  test("a time far ahead is kept as it was sent", () => {
    expect(online({ time: "2099-01-01T00:00:00Z" }).occurredAt).toBe("2099-01-01T00:00:00Z");
  });
});

describe("last_seen_at", () => {
  test("is the maximum, whichever observation is the status", () => {
    const late = event({ id: "a", time: "2026-11-23T08:40:00Z", seen: "2026-11-23T08:00:00Z" });
    const early = event({ id: "b", time: "2026-11-23T08:20:00Z", seen: "2026-11-23T08:19:00Z" });
    expect(outcome([late, early])?.lastSeenAt).toBe("2026-11-23T08:19:00Z");
    expect(outcome([early, late])?.lastSeenAt).toBe("2026-11-23T08:19:00Z");
  });

  test("survives an observation that does not name it", () => {
    const naming = event({ id: "a", seen: "2026-11-23T08:00:00Z" });
    expect(outcome([naming, event({ id: "b" })])?.lastSeenAt).toBe("2026-11-23T08:00:00Z");
    expect(outcome([event({ id: "b" }), naming])?.lastSeenAt).toBe("2026-11-23T08:00:00Z");
  });

  test("a clock far ahead does not block what comes after", () => {
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
  // Few values, so that equal times, sequences and ids are common.
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

  test("end the same in any order", () => {
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

  test("change nothing when they come again", () => {
    fc.assert(
      fc.property(several, (all) => {
        expect(outcome([...all, ...all])).toEqual(outcome(all));
      }),
    );
  });
});
