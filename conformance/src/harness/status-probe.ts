import { objectOf, textOf } from "../evidence/read.ts";
import type { StatusReading } from "../evidence/receiver-evidence.ts";
import { type Clock, sleep, systemClock } from "./clock.ts";
import type { Recorder } from "./recorder.ts";

/** Reads a device's status from the consumer. */
export interface StatusProbe {
  /**
   * Reads until the status is `expected` or the time limit is reached, because a consumer may show the status
   * shortly after acknowledging the event. If `expected` is `null`, reads once, after twice the longest delay
   * seen so far.
   *
   * @returns the last reading
   */
  read(deviceId: string, expected: string | null): Promise<StatusReading>;
  /**
   * Reads a status once, without waiting. First wait until the consumer shows something that it shows later
   * than this device.
   */
  readOnce(deviceId: string): Promise<StatusReading>;
  /** Reads until `accept` returns true or the time limit is reached. @returns the last reading */
  readUntil(deviceId: string, accept: (reading: StatusReading) => boolean): Promise<StatusReading>;
}

/**
 * How long a consumer may take to show what it acknowledged, according to the contract. @see
 * spec/1.0/contract.md#receiving
 */
const MAX_MS = 30_000;
/**
 * The limit after a device had no status at all within {@link MAX_MS}, because the consumer may never show
 * one.
 */
const MAX_AFTER_MISS_MS = 5000;
const EVERY_MS = 100;

/** The place to read a status from. */
export interface StatusSource {
  /** URL with `{device_id}`; it returns JSON with `status`, or 404. */
  readonly url: string;
  /** Bearer token, or `null` for none. */
  readonly token: string | null;
}

export function createStatusProbe(
  { url, token }: StatusSource,
  recorder: Recorder,
  signal: AbortSignal,
  clock: Clock = systemClock,
): StatusProbe {
  const ask = async (deviceId: string): Promise<StatusReading> => {
    const exchange = await recorder.call({
      purpose: `the status of ${deviceId}`,
      url: url.replaceAll("{device_id}", encodeURIComponent(deviceId)),
      credential: token,
    });
    const isKnown = exchange.response?.status === 200;
    return { exchange, status: isKnown ? textOf(objectOf(exchange), "status") : null };
  };
  /** The longest delay so far until an expected status was shown. */
  let slowestMs = 0;
  /** How long to wait; shorter while the consumer shows nothing. */
  let maxMs = MAX_MS;

  async function readUntil(
    deviceId: string,
    accept: (reading: StatusReading) => boolean,
  ): Promise<StatusReading> {
    const startedAt = clock.monotonic();
    let reading = await ask(deviceId);
    while (!accept(reading) && clock.monotonic() - startedAt < maxMs) {
      await sleep(clock, EVERY_MS, signal);
      reading = await ask(deviceId);
    }
    if (accept(reading)) {
      slowestMs = Math.max(slowestMs, clock.monotonic() - startedAt);
      maxMs = MAX_MS;
    }
    return reading;
  }

  async function readStatus(deviceId: string, expected: string): Promise<StatusReading> {
    const reading = await readUntil(deviceId, ({ status }) => status === expected);
    if (reading.status === null) maxMs = MAX_AFTER_MISS_MS;
    return reading;
  }

  return {
    readOnce: ask,
    readUntil,
    async read(deviceId, expected) {
      if (expected !== null) return readStatus(deviceId, expected);
      await sleep(clock, 2 * slowestMs + EVERY_MS, signal);
      return ask(deviceId);
    },
  };
}
