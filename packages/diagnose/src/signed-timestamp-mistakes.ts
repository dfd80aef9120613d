import type { Row } from "./choice.ts";
import { UNIX_SECONDS } from "./fixes.ts";
import { httpDate, isoForms } from "./timestamp.ts";

const common = { fix: UNIX_SECONDS, where: "sender", requirement: "SIG-001" } as const;

/** A clock that was read twice has moved on by no more than this. */
const SECONDS_BETWEEN_READINGS = [-1, 1, -2, 2, -3, 3, -4, 4, -5, 5];

const HALF_HOUR = 1800;
/** Time zones reach from UTC-12 to UTC+14. */
const ZONES = Array.from({ length: 28 }, (_, index) => (index + 1) * HALF_HOUR).flatMap((s) => [s, -s]);

/** What people sign as the timestamp, other than the header's text, which is Unix seconds. */
export const SIGNED_TIMESTAMP_MISTAKES: readonly Row<number, string>[] = [
  {
    mistake: {
      code: "timestamp_signed_in_milliseconds",
      title: "Milliseconds were signed, seconds were sent",
      explanation:
        "The timestamp was signed in milliseconds, and webhook-timestamp has it in seconds. Make the text once, in seconds; sign it and send it.",
      ...common,
    },
    make: (seconds) => [`${seconds}000`],
  },
  {
    mistake: {
      code: "timestamp_signed_with_fraction",
      title: "The timestamp was signed with a fraction",
      explanation:
        "The timestamp was signed as a number with a fraction, such as 1700000000.0. Make whole seconds of it before you sign.",
      ...common,
    },
    make: (seconds) => [`${seconds}.0`],
  },
  {
    mistake: {
      code: "timestamp_signed_as_iso",
      title: "The timestamp was signed as a date",
      explanation:
        "The timestamp was signed as a date and time, and webhook-timestamp has it in Unix seconds. Make the text once; sign it and send it.",
      ...common,
    },
    alone: true,
    make: (seconds) => [...isoForms(seconds), httpDate(seconds)],
  },
  {
    mistake: {
      code: "timestamp_signed_empty",
      title: "The timestamp was not there yet when it was signed",
      explanation:
        "An empty timestamp was signed, or the word that a missing one becomes, such as undefined. Make the timestamp before you sign.",
      ...common,
    },
    alone: true,
    make: () => ["", "undefined", "null", "None", "0"],
  },
  {
    mistake: {
      code: "timestamp_taken_twice",
      title: "The clock was read twice",
      explanation:
        "The timestamp that was signed is a moment off the one in webhook-timestamp. Read the clock once; sign that text and send it.",
      ...common,
    },
    alone: true,
    make: (seconds) => SECONDS_BETWEEN_READINGS.map((off) => String(seconds + off)),
  },
  {
    mistake: {
      code: "timestamp_signed_in_other_zone",
      title: "The signed timestamp is hours off the sent one",
      explanation:
        "The timestamp that was signed is a time zone off the one in webhook-timestamp: one was made from local time. Unix seconds know no time zone; make the text once, sign it and send it.",
      ...common,
    },
    alone: true,
    make: (seconds) => ZONES.map((off) => String(seconds + off)),
  },
  {
    mistake: {
      code: "timestamp_signed_in_milliseconds",
      title: "Milliseconds were signed, seconds were sent",
      explanation:
        "The timestamp was signed in milliseconds, and webhook-timestamp has it in seconds. Make the text once, in seconds; sign it and send it.",
      ...common,
    },
    alone: true,
    make: (seconds) =>
      Array.from({ length: 999 }, (_, index) => `${seconds}${String(index + 1).padStart(3, "0")}`),
  },
];
