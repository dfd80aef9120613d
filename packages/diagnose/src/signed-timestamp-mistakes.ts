import type { Row } from "./choice.ts";
import { SIGN_EVERY_ATTEMPT, UNIX_SECONDS } from "./fixes.ts";
import type { Mistake } from "./mistake.ts";
import { httpDate, isoForms } from "./timestamp.ts";

const common = { fix: UNIX_SECONDS, where: "sender", requirement: "SIG-001" } as const;

/** The times from which a wrongly signed timestamp can be derived, in Unix seconds. */
export interface SignedTimestamp {
  /** The time in the `webhook-timestamp` header. */
  readonly seconds: number;
  /** When the event in the body happened; `null` if the body does not say. */
  readonly eventTime: number | null;
}

/**
 * The possible differences between two readings of a clock. A signed timestamp
 * that is at least 3 s older belongs to a retry.
 */
const SECONDS_BETWEEN_READINGS = [-1, 1, -2, 2, 3, 4, 5];
const MIN_RETRY_SECONDS = 3;
/** How far before the header's timestamp to search for the signed timestamp of a retry. */
const MAX_RETRY_SECONDS = 600;
/** How long after the event to search for the timestamp of a first attempt. */
const MAX_FIRST_ATTEMPT_SECONDS = 300;

const countUp = (from: number, to: number): readonly number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);

/** Lists the seconds right after the event, which is when a first attempt is signed. */
function firstAttempts({ seconds, eventTime }: SignedTimestamp): readonly string[] {
  if (eventTime === null) return [];
  const from = Math.floor(eventTime);
  return countUp(from, Math.min(from + MAX_FIRST_ATTEMPT_SECONDS, seconds - MIN_RETRY_SECONDS)).map(String);
}

const RETRY_NOT_SIGNED_AGAIN: Mistake = {
  code: "retry_not_signed_again",
  title: "A retry was sent with the signature of an earlier attempt",
  explanation:
    "The signature covers an earlier timestamp than webhook-timestamp. The retry has a new timestamp and an old signature. Sign every attempt again, with the timestamp that you send.",
  fix: SIGN_EVERY_ATTEMPT,
  where: "sender",
  requirement: "DLV-003",
};

const MILLISECONDS_SIGNED: Mistake = {
  code: "timestamp_signed_in_milliseconds",
  title: "Milliseconds were signed, but seconds were sent",
  explanation:
    "The signed timestamp is in milliseconds, but webhook-timestamp is in seconds. Create the timestamp's text once, in seconds. Sign and send that text.",
  ...common,
};

const HALF_HOUR = 1800;
/** Time zones range from UTC-12 to UTC+14; offsets are in steps of half an hour. */
const ZONES = Array.from({ length: 28 }, (_, index) => (index + 1) * HALF_HOUR).flatMap((s) => [s, -s]);

/** What senders sign as the timestamp instead of the header's text, which is Unix seconds. */
export const SIGNED_TIMESTAMP_MISTAKES: readonly Row<SignedTimestamp, string>[] = [
  {
    mistake: MILLISECONDS_SIGNED,
    make: ({ seconds }) => [`${seconds}000`],
  },
  {
    mistake: {
      code: "timestamp_signed_with_fraction",
      title: "The timestamp was signed with a fraction",
      explanation:
        "The signed timestamp is a number with a fraction, such as 1700000000.0. Round it down to whole seconds before you sign.",
      ...common,
    },
    make: ({ seconds }) => [`${seconds}.0`],
  },
  {
    mistake: {
      code: "timestamp_signed_as_iso",
      title: "The timestamp was signed as a date",
      explanation:
        "The signed timestamp is a date and time, but webhook-timestamp is Unix seconds. Create the timestamp's text once. Sign and send that text.",
      ...common,
    },
    exclusive: true,
    make: ({ seconds }) => [...isoForms(seconds), httpDate(seconds)],
  },
  {
    mistake: {
      code: "timestamp_signed_empty",
      title: "The signed timestamp was empty",
      explanation:
        "The sender signed an empty timestamp, or the text of a missing value such as undefined. Create the timestamp before you sign.",
      ...common,
    },
    exclusive: true,
    make: () => ["", "undefined", "null", "None", "0"],
  },
  {
    mistake: {
      code: "timestamp_taken_twice",
      title: "The clock was read twice",
      explanation:
        "The signed timestamp differs from webhook-timestamp by a few seconds. Read the clock once. Sign and send the same text.",
      ...common,
    },
    exclusive: true,
    make: ({ seconds }) => SECONDS_BETWEEN_READINGS.map((off) => String(seconds + off)),
  },
  // These mistakes must precede the mistakes with time zones. A signed timestamp right after the event
  // belongs to a first attempt, even if its age equals a time zone's offset, such as half an hour.
  { mistake: RETRY_NOT_SIGNED_AGAIN, exclusive: true, make: firstAttempts },
  {
    mistake: {
      code: "timestamp_signed_in_other_zone",
      title: "The signed timestamp is in another time zone than the sent timestamp",
      explanation:
        "The signed timestamp differs from webhook-timestamp by a time zone: one of the two was made from local time. Unix seconds have no time zone. Create the timestamp's text once. Sign and send that text.",
      ...common,
    },
    exclusive: true,
    make: ({ seconds }) => ZONES.map((off) => String(seconds + off)),
  },
  {
    mistake: RETRY_NOT_SIGNED_AGAIN,
    exclusive: true,
    make: ({ seconds }) => countUp(MIN_RETRY_SECONDS, MAX_RETRY_SECONDS).map((ago) => String(seconds - ago)),
  },
  {
    mistake: MILLISECONDS_SIGNED,
    exclusive: true,
    make: ({ seconds }) =>
      Array.from({ length: 999 }, (_, index) => `${seconds}${String(index + 1).padStart(3, "0")}`),
  },
];
