import { objectOf, textOf } from "../evidence/read.ts";
import type { StatusReading } from "../evidence/receiver-evidence.ts";
import { type Clock, sleep, systemClock } from "./clock.ts";
import type { Recorder } from "./recorder.ts";

/** Asks the consumer for a device's status, where it offers a way to. */
export interface StatusProbe {
  /**
   * Asks until the status is the one expected, or time is up: a consumer may show a status a moment after it has
   * acknowledged it. Where none is expected, it asks once, when one that was to be seen would have been.
   *
   * @returns the last answer
   */
  read(deviceId: string, expected: string | null): Promise<StatusReading>;
  /** Asks until the answer is accepted, or time is up. @returns the last answer */
  readUntil(deviceId: string, accept: (reading: StatusReading) => boolean): Promise<StatusReading>;
}

const MOST_MS = 3000;
const EVERY_MS = 100;

/** Where a status is asked for. */
export interface StatusSource {
  /** URL with `{device_id}` in it, answered with JSON that has `status`, or with 404. */
  readonly url: string;
  /** Bearer token; `null` for none. */
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
  /** How long a status has taken to be seen, at the most. */
  let slowestMs = 0;
  /** One that has shown nothing in all that time is not waited for again. */
  let showsAny = true;

  async function readUntil(
    deviceId: string,
    accept: (reading: StatusReading) => boolean,
  ): Promise<StatusReading> {
    const startedAt = clock.monotonic();
    let reading = await ask(deviceId);
    while (!accept(reading) && showsAny && clock.monotonic() - startedAt < MOST_MS) {
      await sleep(clock, EVERY_MS, signal);
      reading = await ask(deviceId);
    }
    if (accept(reading)) slowestMs = Math.max(slowestMs, clock.monotonic() - startedAt);
    return reading;
  }

  async function readStatus(deviceId: string, expected: string): Promise<StatusReading> {
    const reading = await readUntil(deviceId, ({ status }) => status === expected);
    if (reading.status === null) showsAny = false;
    return reading;
  }

  return {
    readUntil,
    async read(deviceId, expected) {
      if (expected !== null) return readStatus(deviceId, expected);
      await sleep(clock, 2 * slowestMs + EVERY_MS, signal);
      return ask(deviceId);
    },
  };
}
