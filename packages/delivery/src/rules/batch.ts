import { DeliveryError } from "../errors.ts";

/** How an endpoint wants its events together. A batch leaves when any of the three is reached. */
export interface BatchSettings {
  /** 1 to 100. */
  readonly maxEvents: number;
  /** Bytes of the whole body: 1,024 to 262,144. */
  readonly maxBytes: number;
  /** How long an event may wait for others. */
  readonly maxAgeSeconds: number;
}

/** An event that waits to go into a batch. */
export interface Batchable {
  readonly deliveryId: number;
  readonly bytes: number;
  /** Unix milliseconds since when it waits. */
  readonly since: number;
}

/** The contract's bounds. */
const MOST = { maxEvents: 100, maxBytes: 256 * 1024 } as const;
const FEWEST_BYTES = 1024;

/**
 * Fills in what is left out.
 *
 * @throws {DeliveryError} `invalid_option`
 * @see spec/1.0/contract.md#batches
 */
export function batchSettings({
  maxEvents = MOST.maxEvents,
  maxBytes = MOST.maxBytes,
  maxAgeSeconds = 1,
}: Partial<BatchSettings>): BatchSettings {
  const fits =
    Number.isInteger(maxEvents) &&
    maxEvents >= 1 &&
    maxEvents <= MOST.maxEvents &&
    maxBytes >= FEWEST_BYTES &&
    maxBytes <= MOST.maxBytes &&
    maxAgeSeconds >= 0 &&
    maxAgeSeconds <= 3_600;
  if (!fits) {
    throw new DeliveryError(
      "invalid_option",
      "A batch holds 1 to 100 events and 1,024 to 262,144 bytes, and waits 0 to 3,600 seconds for them.",
    );
  }
  return { maxEvents, maxBytes, maxAgeSeconds };
}

/**
 * Cuts the batch that is to leave now, in order: as many as fit.
 *
 * @param waiting in the order they are to be sent, of at least `maxEvents` where there are as many
 * @returns none while they may wait for more. An event too large for `maxBytes` goes alone.
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

/** Each event costs its bytes and a comma or bracket; the last bracket is the one byte more. */
function countFitting(waiting: readonly Batchable[], { maxEvents, maxBytes }: BatchSettings): number {
  let bytes = 1;
  const end = waiting.slice(0, maxEvents).findIndex((each) => {
    bytes += each.bytes + 1;
    return bytes > maxBytes;
  });
  if (end === -1) return Math.min(waiting.length, maxEvents);
  return Math.max(end, 1);
}

/** A batch's body: the events' own bytes in brackets, so that each is exactly what it would be alone. */
export const batchBody = (bodies: readonly string[]): string => `[${bodies.join(",")}]`;
