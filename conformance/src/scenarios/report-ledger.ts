import type { DeviceStatus } from "@convergint/schemas";
import { type StatusOf, watchReconnection, watchReports } from "../evidence/match-deliveries.ts";
import type { Receiver } from "../harness/receiver.ts";

/** The endpoints, as they were before a command. What had arrived by then cannot report the command's change. */
interface ReportWatch {
  /** Waits until every endpoint has got a report of each change. @returns false at the time limit */
  all(changes: readonly StatusOf[], seconds: number): Promise<boolean>;
}

/**
 * Knows the endpoints at which every event of one tenant must arrive. With this knowledge, a scenario ends
 * only when the events of its changes have arrived everywhere, and no later scenario can mistake one of these
 * events for an event that it caused.
 */
export interface ReportLedger {
  /** Adds an endpoint that is registered for all events and accepts every delivery. */
  add(destination: string): void;
  /** Removes an endpoint that is to be deleted. */
  remove(destination: string): void;
  /** Begins to watch all endpoints. Call it before the command. */
  watch(): ReportWatch;
  /** Notes that the suite made a device unreachable. @param since the time before the command */
  noteLoss(deviceId: string, since: number): void;
  /**
   * Forgets that a device was made unreachable. @returns the time before the command; `null` if the device
   * was not unreachable
   */
  takeLoss(deviceId: string): number | null;
  /**
   * Waits until every endpoint has got another status of each device that was reported as `parent_unreachable` since
   * a time.
   */
  reconnected(since: number, seconds: number): Promise<void>;
}

/** Tells whether a device with this status connects the devices behind it. */
export const isReachable = (status: DeviceStatus): boolean => status === "online" || status === "degraded";

/**
 * The number of unsuccessful waits after which the suite stops waiting for an endpoint. EVT-001 reports the missing
 * webhooks.
 */
const MAX_MISSED = 5;

/** Creates a ledger without endpoints. */
export function createReportLedger({
  receiver,
  signal,
}: {
  readonly receiver: Receiver;
  readonly signal: AbortSignal;
}): ReportLedger {
  const destinations = new Set<string>();
  const missed = new Map<string, number>();
  const lostAt = new Map<string, number>();
  const untilEverywhere = async (isDoneAt: (destination: string) => () => boolean, seconds: number) => {
    const waits = [...destinations].map(async (each) => {
      const isDone = await receiver.waitUntil(each, isDoneAt(each), { seconds, signal });
      if (!isDone) missed.set(each, (missed.get(each) ?? 0) + 1);
      if ((missed.get(each) ?? 0) >= MAX_MISSED) destinations.delete(each);
      return isDone;
    });
    return (await Promise.all(waits)).every(Boolean);
  };
  return {
    add: (destination) => destinations.add(destination),
    remove: (destination) => destinations.delete(destination),
    watch() {
      const from = new Map([...destinations].map((each) => [each, receiver.deliveriesTo(each).length]));
      return {
        all: (changes, seconds) =>
          untilEverywhere((each) => {
            const at = from.get(each);
            // An endpoint that was registered after the command need not receive the event of the command.
            return at === undefined ? () => true : watchReports(changes, receiver.deliveriesTo(each), at);
          }, seconds),
      };
    },
    noteLoss(deviceId, since) {
      if (!lostAt.has(deviceId)) lostAt.set(deviceId, since);
    },
    takeLoss(deviceId) {
      const since = lostAt.get(deviceId) ?? null;
      lostAt.delete(deviceId);
      return since;
    },
    async reconnected(since, seconds) {
      await untilEverywhere((each) => watchReconnection(receiver.deliveriesTo(each), since), seconds);
    },
  };
}
