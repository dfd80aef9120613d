import { createHash } from "node:crypto";
import { DEVICE_STATUS_CHANGED, timestampSchema } from "@convergint/schemas";
import {
  compareWindow,
  type Period,
  type Reading,
  type Report,
  type WindowChange,
  type WindowFacts,
} from "./compare-window.ts";
import type { Evidence, StatusChange } from "./evidence.ts";
import type { Delivery, Exchange } from "./exchange.ts";
import { readDeviceTypes } from "./manifest.ts";
import type { Observation, ObservedEndpoint, Poll } from "./observation-evidence.ts";
import { endOf, eventsOf, type JsonObject, listOf, memberOf, objectOf, textOf, toOrderKey } from "./read.ts";

/** The smallest goal: fewer changes prove nothing. */
export const MIN_GOAL = { changes: 10, types: 1 } as const;
export const DEFAULT_GOAL = { changes: 50, types: 3 } as const;

/**
 * Tells whether everything about a device is kept when only one in so many devices is. The choice depends only on the id, so
 * that it is the same in each run that continues a window.
 *
 * @param oneIn a power of 2
 */
export function isKeptDevice(deviceId: string, oneIn: number): boolean {
  if (oneIn === 1) return true;
  return createHash("sha256").update(deviceId).digest().readUInt32BE(0) % oneIn === 0;
}

/** A `Date` header has whole seconds, and two servers of one vendor may differ by some seconds. */
const CLOCK_MARGIN_MS = 4000;
/** How far the vendor's clock may differ from the suite's. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;

const momentOf = (value: string | null): number | null =>
  timestampSchema.safeParse(value).success ? Date.parse(String(value)) : null;

/** Returns the earliest moment that a listing may describe, by the suite's clock. @see spec/1.0/contract.md#page-011 */
function describesFrom(page: Exchange): number {
  const asOf = momentOf(textOf(memberOf(objectOf(page), "snapshot"), "as_of"));
  // A listing without a valid `as_of` may describe any moment; PAGE-004 reports it.
  if (asOf === null) return Number.NEGATIVE_INFINITY;
  const date = Date.parse(page.response?.headers["date"] ?? "");
  const [answered, margin] = Number.isNaN(date)
    ? [endOf(page), CLOCK_TOLERANCE_MS + CLOCK_MARGIN_MS]
    : [date, CLOCK_MARGIN_MS];
  return Date.parse(page.startedAt) - Math.max(0, answered - asOf) - margin;
}

/** Returns the entries of devices in a poll, each with its JSON pointer. */
export function devicesIn({ kind, exchange }: Pick<Poll, "kind" | "exchange">): {
  readonly pointer: string;
  readonly device: JsonObject;
}[] {
  const body = exchange.response?.status === 200 ? objectOf(exchange) : null;
  if (body === null) return [];
  if (kind === "lookup") return [{ pointer: "", device: body }];
  return listOf(body, "data").map((device, index) => ({ pointer: `/data/${index}`, device }));
}

/** Returns the earliest and the latest moment that a poll may describe, by the suite's clock. */
export const momentsOf = ({ kind, exchange, endedAt }: Poll): Pick<Reading, "from" | "to"> =>
  kind === "lookup"
    ? { from: Date.parse(exchange.startedAt), to: endOf(exchange) }
    : { from: describesFrom(exchange), to: Date.parse(endedAt) };

function readingsOf(poll: Poll): Reading[] {
  const { kind, exchange } = poll;
  const isLookup = kind === "lookup";
  const { from, to } = momentsOf(poll);
  return devicesIn(poll).flatMap(({ pointer, device }): Reading[] => {
    const deviceId = textOf(device, "device_id");
    if (deviceId === null || device["lifecycle"] === "removed") return [];
    return [
      {
        ...{ at: exchange.id, pointer, kind: isLookup ? "lookup" : "listing", deviceId, from, to },
        type: textOf(device, "type") ?? "",
        status: textOf(device, "status"),
        reason: textOf(device, "status_reason"),
        observedAt: momentOf(textOf(device, "status_observed_at")),
      },
    ];
  });
}

