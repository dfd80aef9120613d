import {
  DEVICE_ADDED,
  DEVICE_REMOVED,
  DEVICE_STATUS_CHANGED,
  DEVICE_UPDATED,
  deviceSchema,
} from "@convergint/schemas";
import { isReady, type Period, SLACK_MS } from "../evidence/compare-window.ts";
import type { Evidence } from "../evidence/evidence.ts";
import { readConnectorTypes, readPostedTypes } from "../evidence/manifest.ts";
import {
  compareObservation,
  devicesIn,
  isKeptDevice,
  momentsOf,
  periodsOf,
  type WindowEvent,
  windowEventsOf,
} from "../evidence/observation.ts";
import { type Observation, type Poll, SESSION_IDS } from "../evidence/observation-evidence.ts";
import { type JsonObject, textOf, toOrderKey } from "../evidence/read.ts";
import { CUT_OFF_HINT } from "./devices.ts";
import { type Finding, judgeEach, judgeMixed, type Problem, show, withUnseen } from "./finding.ts";
import { dataOf, describeOccurrences, LONGER } from "./observed-families.ts";
import { findEventTypeFailure, findSchemaFailure } from "./schema-failures.ts";

type Window = Pick<Evidence, "discovery" | "devices" | "observation">;

const TYPES: readonly string[] = [DEVICE_ADDED, DEVICE_UPDATED, DEVICE_REMOVED];
/** The members of a device's record that an event and the inventory must agree on. */
const SHARED = ["site_id", "name", "type"] as const;
/** The shortest time that a vendor gets to post an event. @see spec/1.0/contract.md#events */
const MIN_POSTING_MS = 30_000;

/** The state of a device that a response shows. Times are Unix milliseconds by the suite's clock. */
interface Sight {
  /** Id of the exchange. */
  readonly at: string;
  readonly pointer: string;
  readonly deviceId: string;
  /** The earliest and the latest moment that the response may describe. */
  readonly from: number;
  readonly to: number;
  /** `null` if the inventory does not have the device. */
  readonly device: JsonObject | null;
}

/** Returns the states of each device that the polls show, in order of time. */
function sightsOf({ polls, oneIn }: Observation): ReadonlyMap<string, readonly Sight[]> {
  const sights = polls.flatMap((poll): Sight[] => {
    const { from, to } = momentsOf(poll);
    const place = { at: poll.exchange.id, from, to };
    const shown = devicesIn(poll).flatMap(({ pointer, device }) => {
      const deviceId = textOf(device, "device_id");
      const isThere = device["lifecycle"] !== "removed";
      return deviceId === null ? [] : [{ ...place, pointer, deviceId, device: isThere ? device : null }];
    });
    const absent = poll.kind === "listing" ? (poll.absent ?? []) : [];
    return [...shown, ...absent.map((deviceId) => ({ ...place, pointer: "", deviceId, device: null }))];
  });
  const inOrder = sights
    .filter(({ deviceId }) => isKeptDevice(deviceId, oneIn))
    .toSorted((one, other) => one.to - other.to);
  return Map.groupBy(inOrder, ({ deviceId }) => deviceId);
}

/** An inventory event with its place in the contract's order. */
interface Report extends WindowEvent {
  readonly deviceId: string;
  readonly order: string;
}

function reportsIn(events: readonly WindowEvent[]): ReadonlyMap<string, readonly Report[]> {
  const reports = events.flatMap((each): Report[] => {
    const deviceId = textOf(dataOf(each), "device_id");
    const order = toOrderKey(each.event);
    return TYPES.includes(each.type) && deviceId !== null && order !== null
      ? [{ ...each, deviceId, order }]
      : [];
  });
  return Map.groupBy(reports, ({ deviceId }) => deviceId);
}

/** What the comparison of inventory events with the inventory needs. */
interface Facts {
  readonly periods: readonly Period[];
  readonly endpoints: number;
  /** How long the vendor may take to post an event. */
  readonly postingMs: number;
  /** All events, with the time at which each endpoint received them. */
  readonly arrivals: readonly {
    readonly endpoint: number;
    readonly arrivedAt: number;
    readonly time: number;
  }[];
  /** The inventory event types that the manifest lists. */
  readonly posted: readonly string[];
}

/** Returns the first member in which a device differs from an event; `null` if they agree. */
function findDifference(report: Report, { device }: Sight): (typeof SHARED)[number] | "presence" | null {
  if ((report.type === DEVICE_REMOVED) !== (device === null)) return "presence";
  if (device === null) return null;
  const data = dataOf(report);
  return SHARED.find((name) => device[name] !== undefined && data?.[name] !== device[name]) ?? null;
}

