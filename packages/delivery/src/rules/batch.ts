import { DeliveryError } from "../errors.ts";

/** The batching of an endpoint. A batch is sent as soon as it reaches one of these three limits. */
export interface BatchSettings {
  /** 1 to 100. */
  readonly maxEvents: number;
  /** The maximum size of the whole body, from 1,024 to 262,144 bytes. */
  readonly maxBytes: number;
  /** The longest time that an event waits for further events. */
  readonly maxAgeSeconds: number;
}

/** An event that waits for a batch. */
export interface Batchable {
  readonly deliveryId: number;
  readonly bytes: number;
  /** When the event began to wait, in Unix milliseconds. */
  readonly since: number;
}

/** The contract's limits. */
const MAX = { maxEvents: 100, maxBytes: 256 * 1024 } as const;
const MIN_BYTES = 1024;

/**
 * Checks the settings and fills in the defaults.
 *
 * @throws {DeliveryError} `invalid_option`
 * @see spec/1.0/contract.md#batches
 */
export function completeBatchSettings({
  maxEvents = MAX.maxEvents,
  maxBytes = MAX.maxBytes,
  maxAgeSeconds = 1,
}: Partial<BatchSettings>): BatchSettings {
  const fits =
    Number.isInteger(maxEvents) &&
    maxEvents >= 1 &&
    maxEvents <= MAX.maxEvents &&
    maxBytes >= MIN_BYTES &&
    maxBytes <= MAX.maxBytes &&
    maxAgeSeconds >= 0 &&
    maxAgeSeconds <= 3_600;
  if (!fits) {
    throw new DeliveryError(
      "invalid_option",
      "Invalid batch settings: use 1 to 100 events, 1,024 to 262,144 bytes and 0 to 3,600 seconds.",
    );
  }
  return { maxEvents, maxBytes, maxAgeSeconds };
}

/**
 * Selects the events of the batch that is due now: as many as fit, in order.
 *
 * @param waiting in delivery order; at least `maxEvents` events if that many wait
 * @returns an empty list if the events may wait for more. An event
 *   larger than `maxBytes` gets a batch of one.
 * @see spec/1.0/contract.md#batches
 */
export function cutBatch(
  waiting: readonly Batchable[],
  settings: BatchSettings,
  now: number,
): readonly Batchable[] {
  const [oldest] = waiting;
  if (oldest === undefined) return [];
  const fitting = countFitting(waiting, settings);
  const full = fitting === settings.maxEvents || fitting < waiting.length;
  const aged = now - oldest.since >= settings.maxAgeSeconds * 1000;
  return full || aged ? waiting.slice(0, fitting) : [];
}

/**
 * Counts the events that fit. Each event adds its bytes and one byte for a bracket or comma before
 * it; the closing bracket adds one more byte.
 */
function countFitting(waiting: readonly Batchable[], { maxEvents, maxBytes }: BatchSettings): number {
  let bytes = 1;
  const end = waiting.slice(0, maxEvents).findIndex((each) => {
    bytes += each.bytes + 1;
    return bytes > maxBytes;
  });
  if (end === -1) return Math.min(waiting.length, maxEvents);
  return Math.max(end, 1);
}

/**
 * Joins events into the body of a batch; each event has exactly the
 * same bytes as in a request without batching.
 */
export const joinBatch = (bodies: readonly string[]): string => `[${bodies.join(",")}]`;
