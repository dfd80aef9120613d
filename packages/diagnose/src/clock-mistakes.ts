import { SET_THE_CLOCK, SIGN_EVERY_ATTEMPT, UNIX_SECONDS } from "./fixes.ts";
import type { Mistake } from "./mistake.ts";
import { readTimestamp, type Writing } from "./timestamp.ts";

/** When things happened, in Unix seconds. */
export interface Moments {
  /** The header's text. */
  readonly timestamp: string;
  readonly now: number;
  readonly toleranceSeconds: number;
  /** When the event in the body happened, where it says so. */
  readonly eventTime: number | null;
}

const HALF_HOUR = 1800;
/** A delivery is on its way for no longer than this, so a clock in another time zone is off by that much more. */
const ON_ITS_WAY = 30;
const HOURS_OF_ZONES = 14;

const format = { fix: UNIX_SECONDS, where: "sender", requirement: "SIG-002" } as const;

const WRITINGS: Readonly<Record<Exclude<Writing, "seconds">, Mistake>> = {
  milliseconds: {
    code: "timestamp_in_milliseconds",
    title: "The timestamp is in milliseconds",
    explanation:
      "webhook-timestamp has 13 digits: milliseconds, as Date.now() and System.currentTimeMillis() make them. It is seconds: divide by 1000, and sign and send that text.",
    ...format,
  },
  too_precise: {
    code: "timestamp_too_precise",
    title: "The timestamp is in microseconds, nanoseconds or ticks",
    explanation: "webhook-timestamp has 16 to 19 digits. It is whole Unix seconds; sign and send that text.",
    ...format,
  },
  fraction: {
    code: "timestamp_has_fraction",
    title: "The timestamp has a fraction",
    explanation:
      "webhook-timestamp is a number with a fraction, as time.time() makes it. It is whole Unix seconds; sign and send that text.",
    ...format,
  },
  iso: {
    code: "timestamp_iso",
    title: "The timestamp is an ISO 8601 date",
    explanation: "webhook-timestamp is a date and time as text. It is Unix seconds; sign and send that text.",
    ...format,
  },
  http_date: {
    code: "timestamp_http_date",
    title: "The timestamp is an HTTP date",
    explanation:
      "webhook-timestamp is a date as the Date header has it. It is Unix seconds; sign and send that text.",
    ...format,
  },
};

const MALFORMED: Mistake = {
  code: "timestamp_malformed",
  title: "The timestamp is none",
  explanation: "webhook-timestamp is not Unix seconds: digits alone, such as 1700000000.",
  ...format,
};

function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} seconds`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} minutes`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} hours` : `${Math.round(seconds / 86_400)} days`;
}

/** How many half hours a clock is off, where it is off by a time zone; otherwise 0. */
function halfHoursOff(ageSeconds: number): number {
  const halfHours = Math.round(ageSeconds / HALF_HOUR);
  const rest = ageSeconds - halfHours * HALF_HOUR;
  return Math.abs(rest) <= ON_ITS_WAY && Math.abs(halfHours) <= 2 * HOURS_OF_ZONES ? halfHours : 0;
}

const timeZone = (ageSeconds: number): Mistake => ({
  code: "timestamp_time_zone",
  title: "The timestamp is a time zone off",
  explanation: `webhook-timestamp is ${Math.abs(halfHoursOff(ageSeconds)) / 2} hours ${ageSeconds > 0 ? "behind" : "ahead"}, almost to the second: it was made from local time as if that were UTC. Unix seconds know no time zone.${ageSeconds > 0 ? " (If this was a retry: every attempt needs a timestamp of its own.)" : ""}`,
  fix: {
    node: "const timestamp = String(Math.floor(Date.now() / 1000)); // not made from a date's parts",
    python:
      "timestamp = str(int(time.time()))  # not datetime.utcnow().timestamp(), which takes UTC for local time",
    dotnet:
      "string timestamp = DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString(); // not from DateTime.Now",
  },
  where: "sender",
  requirement: "SIG-002",
});

const ahead = (seconds: number): Mistake => ({
  code: "clock_ahead",
  title: "The two clocks differ",
  explanation: `webhook-timestamp is ${duration(seconds)} in the future by this receiver's clock: the sender's clock is fast or the receiver's is slow. Compare date -u on both.`,
  fix: SET_THE_CLOCK,
  where: "either",
  requirement: "SIG-002",
});

const behind = (seconds: number): Mistake => ({
  code: "clock_behind",
  title: "The sender's clock is behind",
  explanation: `webhook-timestamp is ${duration(seconds)} old, and the event in the body is not: the sender's clock is behind, or the timestamp was not taken from the clock. Compare date -u on both.`,
  fix: SET_THE_CLOCK,
  where: "sender",
  requirement: "SIG-002",
});

const stale = (seconds: number): Mistake => ({
  code: "timestamp_stale",
  title: "The delivery was signed long ago",
  explanation: `webhook-timestamp is ${duration(seconds)} old: a retry that was sent with the signature of the first attempt, a delivery that waited after it was signed, or one that somebody replayed. Make a fresh timestamp and signature for every attempt.`,
  fix: SIGN_EVERY_ATTEMPT,
  where: "sender",
  requirement: "DLV-003",
});

function late(ageSeconds: number, { eventTime, now, toleranceSeconds }: Moments): Mistake {
  const zone = halfHoursOff(ageSeconds) !== 0;
  if (eventTime === null) return zone ? timeZone(ageSeconds) : stale(ageSeconds);
  // The event is of now, so the delivery is no old one: the timestamp itself is wrong.
  if (Math.abs(now - eventTime) <= toleranceSeconds) return zone ? timeZone(ageSeconds) : behind(ageSeconds);
  return stale(ageSeconds);
}

/** What is wrong with the timestamp in the header, whatever was signed. */
export function clockFacts(moments: Moments): readonly Mistake[] {
  const { timestamp, now, toleranceSeconds } = moments;
  if (timestamp === "") return [];
  const read = readTimestamp(timestamp);
  if (!read) return [MALFORMED];
  const facts: Mistake[] = [];
  if (read.writing !== "seconds") facts.push(WRITINGS[read.writing]);
  else if (!/^\d+$/.test(timestamp)) facts.push(MALFORMED);
  const ageSeconds = now - read.seconds;
  if (ageSeconds > toleranceSeconds) facts.push(late(ageSeconds, moments));
  else if (ageSeconds < -toleranceSeconds)
    facts.push(halfHoursOff(ageSeconds) === 0 ? ahead(-ageSeconds) : timeZone(ageSeconds));
  return facts;
}