/** A judged pair: a response, and an event or a change that it has to agree with. */
interface Judged {
  readonly at: string;
  readonly find: () => Problem | null;
}

const SHOWN_HINT =
  "Commit the change to the inventory before you publish its event, and build the event from the record after the change. A consumer stores what the event says, and may query the inventory as soon as it receives the event.";

/** Judges whether the inventory agrees with the events of a device that arrived before. */
function judgeSights(sights: readonly Sight[], reports: readonly Report[], facts: Facts): Judged[] {
  return sights.flatMap((sight): Judged[] => {
    const before = reports.filter(({ arrivedAt }) => arrivedAt <= sight.from);
    const last = before.toSorted((one, other) => (one.order < other.order ? 1 : -1))[0];
    const deadline = sight.to + facts.postingMs + SLACK_MS;
    const period = last && facts.periods.find(({ from, to }) => from <= last.arrivedAt && deadline <= to);
    if (!last || !period) return [];
    // A later event may not have arrived yet when the inventory is read.
    const possible = reports.filter(({ order }) => order >= last.order);
    const agrees = possible.some((report) => findDifference(report, sight) === null);
    if (agrees) return [{ at: last.at, find: () => null }];
    const differs = findDifference(last, sight);
    // Without events of a type, such a change is silent.
    const silent =
      differs === "presence" ? (sight.device === null ? DEVICE_REMOVED : DEVICE_ADDED) : DEVICE_UPDATED;
    const waiting = { from: last.arrivedAt, to: sight.to, deadline };
    if (
      !facts.posted.includes(silent) ||
      !isReady(last.endpoint, period, waiting, { reports: facts.arrivals })
    )
      return [];
    const name = differs === null || differs === "presence" ? null : differs;
    const shown = name === null ? sight.device?.["site_id"] : sight.device?.[name];
    return [
      {
        at: last.at,
        find: () => ({
          ...(name !== null && { where: `/data/${name}` }),
          expected:
            name === null
              ? `the device ${sight.deviceId} ${last.type === DEVICE_REMOVED ? "no longer" : "listed"} in ${sight.at}, as this event says`
              : `${show(shown)}, as in the inventory afterwards (${sight.at})`,
          actual:
            name === null
              ? sight.device === null
                ? "the device is not listed there"
                : `the device is there, at the site ${show(shown)}`
              : show(dataOf(last)?.[name]),
          hint: SHOWN_HINT,
        }),
      },
    ];
  });
}

/** Returns the event type that reports the difference between two states of a device; `null` if they are equal. */
function changeBetween(before: Sight, after: Sight): string | null {
  if (before.device === null) return after.device === null ? null : DEVICE_ADDED;
  if (after.device === null) return DEVICE_REMOVED;
  const [one, other] = [before.device, after.device];
  const differs = SHARED.some(
    (name) => one[name] !== undefined && other[name] !== undefined && one[name] !== other[name],
  );
  return differs ? DEVICE_UPDATED : null;
}

/** Judges that each change between two polls of the inventory has an event. */
function judgeChanges(sights: readonly Sight[], reports: readonly Report[], facts: Facts): Judged[] {
  return sights.flatMap((after, index) => {
    const before = sights.slice(0, index).findLast(({ to }) => to <= after.from);
    const overlaps = sights.slice(0, index).some(({ to }) => to > after.from);
    const type = before && changeBetween(before, after);
    if (!before || !type || overlaps || !facts.posted.includes(type)) return [];
    const deadline = after.to + facts.postingMs + SLACK_MS;
    const period = facts.periods.find(({ from, to }) => from <= before.from && deadline <= to);
    if (!period) return [];
    const span = { from: before.from, to: after.to, deadline };
    return Array.from({ length: facts.endpoints }, (_, endpoint) => endpoint).flatMap(
      (endpoint): Judged[] => {
        // A device that was moved from or to a place that this credential cannot see has an event of another type.
        const found = reports.find(
          (report) =>
            report.endpoint === endpoint &&
            report.arrivedAt >= before.from - SLACK_MS &&
            (report.type === type || report.type === DEVICE_UPDATED || type === DEVICE_UPDATED),
        );
        if (found) return [{ at: found.at, find: () => null }];
        if (!isReady(endpoint, period, span, { reports: facts.arrivals })) return [];
        return [
          {
            at: after.at,
            find: () => ({
              ...(after.pointer !== "" && { where: after.pointer }),
              expected: `a webhook with ${type} for device ${after.deviceId}, which changed between ${before.at} and this response`,
              actual: `none in ${((deadline - before.from) / 1000).toFixed(0)} s`,
              hint: "Post an event of this type when the inventory shows the change. If you do not send this event type, remove it from the manifest.",
            }),
          },
        ];
      },
    );
  });
}