/** Returns the status events of one endpoint, in the order of arrival. */
function reportsOf({ deliveries }: ObservedEndpoint, endpoint: number): Report[] {
  return deliveries.flatMap((delivery) =>
    eventsOf(delivery).flatMap((event): Report[] => {
      const data = memberOf(event, "data");
      const [deviceId, status, time] = [
        textOf(data, "device_id"),
        textOf(data, "status"),
        momentOf(textOf(event, "time")),
      ];
      const order = toOrderKey(event);
      if (event["type"] !== DEVICE_STATUS_CHANGED) return [];
      if (deviceId === null || status === null || time === null || order === null) return [];
      return [
        {
          ...{ at: delivery.id, endpoint, deviceId, order, time, status },
          id: textOf(event, "id"),
          arrivedAt: Date.parse(delivery.receivedAt),
          reason: textOf(data, "status_reason"),
          observedAt: momentOf(textOf(data, "status_observed_at")),
        },
      ];
    }),
  );
}

/** Extracts what the comparison of a window needs. Devices of types without status events are left out. */
function toFacts(observation: Observation, manifest: Exchange): WindowFacts {
  const types = readDeviceTypes(manifest);
  const { polls, endpoints, latencySeconds, oneIn } = observation;
  return {
    readings: polls
      .flatMap(readingsOf)
      .filter(({ type }) => types.get(type)?.includes("events") === true)
      // Events of other devices may have been dropped after a listing was recorded.
      .filter(({ deviceId }) => isKeptDevice(deviceId, oneIn))
      .toSorted((one, other) => one.to - other.to),
    reports: endpoints.flatMap(reportsOf).toSorted((one, other) => one.arrivedAt - other.arrivedAt),
    periods: periodsOf(observation),
    endpoints: endpoints.length,
    latencyMs: latencySeconds * 1000,
  };
}

/** A window with its comparison. */
export interface ComparedWindow extends ReturnType<typeof compareWindow> {
  /** The changes whose event was due: they count for the goal. */
  readonly judged: readonly WindowChange[];
}

/** Several checks need the same comparison. Evidence never changes. */
const compared = new WeakMap<Observation, ComparedWindow>();

/** Compares the inventory and the events of a window. */
export function compareObservation(observation: Observation, manifest: Exchange): ComparedWindow {
  const before = compared.get(observation);
  if (before) return before;
  const comparison = compareWindow(toFacts(observation, manifest));
  const judged = comparison.changes.filter(
    ({ arrivals, isStale }) => !isStale && arrivals.some(({ kind }) => kind !== "unclear"),
  );
  const result = { ...comparison, judged };
  compared.set(observation, result);
  return result;
}

/** What a window has shown so far. */
export interface WindowSummary {
  readonly changes: number;
  /** The device types of which a device went online, and a device left online. */
  readonly types: readonly string[];
  /** The types that changed in one direction only. */
  readonly halfTypes: readonly string[];
  readonly hours: number;
}

const HOUR_MS = 3_600_000;

/** Returns how long a window has been watched, without gaps, in hours. */
export const watchedHours = ({ periods }: Pick<Observation, "periods">): number =>
  periods.reduce((sum, { from, to }) => sum + Date.parse(to) - Date.parse(from), 0) / HOUR_MS;

/** Returns the periods of a window in Unix milliseconds. */
export const periodsOf = ({ periods }: Pick<Observation, "periods">): Period[] =>
  periods.map(({ from, to }) => ({ from: Date.parse(from), to: Date.parse(to) }));

/** An event that arrived in a window. Times are Unix milliseconds. */
export interface WindowEvent extends Pick<Report, "at" | "endpoint" | "arrivedAt"> {
  readonly delivery: Delivery;
  readonly event: JsonObject;
  readonly type: string;
}

/** Returns every event that arrived, in order of arrival; an event that arrived twice occurs twice. */
export const windowEventsOf = ({ endpoints }: Pick<Observation, "endpoints">): WindowEvent[] =>
  endpoints
    .flatMap(({ deliveries }, endpoint) =>
      deliveries.flatMap((delivery) =>
        eventsOf(delivery).map((event) => ({
          ...{ at: delivery.id, endpoint, arrivedAt: Date.parse(delivery.receivedAt), delivery, event },
          type: textOf(event, "type") ?? "",
        })),
      ),
    )
    .toSorted((one, other) => one.arrivedAt - other.arrivedAt);

