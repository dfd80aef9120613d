import { type Bytes, concat, utf8 } from "./bytes.ts";
import type { Choice } from "./choice.ts";
import { JOIN_WITH_DOTS } from "./fixes.ts";
import type { Mistake } from "./mistake.ts";

/** The parts of the signed message. */
interface Parts {
  readonly id: string;
  readonly timestamp: string;
  readonly body: Bytes;
}

/** Joins the parts into the message that is signed. */
export type Layout = (parts: Parts) => Bytes;

type Part = keyof Parts | { readonly text: string };

const wrong = (code: Mistake["code"], title: string, explanation: string): Mistake => ({
  code,
  title,
  explanation: `${explanation} Sign id.timestamp.body.`,
  fix: JOIN_WITH_DOTS,
  where: "sender",
  requirement: "SIG-001",
});

const WRONG_ORDER = wrong(
  "wrong_order",
  "The parts are in the wrong order",
  "The id, timestamp and body were signed in the wrong order.",
);
const BODY_LEFT_OUT = wrong(
  "body_left_out",
  "The body was not signed",
  "The id and timestamp were signed without the body, so the body could be changed in transit.",
);
const VERSION_IN_MESSAGE = wrong(
  "version_in_message",
  "The version was signed too",
  "The sender put v1 in front of the signed message. Put v1 only in front of the signature.",
);

const ORDERS: readonly { readonly mistake: Mistake | null; readonly parts: readonly Part[] }[] = [
  { mistake: null, parts: ["id", "timestamp", "body"] },
  {
    mistake: wrong(
      "id_left_out",
      "The id was not signed",
      "The timestamp and body were signed without the id. Stripe signs like this.",
    ),
    parts: ["timestamp", "body"],
  },
  {
    mistake: wrong(
      "timestamp_left_out",
      "The timestamp was not signed",
      "The id and body were signed without the timestamp.",
    ),
    parts: ["id", "body"],
  },
  {
    mistake: wrong(
      "body_only",
      "Only the body was signed",
      "The body was signed without the id and timestamp. GitHub signs like this.",
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

/** The separator between two parts, and the separator before the last part. */
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
  "The parts were joined by something other than one dot.",
);

const SLACK = wrong(
  "slack_layout",
  "The message was signed in Slack's format",
  "The sender joined v0, the timestamp and the body with colons and signed the result.",
);

function createLayout(order: readonly Part[], [between, beforeLast]: Separators): Layout {
  return (parts) => {
    const chunks: Bytes[] = [];
    // Concatenates the texts before encoding them, which is faster. This code runs thousands of times in a
    // search.
    let text = "";
    for (const [index, part] of order.entries()) {
      if (index > 0) text += index === order.length - 1 ? beforeLast : between;
      const value = typeof part === "object" ? part.text : parts[part];
      if (typeof value === "string") text += value;
      else {
        chunks.push(utf8(text), value);
        text = "";
      }
    }
    return concat(...chunks, utf8(text));
  };
}

/** The correct layout, `id.timestamp.body`, and the layouts that senders use instead. */
export const LAYOUTS: readonly Choice<Layout>[] = [
  ...ORDERS.map(({ mistake, parts }) => ({
    value: createLayout(parts, [".", "."]),
    mistakes: mistake ? [mistake] : [],
  })),
  { value: createLayout([{ text: "v0" }, "timestamp", "body"], [":", ":"]), mistakes: [SLACK] },
  ...ORDERS.filter(({ parts }) => parts.length > 1).flatMap(({ mistake, parts }) =>
    [...COMMON_SEPARATORS, ...RARE_SEPARATORS].map((separators) => ({
      value: createLayout(parts, separators),
      mistakes: mistake ? [mistake, WRONG_SEPARATOR] : [WRONG_SEPARATOR],
      // In combination with another mistake, only the common separators are tried.
      exclusive: mistake === null && RARE_SEPARATORS.includes(separators),
    })),
  ),
];