/** Judges the inventory events of a window. @see spec/1.0/contract.md#evt-014 */
export function judgeObservedInventory(window: Window): Finding {
  const { observation, discovery } = window;
  const posted = readPostedTypes(discovery.manifest).filter((type) => TYPES.includes(type));
  const all = windowEventsOf(observation);
  const events = all.filter(({ type }) => posted.includes(type));
  const facts: Facts = {
    ...{ posted, periods: periodsOf(observation), endpoints: observation.endpoints.length },
    postingMs: Math.max(MIN_POSTING_MS, observation.latencySeconds * 1000),
    arrivals: all.flatMap(({ endpoint, arrivedAt, event }) => {
      const time = Date.parse(textOf(event, "time") ?? "");
      return Number.isNaN(time) ? [] : [{ endpoint, arrivedAt, time }];
    }),
  };
  const reports = reportsIn(events);
  const compared = [...sightsOf(observation)].flatMap(([deviceId, sights]) => {
    const its = reports.get(deviceId) ?? [];
    return [...judgeSights(sights, its, facts), ...judgeChanges(sights, its, facts)];
  });
  const seen = describeOccurrences(posted, events, window);
  const finding = judgeMixed(
    [
      ...events.map((each) => ({ at: each.at, find: () => findEventTypeFailure(each.type, each) })),
      ...compared,
    ],
    `${seen}. ${LONGER}`,
  );
  if (finding.outcome !== "pass") return finding;
  const isMissing = posted.some((type) => events.every((event) => event.type !== type));
  if (isMissing || compared.length === 0)
    return {
      outcome: "could-not-run",
      reason: isMissing
        ? `${seen}, and has to see each type once. ${LONGER}, or remove a type that you do not send from the manifest`
        : `${seen}, but no listing shows the device afterwards. ${LONGER}`,
    };
  return withUnseen(finding, `${seen}; a change that was undone before the next listing is not seen`);
}

/** The number of the run that made an exchange, among the runs of one window. */
const runOf = ({ exchange }: Poll): number => Math.floor(Number(exchange.id.slice(1)) / SESSION_IDS);

/**
 * Returns the listings of changes between two polls, if their sync tokens lead from the first poll to the second;
 * `null` otherwise.
 */
function chainBetween(polls: readonly Poll[], from: number, to: number): readonly Poll[] | null {
  const between = from < 0 || to < 0 ? [] : polls.slice(from + 1, to);
  return between.every(({ kind }) => kind === "changes") ? between : null;
}

/**
 * Judges that listings of changes contain each device whose status changed. A later whole listing shows the changed
 * status, and an event shows that the change came before the listing of changes.
 *
 * @see spec/1.0/contract.md#sync-002
 */
export function judgeObservedChanges({ observation, discovery }: Window): Finding {
  const polls = observation.polls.filter(({ kind }) => kind !== "lookup");
  const indexOf = new Map(polls.map(({ exchange }, index) => [exchange.id, index]));
  const idsIn = new Map(
    polls.map((poll) => [poll, new Set(devicesIn(poll).map(({ device }) => device["device_id"]))]),
  );
  const { changes } = compareObservation(observation, discovery.manifest);
  const listed = polls.flatMap((poll) =>
    (poll.kind === "changes" ? devicesIn(poll) : [])
      .filter(({ device }) => device["lifecycle"] !== "removed")
      .map(({ pointer, device }) => ({
        at: poll.exchange.id,
        problem: findSchemaFailure(deviceSchema, device, pointer),
      })),
  );
  const omitted = changes.flatMap(({ before, after, arrivals }) => {
    const { deviceId } = after;
    const chain = chainBetween(polls, indexOf.get(before.at) ?? -1, indexOf.get(after.at) ?? -1);
    if (!chain || chain.some((each) => idsIn.get(each)?.has(deviceId))) return [];
    // An event is certainly about this change only if its observation is the one that the inventory shows.
    const report = arrivals
      .flatMap((arrival) => (arrival.kind === "reported" ? arrival.reports : []))
      .find(({ observedAt }) => observedAt !== null && observedAt === after.observedAt);
    const lacking = chain.find(
      (each) => report && each.absent?.includes(deviceId) && momentsOf(each).from >= report.arrivedAt,
    );
    if (!report || !lacking) return [];
    const problem: Problem = {
      expected: `the device ${deviceId}, whose change to ${show(after.status)} had been reported in ${report.at}`,
      actual: `a listing of changes without it, although the next listing with it (${after.at}) shows the change`,
      hint: "Number all changes, including changes of status, and store with each device the number of its latest change. List the devices whose number is higher than the number in the token.",
    };
    return [{ at: lacking.exchange.id, problem }];
  });
  const none = `the window saw ${changes.length} changes of a status, but no listing with since that has one of these devices. ${LONGER}`;
  return withUnseen(
    judgeEach([...omitted, ...listed], none, ({ problem }) => problem),
    "only changes that happened by themselves were seen, in listings without a filter",
  );
}