/** Counts the status changes of a window. */
export function summarizeWindow(observation: Observation, manifest: Exchange): WindowSummary {
  const ofStatus = compareObservation(observation, manifest).judged.filter(
    ({ before, after }) => before.status !== after.status,
  );
  const types = (isThis: (change: WindowChange) => boolean) =>
    new Set(ofStatus.filter(isThis).map(({ after }) => after.type));
  const [up, down] = [
    types(({ after }) => after.status === "online"),
    types(({ before }) => before.status === "online"),
  ];
  return {
    changes: ofStatus.length,
    types: [...up].filter((type) => down.has(type)).sort(),
    halfTypes: [...new Set([...up, ...down])].filter((type) => !up.has(type) || !down.has(type)).sort(),
    hours: watchedHours(observation),
  };
}

const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** Describes what a window still has to show; `null` if it has shown enough. */
export function describeShortage(
  { changes, types, halfTypes }: WindowSummary,
  goal: Observation["goal"],
): string | null {
  const isEnough = changes >= goal.changes && types.length >= goal.types;
  if (isEnough) return null;
  const half = halfTypes.length > 0 ? `; in one direction only: ${halfTypes.join(", ")}` : "";
  return `${changes} of ${plural(goal.changes, "change")}, and ${types.length} of ${plural(goal.types, "device type")} in both directions (${types.join(", ") || "none"}${half})`;
}

/** Returns the event of a change at an endpoint: if possible, one that arrived at every endpoint. */
function chooseReport({ arrivals, contradictions }: WindowChange, endpoint: number): Report | null {
  const arrival = arrivals[endpoint];
  if (arrival?.kind !== "reported") return contradictions.find((each) => each.endpoint === endpoint) ?? null;
  const isEverywhere = ({ id }: Report) =>
    arrivals.every((other) => other.kind !== "reported" || other.reports.some((each) => each.id === id));
  return arrival.reports.find(isEverywhere) ?? arrival.reports[0] ?? null;
}

/** Presents a change of a window as the change that a run makes, so that the checks of such changes can judge it. */
function toStatusChange(
  change: WindowChange,
  endpoint: number,
  traffic: {
    readonly exchanges: ReadonlyMap<string, Exchange>;
    readonly deliveries: ReadonlyMap<string, Delivery>;
  },
): StatusChange[] {
  const exchange = traffic.exchanges.get(change.after.at);
  if (!exchange || change.isStale || change.arrivals[endpoint]?.kind === "unclear") return [];
  const report = chooseReport(change, endpoint);
  return [
    {
      deviceId: change.after.deviceId,
      status: change.after.status as StatusChange["status"],
      triggeredAt: new Date(change.before.from).toISOString(),
      command: exchange,
      waitedSeconds: (change.after.to - change.before.from) / 1000,
      window: { from: 0, to: 0 },
      report: (report && traffic.deliveries.get(report.at)) ?? null,
      inventoryAfter: exchange,
    },
  ];
}

/** The parts of the evidence that the checks of deliveries read. */
export type DeliveryParts = Pick<Evidence, "endpoints" | "health" | "lifecycle">;

/**
 * Presents a window as the parts that a run with commands records at endpoints registered by hand.
 *
 * @param endpoint the endpoint whose changes to present: 0 or 1
 * @param isPresented which changes to present
 */
export function toDeliveryParts(
  observation: Observation,
  manifest: Exchange,
  endpoint = 0,
  isPresented: (change: WindowChange) => boolean = () => true,
): DeliveryParts {
  const { endpoints, polls, periods, latencySeconds } = observation;
  const [first, second] = endpoints;
  const chosen = endpoints[endpoint] ?? first;
  const traffic = {
    exchanges: new Map(polls.map(({ exchange }) => [exchange.id, exchange])),
    deliveries: new Map(chosen?.deliveries.map((delivery) => [delivery.id, delivery])),
  };
  return {
    endpoints: {
      destination: first?.destination ?? "",
      otherDestination: second?.destination ?? null,
      secrets: endpoints.map(({ secret }) => secret),
      since: periods[0]?.from ?? "",
    },
    health: {
      secret: chosen?.secret ?? "",
      latencySeconds,
      changes: compareObservation(observation, manifest)
        .changes.filter(isPresented)
        .flatMap((change) => toStatusChange(change, endpoint, traffic)),
      deliveries: chosen?.deliveries ?? [],
      otherDeliveries: null,
    },
    lifecycle: { deliveries: first?.deliveries ?? [], otherDeliveries: second?.deliveries ?? [] },
  };
}
