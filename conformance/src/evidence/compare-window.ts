/**
 * What one response says about the status of a device. Times are Unix milliseconds by the suite's clock.
 */
export interface Reading {
  /** Id of the exchange, and the JSON pointer of the device in it. */
  readonly at: string;
  readonly pointer: string;
  readonly kind: "listing" | "lookup";
  readonly deviceId: string;
  readonly type: string;
  /** The earliest and the latest moment that the reading may describe. */
  readonly from: number;
  readonly to: number;
  readonly status: string | null;
  readonly reason: string | null;
  /** When the vendor observed the status, by the vendor's clock; `null` if the response does not say. */
  readonly observedAt: number | null;
}

/** A status_changed event, as it arrived at one endpoint. */
export interface Report {
  /** Id of the delivery. */
  readonly at: string;
  /** The number of the endpoint, from 0. */
  readonly endpoint: number;
  readonly deviceId: string;
  readonly id: string | null;
  readonly arrivedAt: number;
  /** Sorts in the contract's order of observations. */
  readonly order: string;
  /** When the event happened, by the vendor's clock. */
  readonly time: number;
  readonly status: string;
  readonly reason: string | null;
  /** The event's `data.status_observed_at`; `null` if there is none. */
  readonly observedAt: number | null;
}

/** A time in which the suite ran and its receiver accepted deliveries, without interruption. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/** What a passive window saw. */
export interface WindowFacts {
  /** In order of `to` for each device. */
  readonly readings: readonly Reading[];
  /** In order of arrival. */
  readonly reports: readonly Report[];
  readonly periods: readonly Period[];
  readonly endpoints: number;
  readonly latencyMs: number;
}

/** Whether the event of a change arrived at one endpoint. */
type Arrival =
  | {
      readonly kind: "reported";
      /** All events that may be the event of this change, including events of earlier changes to the same status. */
      readonly reports: readonly Report[];
      /** Whether the event of this change is certainly one of `reports`. */
      readonly isCertain: boolean;
    }
  /** Only after the deadline. */
  | { readonly kind: "late"; readonly report: Report; readonly byMs: number }
  | { readonly kind: "missing" }
  /** The suite cannot tell: it did not run all the time, or the vendor was still posting older events. */
  | { readonly kind: "unclear" };

/** A change between two readings of one device. */
export interface WindowChange {
  readonly before: Reading;
  readonly after: Reading;
  /** One for each endpoint. */
  readonly arrivals: readonly Arrival[];
  /** If no endpoint got the event: events about the very moment of this change that have another status. */
  readonly contradictions: readonly Report[];
  /** Whether `after` shows an older status than an event that had arrived, so that nothing changed. */
  readonly isStale: boolean;
}

/** A reading, with the latest event that had arrived before it. */
interface WindowAgreement {
  readonly reading: Reading;
  readonly last: Report;
  /** What differs; `null` if the reading agrees with `last` or with a later event. */
  readonly differs: "status" | "reason" | null;
}

/** Two changes of one device, one after the other, with the events of each that are closest to the right order. */
interface WindowOrder {
  readonly earlier: Report;
  readonly later: Report;
  readonly isRight: boolean;
}

export interface WindowComparison {
  readonly changes: readonly WindowChange[];
  readonly agreements: readonly WindowAgreement[];
  readonly orders: readonly WindowOrder[];
}

/** A delivery in transit, and a suite that is busy for a moment, may take this long. */
export const SLACK_MS = 5000;
/** Two times of one vendor are by the clocks of two servers. */
const CLOCKS_APART_MS = 5000;
/** One of two times of the same observation may be in whole seconds. */
const ROUNDING_MS = 1000;
/** How long a vendor may take to post waiting deliveries after it noticed that an endpoint is up again. */
const SETTLING_MS = 5 * 60_000;
/** How far the vendor's clock may be ahead of the suite's. @see spec/1.0/contract.md#evt-005 */
const CLOCK_TOLERANCE_MS = 5 * 60_000;

/**
 * Compares what an inventory showed with the status events that arrived, for changes that happened by themselves.
 *
 * Everything that a conforming vendor may do is accepted: several changes between two readings, events that
 * arrive twice, in another order and at any time within the latency, listings that describe an earlier
 * moment, and events that arrive while a listing is read. What cannot be told is `unclear`.
 *
 * @see spec/decisions/0019-a-passive-window.md
 */
