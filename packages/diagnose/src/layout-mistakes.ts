import { type Bytes, concat, utf8 } from "./bytes.ts";
import type { Choice } from "./choice.ts";
import { JOIN_WITH_DOTS } from "./fixes.ts";
import type { Mistake } from "./mistake.ts";

/** What is put together to be signed. */
export interface Parts {
  readonly id: string;
  readonly timestamp: string;
  readonly body: Bytes;
}

/** Puts the parts together as they are signed. */
export type Layout = (parts: Parts) => Bytes;

type Part = keyof Parts | { readonly text: string };

const wrong = (code: Mistake["code"], title: string, explanation: string): Mistake => ({
  code,
  title,
  explanation: `${explanation} What is signed is id.timestamp.body.`,
  fix: JOIN_WITH_DOTS,
  where: "sender",
  requirement: "SIG-001",
});

const WRONG_ORDER = wrong(
  "wrong_order",
  "The parts are in another order",
  "Id, timestamp and body were signed in another order.",
);
const BODY_LEFT_OUT = wrong(
  "body_left_out",
  "The body was not signed",
  "Id and timestamp were signed without the body: anybody could change it on the way.",
);
const VERSION_IN_MESSAGE = wrong(
  "version_in_message",
  "The version was signed as well",
  "v1 was signed in front of the rest; it belongs before the signature alone.",
);

const ORDERS: readonly { readonly mistake: Mistake | null; readonly parts: readonly Part[] }[] = [
  { mistake: null, parts: ["id", "timestamp", "body"] },
  {
    mistake: wrong(
      "id_left_out",
      "The id was not signed",
      "Timestamp and body were signed without the id, as Stripe does it.",
    ),
    parts: ["timestamp", "body"],
  },
  {
    mistake: wrong(
      "timestamp_left_out",
      "The timestamp was not signed",
      "Id and body were signed without the timestamp.",
    ),
    parts: ["id", "body"],
  },
  {
    mistake: wrong(
      "body_only",
      "Only the body was signed",
      "The body was signed without id and timestamp, as GitHub does it.",
    ),
    parts: ["body"],
  },
  { mistake: WRONG_ORDER, parts: ["timestamp", "id", "body"] },
  { mistake: WRONG_ORDER, parts: ["id", "body", "timestamp"] },
  { mistake: WRONG_ORDER, parts: ["timestamp", "body", "id"] },
  { mistake: WRONG_ORDER, parts: ["body", "id", "timestamp"] },
  { mistake: WRONG_ORDER, parts: ["body", "timestamp", "id"] },
  { mistake: WRONG_ORDER, parts: ["body", "timestamp"] },
  { mistake: WRONG_ORDER, parts: ["body", "id"] },
  { mistake: BODY_LEFT_OUT, parts: ["id", "timestamp"] },
  { mistake: BODY_LEFT_OUT, parts: ["id", "timestamp", { text: "" }] },
  { mistake: VERSION_IN_MESSAGE, parts: [{ text: "v1" }, "id", "timestamp", "body"] },
  { mistake: VERSION_IN_MESSAGE, parts: [{ text: "v1" }, "timestamp", "body"] },
];

/** What stands between the parts, and what before the last of them. */
type Separators = readonly [between: string, beforeLast: string];

const COMMON_SEPARATORS: readonly Separators[] = [
  [":", ":"],
  ["", ""],
];
const RARE_SEPARATORS: readonly Separators[] = [
  ["|", "|"],
  [",", ","],
  ["\n", "\n"],
  [" ", " "],
  ["-", "-"],
  ["_", "_"],
  [";", ";"],
  ["&", "&"],
  ["\r\n", "\r\n"],
  [".", ""],
  [".", "\n"],
];

const WRONG_SEPARATOR = wrong(
  "wrong_separator",
  "The parts are not joined by dots",
  "The parts were joined by something other than one dot each.",
);

const SLACK = wrong(
  "slack_layout",
  "It was signed the way Slack does it",
  "v0, timestamp and body were signed, joined by colons.",
);

function layout(order: readonly Part[], [between, beforeLast]: Separators): Layout {
  return (parts) =>
    concat(
      ...order.flatMap((part, index) => {
        const value = typeof part === "object" ? part.text : parts[part];
        const separator = index === 0 ? "" : index === order.length - 1 ? beforeLast : between;
        return [utf8(separator), typeof value === "string" ? utf8(value) : value];
      }),
    );
}

/** `id.timestamp.body`, and how people put the parts together instead. */
export const LAYOUTS: readonly Choice<Layout>[] = [
  ...ORDERS.map(({ mistake, parts }) => ({
    value: layout(parts, [".", "."]),
    mistakes: mistake ? [mistake] : [],
  })),
  { value: layout([{ text: "v0" }, "timestamp", "body"], [":", ":"]), mistakes: [SLACK] },
  ...ORDERS.filter(({ parts }) => parts.length > 1).flatMap(({ mistake, parts }) =>
    [...COMMON_SEPARATORS, ...RARE_SEPARATORS].map((separators) => ({
      value: layout(parts, separators),
      mistakes: mistake ? [mistake, WRONG_SEPARATOR] : [WRONG_SEPARATOR],
      // Beside another mistake than the order's, only the common ones are tried.
      alone: mistake === null && RARE_SEPARATORS.includes(separators),
    })),
  ),
];