/** How long a connector has to be offline before the devices behind it are judged. */
const MIN_FOLLOWING_MS = 15_000;

/** A device behind a connector that was certainly offline. */
interface CutOff {
  readonly at: string;
  readonly pointer: string;
  readonly connectorId: string;
  readonly device: JsonObject;
  /** Whether its status was known before the connector went offline. */
  readonly wasKnown: boolean;
}

/**
 * Returns the devices behind connectors that were offline for a while. The excerpt omits unchanged devices from a
 * listing, so the last listing that contains a device still describes it.
 */
export function findCutOffInWindow({
  observation,
  discovery,
}: Pick<Evidence, "observation" | "discovery">): CutOff[] {
  const connectors = readConnectorTypes(discovery.manifest);
  const polls = observation.polls.filter(({ kind }) => kind !== "lookup");
  const moments = polls.map(momentsOf);
  const latencyMs = observation.latencySeconds * 1000;
  const spoke = Map.groupBy(
    windowEventsOf(observation).filter(({ type }) => type === DEVICE_STATUS_CHANGED),
    (each) => textOf(dataOf(each), "device_id"),
  );
  const seen = polls.flatMap((poll, index) => [
    ...devicesIn(poll).map(({ pointer, device }) => ({ index, pointer, device })),
    ...(poll.kind === "listing" ? (poll.absent ?? []) : []).map((device_id) => ({
      ...{ index, pointer: "", device: { device_id, lifecycle: "removed" } as JsonObject },
    })),
  ]);
  const byDevice = Map.groupBy(seen, ({ device }) => textOf(device, "device_id") ?? "");
  const isSameRun = (one: number, other: number) => {
    const [first, second] = [polls[one], polls[other]];
    return first !== undefined && second !== undefined && runOf(first) === runOf(second);
  };
  const outages = [...byDevice].flatMap(([connectorId, its]) =>
    its.flatMap(({ index, device }, position) => {
      if (!connectors.has(textOf(device, "type") ?? "") || device["status"] !== "offline") return [];
      const next = its[position + 1]?.index ?? polls.length;
      const since = moments[index]?.to ?? 0;
      const isStill = (at: number) => {
        const moment = moments[at];
        return (
          moment !== undefined &&
          isSameRun(index, at) &&
          moment.from >= since + Math.max(MIN_FOLLOWING_MS, latencyMs) + SLACK_MS &&
          // If the connector came back meanwhile, the devices behind it may follow late.
          !spoke
            .get(connectorId)
            ?.some(({ arrivedAt }) => arrivedAt > since && arrivedAt <= moment.to + latencyMs + SLACK_MS)
        );
      };
      const last = Array.from({ length: Math.max(0, next - index - 1) }, (_, step) => next - 1 - step).find(
        isStill,
      );
      return last === undefined ? [] : [{ connectorId, from: index, last }];
    }),
  );
  return outages.flatMap(({ connectorId, from, last }) =>
    [...byDevice.values()].flatMap((its): CutOff[] => {
      const shown = its.findLast(({ index }) => index <= last);
      if (!shown || shown.device["parent_device_id"] !== connectorId || !isSameRun(shown.index, last))
        return [];
      const before = its.findLast(({ index }) => index < from);
      const wasKnown =
        before !== undefined && isSameRun(before.index, last) && before.device["status"] !== "unknown";
      const { pointer, device } = shown;
      return [{ at: polls[shown.index]?.exchange.id ?? "", pointer, connectorId, device, wasKnown }];
    }),
  );
}

/** Judges the devices behind connectors that were offline. @see spec/1.0/contract.md#dev-008 */
export const judgeObservedOutages = (window: Window): Finding =>
  withUnseen(
    judgeEach(
      findCutOffInWindow(window),
      "no connector with devices behind it was out of contact",
      ({ pointer, device, connectorId, wasKnown }) => {
        const { status, status_reason: reason } = device;
        const isRight =
          status === null ||
          status === undefined ||
          (status === "unknown" && (reason === "parent_unreachable" || !wasKnown));
        return isRight
          ? null
          : {
              where: `${pointer}/${status === "unknown" ? "status_reason" : "status"}`,
              expected: `"unknown" with the reason "parent_unreachable", because the connector ${connectorId} was offline`,
              actual: `${show(status)} with the reason ${show(reason)}`,
              hint: CUT_OFF_HINT,
            };
      },
    ),
    "only connectors that lost their connection by themselves were seen",
  );