export function compareWindow(facts: WindowFacts): WindowComparison {
  const byDevice = Map.groupBy(facts.reports, ({ deviceId }) => deviceId);
  const devices = [...Map.groupBy(facts.readings, ({ deviceId }) => deviceId)].map(([deviceId, readings]) => {
    const reports = byDevice.get(deviceId) ?? [];
    const changes = findChanges(readings, reports, facts);
    return { changes, agreements: findAgreements(readings, reports, changes, facts) };
  });
  return {
    changes: devices.flatMap(({ changes }) => changes),
    agreements: devices.flatMap(({ agreements }) => agreements),
    orders: [
      ...devices.flatMap(({ changes }) => findOrders(changes)),
      ...[...byDevice.values()].flatMap(findTies),
    ],
  };
}

const isReportOf = (
  { status, reason }: Pick<Reading, "status" | "reason">,
  report: Report,
  needsReason: boolean,
): boolean => report.status === status && (!needsReason || report.reason === reason);

/** Returns the changes between the readings of one device. */
function findChanges(
  readings: readonly Reading[],
  reports: readonly Report[],
  facts: WindowFacts,
): WindowChange[] {
  const listed = readings.filter(({ kind, status }) => kind === "listing" && status !== null);
  return listed.flatMap((after, index) => {
    // A listing may describe a moment before an earlier reading. Only a reading that is certainly later shows a change.
    let at = index - 1;
    let isSeen = false;
    for (let each = listed[at]; each && each.to > after.from; each = listed[at]) {
      isSeen ||= each.status === after.status && each.reason === after.reason;
      at -= 1;
    }
    const before = listed[at];
    if (!before || (before.status === after.status && before.reason === after.reason)) return [];
    // An overlapping listing already showed this change.
    if (isSeen) return [];
    const onlyReason = before.status === after.status;
    const arrivals = Array.from({ length: facts.endpoints }, (_, endpoint) =>
      findArrival({ before, after, onlyReason }, reports, endpoint, facts),
    );
    // If it is unclear whether the event arrived, another event of the same moment proves nothing.
    const isDue =
      arrivals.every(({ kind }) => kind !== "reported") && arrivals.some(({ kind }) => kind !== "unclear");
    return [
      {
        before,
        after,
        arrivals,
        contradictions: isDue ? findContradictions(after, reports) : [],
        isStale: isDue && isOlderThanEvents(after, reports),
      },
    ];
  });
}

function findArrival(
  { before, after, onlyReason }: { before: Reading; after: Reading; onlyReason: boolean },
  reports: readonly Report[],
  endpoint: number,
  facts: WindowFacts,
): Arrival {
  const deadline = after.to + facts.latencyMs + SLACK_MS;
  const here = reports.filter(
    (report) =>
      report.endpoint === endpoint &&
      report.arrivedAt >= before.from - SLACK_MS &&
      isReportOf(after, report, onlyReason),
  );
  const inTime = here.filter(({ arrivedAt }) => arrivedAt <= deadline);
  const period = facts.periods.find(({ from, to }) => from <= before.from && deadline <= to);
  const isCertain =
    period !== undefined && isReady(endpoint, period, { from: before.from, to: after.to, deadline }, facts);
  if (inTime.length > 0) return { kind: "reported", reports: inTime, isCertain };
  if (!isCertain) return { kind: "unclear" };
  const late = here.find(({ arrivedAt }) => arrivedAt <= period.to);
  return late ? { kind: "late", report: late, byMs: late.arrivedAt - deadline } : { kind: "missing" };
}

/**
 * Tells whether an endpoint got what the vendor posted. While the receiver was down, a vendor may have paused the
 * endpoint; and as long as events from that time arrive, newer events may wait behind them.
 */
export function isReady(
  endpoint: number,
  period: Period,
  change: { readonly from: number; readonly to: number; readonly deadline: number },
  { reports }: { readonly reports: readonly Pick<Report, "endpoint" | "arrivedAt" | "time">[] },
): boolean {
  const here = reports.filter(
    (report) =>
      report.endpoint === endpoint && report.arrivedAt >= period.from && report.arrivedAt <= change.deadline,
  );
  const first = here[0];
  if (!first || first.arrivedAt + SETTLING_MS > change.to) return false;
  const isOld = ({ time }: Pick<Report, "time">) => time < period.from + CLOCK_TOLERANCE_MS;
  return !here.some((report) => report.arrivedAt >= change.from && isOld(report));
}

/** Returns the events about the moment at which a reading was observed, with another status. */
function findContradictions({ observedAt, status }: Reading, reports: readonly Report[]): readonly Report[] {
  if (observedAt === null) return [];
  const isOfMoment = ({ time, observedAt: at }: Report) => time === observedAt || at === observedAt;
  return reports.filter((report) => report.status !== status && isOfMoment(report));
}

