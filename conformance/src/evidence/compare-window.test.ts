import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareWindow, type Period, type Reading, type Report, type WindowFacts } from "./compare-window.ts";

const STATUSES = ["online", "degraded", "offline", "unknown"];
const REASONS = [null, "fault", "power_loss"];
const HOUR_MS = 3_600_000;
/** As in the facts of a real window: how much earlier than its `as_of` a listing may describe. */
const MARGIN_MS = 4000;

/** One status that a device took, at a moment of the true time. */
interface State {
  readonly at: number;
  readonly status: string;
  readonly reason: string | null;
  readonly id: string;
  readonly sequence: number;
}

/** How a simulated vendor violates the contract. */
interface Defect {
  /** Whether an event is lost at an endpoint. */
  readonly loses?: (state: State, endpoint: number) => boolean;
  readonly delayMs?: (state: State) => number;
  /** The status and the order key that an event has instead of the right ones. */
  readonly reports?: (state: State) => Partial<Pick<Report, "status" | "order">>;
  /** The state that a response shows instead of the right one. */
  readonly shows?: (state: State, kind: Reading["kind"], first: State) => State;
}

/**
 * Simulates an hour of a vendor whose devices change by themselves, and of the suite that watches it. The seed decides
 * everything that the contract leaves open.
 */
function simulate(seed: number, { loses, delayMs, reports: alter, shows }: Defect = {}): WindowFacts {
  let state = seed;
  // Mulberry32: a property with many draws needs a fast generator.
  const below = (max: number) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * max;
  };
  const flip = (share: number) => below(1) < share;
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(below(items.length))] as Item;

  const latencyMs = pick([2000, 10_000, 60_000]);
  const skewMs = below(120_000) - 60_000;
  const replicaMs = pick([0, 2000, -2000]);
  const lagMs = pick([0, 0, 5000, 30_000]);
  const pollMs = pick([10_000, 60_000, 300_000]);
  const hasObservedAt = flip(0.7);
  const meanGapMs = pick([8000, 60_000, 400_000]);
  const endpoints = pick([1, 2]);
  const vendorTime = (at: number) => at + skewMs + (flip(0.5) ? replicaMs : 0);
  const downAt = 1_200_000 + below(600_000);
  const periods: Period[] = flip(0.5)
    ? [{ from: 0, to: HOUR_MS }]
    : [
        { from: 0, to: downAt },
        { from: downAt + below(900_000), to: HOUR_MS },
      ];
  const [noticeMs, drainMs] = [pick([0, 60_000, 300_000]), pick([0, 60_000])];
  const isUp = (at: number) => periods.some(({ from, to }) => from <= at && at <= to);

  const readings: Reading[] = [];
  const reports: Report[] = [];
  const devices = Array.from({ length: 1 + Math.floor(below(4)) }, (_, index) => {
    const deviceId = `device-${index}`;
    const states: State[] = [];
    let latestTime = 0;
    for (let at = -below(HOUR_MS); at < HOUR_MS; at += 100 + below(2 * meanGapMs)) {
      const before = states.at(-1);
      const status = pick(STATUSES.filter((each) => each !== before?.status || flip(0.1)));
      const reason = pick(REASONS.filter((each) => status !== before?.status || each !== before.reason));
      const sequence = states.length;
      states.push({ at, status, reason, id: `${deviceId}-${sequence}`, sequence });
    }
    const times = states.map((state) => {
      latestTime = Math.max(latestTime, vendorTime(state.at));
      return latestTime;
    });
    return { deviceId, type: index % 2 === 0 ? "camera" : "door", states, times };
  });

  for (const { deviceId, states, times } of devices) {
    for (const [index, state] of states.entries()) {
      if (index === 0) continue;
      const time = times[index] ?? 0;
      for (let endpoint = 0; endpoint < endpoints; endpoint += 1) {
        if (loses?.(state, endpoint)) continue;
        let arrivedAt = state.at + (delayMs?.(state) ?? below(latencyMs));
        // After the receiver was down, the vendor notices late that it is up again, and then posts what has waited.
        const again = periods.find(({ from }) => from > 0 && state.at < from + noticeMs)?.from;
        if (again !== undefined && (!isUp(arrivedAt) || arrivedAt > again))
          arrivedAt =
            again + noticeMs + ((state.at - downAt) / (again + noticeMs - downAt)) * drainMs + below(500);
        // A delivery that waits for its own retry comes after any time.
        if (!isUp(arrivedAt)) arrivedAt += below(HOUR_MS);
        const report: Report = {
          at: `d-${state.id}-${endpoint}`,
          ...{
            endpoint,
            deviceId,
            id: state.id,
            arrivedAt,
            time,
            status: state.status,
            reason: state.reason,
          },
          order: `${String(Math.round(time)).padStart(12, "0")} ${String(state.sequence).padStart(6, "0")}`,
          observedAt: time,
          ...alter?.(state),
        };
        for (const at of [arrivedAt, ...(flip(0.1) ? [arrivedAt + below(600_000)] : [])])
          if (isUp(at)) reports.push({ ...report, arrivedAt: at });
      }
    }
  }

  const read = (
    kind: Reading["kind"],
    describes: readonly [number, number],
    between: readonly [number, number],
    of = devices,
  ) =>
    of.map(({ deviceId, type, states, times }): Reading => {
      const at = between[0] + below(between[1] - between[0]);
      const current = states.findLast((state) => state.at <= at) ?? (states[0] as State);
      const shown = shows?.(current, kind, states[0] as State) ?? current;
      return {
        ...{ at: `x-${kind}-${describes[1]}`, pointer: "", kind, deviceId, type },
        ...{ from: describes[0], to: describes[1], status: shown.status, reason: shown.reason },
        observedAt: hasObservedAt ? (times[states.indexOf(shown)] ?? null) : null,
      };
    });
  for (let start = below(pollMs); start < HOUR_MS; start += pollMs * (0.5 + below(1))) {
    const end = start + below(8000);
    if (!isUp(start) || !isUp(end)) continue;
    readings.push(...read("listing", [start - lagMs - MARGIN_MS, end], [start - lagMs, end]));
  }
  for (const { arrivedAt, deviceId } of reports.filter(() => flip(0.3))) {
    const end = arrivedAt + below(500);
    const device = devices.filter((each) => each.deviceId === deviceId);
    if (isUp(end)) readings.push(...read("lookup", [arrivedAt, end], [arrivedAt, end], device));
  }
  return {
    readings: readings.toSorted((one, other) => one.to - other.to),
    reports: reports.toSorted((one, other) => one.arrivedAt - other.arrivedAt),
    ...{ periods, endpoints, latencyMs },
  };
}

