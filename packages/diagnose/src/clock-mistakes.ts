import { SET_THE_CLOCK, SIGN_EVERY_ATTEMPT, UNIX_SECONDS } from "./fixes.ts";
import type { Mistake } from "./mistake.ts";
import { readTimestamp, type TimestampFormat } from "./timestamp.ts";

/** The times of a delivery, in Unix seconds. */
export interface Moments {
  /** The header's text. */
  readonly timestamp: string;
  readonly now: number;
  readonly toleranceSeconds: number;
  /** When the event in the body happened; `null` if the body does not say. */
  readonly eventTime: number | null;
}

const HALF_HOUR = 1800;
/** The longest transit time. A timestamp in a wrong time zone is off by the zone's offset plus at most this time. */
const MAX_TRANSIT_SECONDS = 30;
const MAX_ZONE_HOURS = 14;

const format = { fix: UNIX_SECONDS, where: "sender", requirement: "SIG-002" } as const;

const WRONG_FORMATS: Readonly<Record<Exclude<TimestampFormat, "seconds">, Mistake>> = {
  milliseconds: {
    code: "timestamp_in_milliseconds",
    title: "The timestamp is in milliseconds",
    explanation:
      "webhook-timestamp has 13 digits, so it is in milliseconds. Date.now() and System.currentTimeMillis() return milliseconds. Divide by 1000, then sign and send whole seconds.",
    ...format,
  },
  too_precise: {
    code: "timestamp_too_precise",
    title: "The timestamp is in microseconds, nanoseconds or ticks",
    explanation:
      "webhook-timestamp has 16 to 19 digits. Use whole Unix seconds, both in the signature and in the header.",
    ...format,
  },
  fraction: {
    code: "timestamp_has_fraction",
    title: "The timestamp has a fraction",
    explanation:
      "webhook-timestamp is a number with a fraction, for example from time.time(). Use whole Unix seconds, both in the signature and in the header.",
    ...format,
  },
  iso: {
    code: "timestamp_iso",
    title: "The timestamp is an ISO 8601 date",
    explanation:
      "webhook-timestamp is a date and time as text. Use Unix seconds, both in the signature and in the header.",
    ...format,
  },
  http_date: {
    code: "timestamp_http_date",
    title: "The timestamp is an HTTP date",
    explanation:
      "webhook-timestamp is a date in the format of the Date header. Use Unix seconds, both in the signature and in the header.",
    ...format,
  },
};

const MALFORMED: Mistake = {
  code: "timestamp_malformed",
  title: "The timestamp is not Unix seconds",
  explanation: "webhook-timestamp must be Unix seconds: only digits, for example 1700000000.",
  ...format,
};

function formatDuration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} seconds`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} minutes`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} hours` : `${Math.round(seconds / 86_400)} days`;
}

/** Returns the error of a clock in half hours if the error looks like a time zone; otherwise 0. */
function countHalfHoursOff(ageSeconds: number): number {
  const halfHours = Math.round(ageSeconds / HALF_HOUR);
  const rest = ageSeconds - halfHours * HALF_HOUR;
  return Math.abs(rest) <= MAX_TRANSIT_SECONDS && Math.abs(halfHours) <= 2 * MAX_ZONE_HOURS ? halfHours : 0;
}

const timeZone = (ageSeconds: number): Mistake => ({
  code: "timestamp_time_zone",
  title: "The timestamp is off by a time zone",
  explanation: `webhook-timestamp is ${Math.abs(countHalfHoursOff(ageSeconds)) / 2} hours ${ageSeconds > 0 ? "behind" : "ahead"}, almost to the second. The sender used local time as if it were UTC. Unix seconds have no time zone.${ageSeconds > 0 ? " (If this was a retry, create a new timestamp for every attempt.)" : ""}`,
  fix: {
    node: "const timestamp = String(Math.floor(Date.now() / 1000)); // not made from a date's parts",
    python:
      "timestamp = str(int(time.time()))  # not datetime.utcnow().timestamp(), which reads UTC as local time",
    dotnet:
      "string timestamp = DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString(); // not from DateTime.Now",
  },
  where: "sender",
  requirement: "SIG-002",
});

const ahead = (seconds: number): Mistake => ({
  code: "clock_ahead",
  title: "The two clocks differ",
  explanation: `webhook-timestamp is ${formatDuration(seconds)} ahead of this receiver's clock. Either the sender's clock is fast, or the receiver's clock is slow. Run date -u on both sides.`,
  fix: SET_THE_CLOCK,
  where: "either",
  requirement: "SIG-002",
});

const behind = (seconds: number): Mistake => ({
  code: "clock_behind",
  title: "The sender's clock is behind",
  explanation: `webhook-timestamp is ${formatDuration(seconds)} old, but the event in the body is recent. Either the sender's clock is behind, or the sender did not read the timestamp from the clock. Run date -u on both sides.`,
  fix: SET_THE_CLOCK,
  where: "sender",
  requirement: "SIG-002",
});

const stale = (seconds: number): Mistake => ({
  code: "timestamp_stale",
  title: "The delivery was signed long ago",
  explanation: `webhook-timestamp is ${formatDuration(seconds)} old. A retry reused the timestamp and signature of an earlier attempt, the delivery waited after it was signed, or this is a replay. Create a new timestamp and signature for every attempt.`,
  fix: SIGN_EVERY_ATTEMPT,
  where: "sender",
  requirement: "DLV-003",
});

function explainAge(ageSeconds: number, { eventTime, now, toleranceSeconds }: Moments): Mistake {
  const zone = countHalfHoursOff(ageSeconds) !== 0;
  if (eventTime === null) return zone ? timeZone(ageSeconds) : stale(ageSeconds);
  // If the event is recent, the delivery is not old, so the timestamp itself must be wrong.
  if (Math.abs(now - eventTime) <= toleranceSeconds) return zone ? timeZone(ageSeconds) : behind(ageSeconds);
  return stale(ageSeconds);
}

/** Lists what is wrong with the header's timestamp, no matter which message was signed. */
export function checkTimestamp(moments: Moments): readonly Mistake[] {
  const { timestamp, now, toleranceSeconds } = moments;
  if (timestamp === "") return [];
  const read = readTimestamp(timestamp);
  if (!read) return [MALFORMED];
  const facts: Mistake[] = [];
  if (read.format !== "seconds") facts.push(WRONG_FORMATS[read.format]);
  else if (!/^\d+$/.test(timestamp)) facts.push(MALFORMED);
  const ageSeconds = now - read.seconds;
  if (ageSeconds > toleranceSeconds) facts.push(explainAge(ageSeconds, moments));
  else if (ageSeconds < -toleranceSeconds)
    facts.push(countHalfHoursOff(ageSeconds) === 0 ? ahead(-ageSeconds) : timeZone(ageSeconds));
  return facts;
}