/** Tells whether a reading shows what an event reported, although a later event had arrived before the reading. */
function isOlderThanEvents({ from, observedAt, status }: Reading, reports: readonly Report[]): boolean {
  const last = lastOf(reports.filter(({ arrivedAt }) => arrivedAt <= from));
  if (!last || last.status === status || observedAt === null) return false;
  return observedAt < last.time - CLOCKS_APART_MS;
}

const lastOf = (reports: readonly Report[]): Report | undefined =>
  reports.reduce<Report | undefined>(
    (last, each) => (last && last.order > each.order ? last : each),
    undefined,
  );

/** Creates a function that returns the last event, in the contract's order, that had arrived by a moment. */
function createLastBefore(reports: readonly Report[]): (moment: number) => Report | undefined {
  const lasts: Report[] = [];
  for (const report of reports) {
    const before = lasts.at(-1);
    lasts.push(before && before.order > report.order ? before : report);
  }
  return (moment) => {
    let [low, high] = [0, reports.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((reports[middle]?.arrivedAt ?? 0) <= moment) low = middle + 1;
      else high = middle;
    }
    return lasts[low - 1];
  };
}

/** Compares the readings of one device with the events that had arrived before them. */
function findAgreements(
  readings: readonly Reading[],
  reports: readonly Report[],
  changes: readonly WindowChange[],
  facts: WindowFacts,
): WindowAgreement[] {
  const contradicted = new Set(changes.flatMap(({ contradictions }) => contradictions));
  const lastBefore = createLastBefore(reports);
  const judged: WindowAgreement[] = [];
  for (const reading of readings) {
    // DEV-002 is about a listing without the status.
    if (reading.status === null && reading.kind === "listing") continue;
    const last = lastBefore(reading.from);
    // A later event may be on its way while the device is read.
    const deadline = reading.to + facts.latencyMs + SLACK_MS;
    const period = last && facts.periods.find(({ from, to }) => from <= last.arrivedAt && deadline <= to);
    if (!period || contradicted.has(last)) continue;
    const needsReason = reading.kind === "lookup";
    const isAlike = (report: Report) => report.order >= last.order && report.status === reading.status;
    const agrees = (report: Report) => isReportOf(reading, report, needsReason);
    // Most readings agree with the last event.
    const isRight = agrees(last) || reports.some((report) => isAlike(report) && agrees(report));
    const differs = isRight ? null : reports.some(isAlike) ? "reason" : "status";
    if (differs !== null) {
      // A later event may wait behind older ones.
      const waiting = { from: last.arrivedAt, to: reading.to, deadline };
      if (!isReady(last.endpoint, period, waiting, facts)) continue;
    }
    if (differs !== "status" || !isNewer(reading, last, judged)) judged.push({ reading, last, differs });
  }
  return judged;
}

/**
 * Tells whether a reading shows a newer status than the last event. Then EVT-001 is about the change, which no event
 * reported.
 */
function isNewer(reading: Reading, last: Report, before: readonly WindowAgreement[]): boolean {
  if (reading.observedAt !== null) return reading.observedAt > last.time + ROUNDING_MS;
  return before.some((each) => each.last === last && each.differs === null);
}

/** Pairs the events of consecutive changes of one device. Any pair in the right order may be the true one. */
function findOrders(changes: readonly WindowChange[]): WindowOrder[] {
  return changes.flatMap((later, index) => {
    const earlier = changes[index - 1];
    if (
      !earlier ||
      earlier.after.to > later.before.from + SLACK_MS ||
      earlier.after.status === later.after.status
    )
      return [];
    const [first, second] = [earlier, later].map(({ arrivals }) =>
      arrivals.flatMap((arrival) =>
        arrival.kind === "reported" && arrival.isCertain ? arrival.reports : [],
      ),
    );
    const min = first?.toSorted((one, other) => (one.order < other.order ? -1 : 1))[0];
    const max = second && lastOf(second);
    return min && max ? [{ earlier: min, later: max, isRight: min.order < max.order }] : [];
  });
}

/** Finds two events of one device that cannot be ordered, although they report different statuses. */
function findTies(reports: readonly Report[]): WindowOrder[] {
  const byOrder = new Map<string, Report>();
  return reports.flatMap((report) => {
    const before = byOrder.get(report.order);
    byOrder.set(report.order, before ?? report);
    const isTie =
      before !== undefined &&
      before.endpoint === report.endpoint &&
      before.id !== report.id &&
      before.status !== report.status;
    return isTie ? [{ earlier: before, later: report, isRight: false }] : [];
  });
}