/** What a comparison finds wrong. */
function defectsIn(facts: WindowFacts): readonly string[] {
  const { changes, agreements, orders } = compareWindow(facts);
  return [
    ...changes.flatMap(({ arrivals, contradictions, isStale }) =>
      contradictions.length > 0
        ? ["contradiction"]
        : isStale
          ? ["stale change"]
          : arrivals.map(({ kind }) => kind),
    ),
    ...agreements.flatMap(({ differs }) => (differs ? [`differs in ${differs}`] : [])),
    ...orders.flatMap(({ isRight }) => (isRight ? [] : ["order"])),
  ].filter((each) => each !== "reported" && each !== "unclear");
}

/** The seeds of some vendors; a defect must be found in one of them. */
const SEEDS = Array.from({ length: 6 }, (_, index) => index + 1);
const found = (defect: Defect): ReadonlySet<string> =>
  new Set(SEEDS.flatMap((seed) => defectsIn(simulate(seed, defect))));

describe("the comparison of a passive window", () => {
  test("finds nothing wrong with conforming vendors", () => {
    let changes = 0;
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const facts = simulate(seed);
        changes += compareWindow(facts).changes.filter(({ arrivals }) =>
          arrivals.some(({ kind }) => kind === "reported"),
        ).length;
        expect(defectsIn(facts)).toEqual([]);
      }),
      { numRuns: 50 },
    );
    expect(changes).toBeGreaterThan(500);
  });

  test.each<[string, string, Defect]>([
    ["events that are lost", "missing", { loses: ({ sequence }) => sequence % 7 === 3 }],
    ["recoveries that are not reported", "missing", { loses: ({ status }) => status === "online" }],
    [
      "events that are lost at one endpoint",
      "missing",
      { loses: (_, endpoint) => endpoint === 0 && _.status === "offline" },
    ],
    ["events that come late", "late", { delayMs: ({ status }) => (status === "offline" ? 400_000 : 100) }],
    [
      "a wrong status in events",
      "contradiction",
      { reports: ({ status }) => (status === "online" ? { status: "offline" } : {}) },
    ],
    [
      "a listing that never changes",
      "differs in status",
      { shows: (state, kind, first) => (kind === "listing" ? first : state) },
    ],
    [
      "lookups from a cache",
      "differs in status",
      { shows: (state, kind, first) => (kind === "lookup" ? first : state) },
    ],
    [
      "lookups without the reason",
      "differs in reason",
      { shows: (state, kind) => (kind === "lookup" ? { ...state, reason: null } : state) },
    ],
    ["events that cannot be ordered", "order", { reports: () => ({ order: "same" }) }],
    [
      "events in the wrong order",
      "order",
      { reports: ({ sequence }) => ({ order: String(1e6 - sequence) }) },
    ],
  ])("finds %s", (_, kind, defect) => {
    expect(found(defect)).toContain(kind);
  });
});
