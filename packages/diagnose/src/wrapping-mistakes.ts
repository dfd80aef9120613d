import type { Body } from "./body.ts";
import { type Bytes, fromBase64, toBase64, toHex } from "./bytes.ts";
import type { Row } from "./choice.ts";
import {
  JOIN_WITH_DOTS,
  KEEP_THE_RAW_BODY,
  SAME_BYTES_ON_BOTH_SIDES,
  SEND_WHAT_WAS_SIGNED,
} from "./fixes.ts";
import { ascii } from "./json-strings.ts";
import { type JsonText, rewriteStrings, writeJson } from "./json-text.ts";
import type { BodyCode, Fix, Mistake } from "./mistake.ts";
import { pythonBytes, pythonRepr } from "./python-repr.ts";

const mistake = (
  code: BodyCode,
  title: string,
  explanation: string,
  fix: Fix,
  where: Mistake["where"] = "sender",
): Mistake => ({
  code,
  title,
  explanation,
  fix,
  where,
  requirement: where === "receiver" ? "RCV-001" : "SIG-001",
});

/** Above this many bytes, nobody signs a list of numbers unnoticed. */
const MOST_LISTED_BYTES = 65_536;
const MOST_FIELDS = 16;

const layouts = (json: JsonText | undefined): readonly string[] => {
  if (!json) return [];
  const written = [
    writeJson(json, { comma: ",", colon: ":" }),
    writeJson(json, { comma: ", ", colon: ": " }),
    writeJson(json, { comma: ",", colon: ": ", indent: "  " }),
  ];
  return [...written, ...written.map((text) => rewriteStrings(text, ascii))];
};

/** What a text in JSON says; `null` for what is no text. */
function innerText(text: string | null): string | null {
  if (!text?.trimStart().startsWith('"')) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : null;
  } catch {
    return null;
  }
}

function formFields(text: string | null): readonly string[] {
  if (text === null || !/^[\w.-]+=/.test(text)) return [];
  const fields = Array.from(new URLSearchParams(text).values()).slice(0, MOST_FIELDS);
  return [...fields, [...fields].join("")];
}

/** Bytes that were written as JSON: Node's Buffer, or an array by its indices. */
function bytesInJson({ text, json }: Body): Bytes | null {
  if (json?.kind !== "object" || text === null) return null;
  const value = JSON.parse(text) as Record<string, unknown>;
  const list = value["type"] === "Buffer" ? value["data"] : Object.values(value);
  const bytes =
    Array.isArray(list) && list.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256);
  return bytes && list.length > 0 ? Uint8Array.from(list as number[]) : null;
}

const dataMember = ({ json }: Body): JsonText | undefined =>
  json?.kind === "object" ? json.members.find(([key]) => key === '"data"')?.[1] : undefined;

const firstItem = ({ json }: Body): JsonText | undefined =>
  json?.kind === "array" ? json.items[0] : undefined;

/** Something else than the body was signed, or something else came: what was signed, given what came. */
export const WRAPPING_MISTAKES: readonly Row<Body, Bytes | string>[] = [
  {
    mistake: mistake(
      "data_member_only",
      "Only the event's data was signed",
      "The data member of the event was signed alone. Sign the whole body, as it is sent.",
      SEND_WHAT_WAS_SIGNED,
    ),
    make: (body) => layouts(dataMember(body)),
  },
  {
    mistake: mistake(
      "one_event_of_batch",
      "One event was signed, and a list of events was sent",
      "The event was signed by itself and sent in a list, or the other way round. Sign the whole body, as it is sent.",
      SEND_WHAT_WAS_SIGNED,
    ),
    alone: true,
    make: (body) => [...layouts(firstItem(body)), body.json && body.text !== null ? `[${body.text}]` : null],
  },
  {
    mistake: mistake(
      "body_json_twice",
      "The body was written as JSON twice on one side",
      "The JSON was written as JSON once more on one side, which makes one text with quotes of it. Call JSON.stringify or its like once.",
      SAME_BYTES_ON_BOTH_SIDES,
      "either",
    ),
    make: ({ text }) => [
      innerText(text),
      text === null ? null : JSON.stringify(text),
      text === null ? null : ascii(text),
    ],
  },
  {
    mistake: mistake(
      "body_base64",
      "The body is still in base64",
      "What was verified is the base64 of the body, as AWS API Gateway hands it over with isBase64Encoded. Decode it first.",
      KEEP_THE_RAW_BODY,
      "receiver",
    ),
    make: ({ text }) => [text === null ? null : fromBase64(text.trim())],
  },
  {
    mistake: mistake(
      "body_signed_as_base64",
      "The base64 of the body was signed",
      "The body's base64 was signed, and the body itself was sent. Sign the bytes that are sent.",
      JOIN_WITH_DOTS,
    ),
    alone: true,
    make: ({ bytes }) => [toBase64(bytes)],
  },
  {
    mistake: mistake(
      "body_form_encoded",
      "The body is JSON on one side and a form on the other",
      "The JSON came as a field of a form, or was signed as one. Send and sign the JSON itself.",
      SEND_WHAT_WAS_SIGNED,
    ),
    alone: true,
    make: ({ text }) => [
      ...formFields(text),
      ...(text === null
        ? []
        : ["payload", "data", "body"].map((name) => new URLSearchParams([[name, text]]).toString())),
    ],
  },
  {
    mistake: mistake(
      "body_buffer_json",
      "The body is a buffer that was written as JSON",
      "What was verified is the JSON of a Buffer, a list of numbers. Verify the Buffer itself: JSON.stringify has no place here.",
      KEEP_THE_RAW_BODY,
      "receiver",
    ),
    alone: true,
    make: (body) => [bytesInJson(body)],
  },
  {
    mistake: mistake(
      "body_hash_signed",
      "A hash of the body was signed",
      "SHA-256 of the body was signed in the body's place. Sign the body itself.",
      JOIN_WITH_DOTS,
    ),
    make: ({ sha256 }) => [toHex(sha256), toBase64(sha256), sha256, toHex(sha256).toUpperCase()],
  },
  {
    mistake: mistake(
      "body_python_bytes",
      "b'…' was signed",
      "A Python f-string was given bytes, and so b'…' was signed, with the b and the quotes. Join bytes with bytes.",
      JOIN_WITH_DOTS,
    ),
    make: ({ bytes }) => (bytes.length <= MOST_LISTED_BYTES ? [pythonBytes(bytes)] : []),
  },
  {
    mistake: mistake(
      "body_python_dict",
      "A Python dict was signed, not JSON",
      "A Python f-string was given a dict, and so {'id': …} was signed, with single quotes, True and None. Make JSON of it once; sign that and send that.",
      SEND_WHAT_WAS_SIGNED,
    ),
    make: ({ json }) => (json ? [pythonRepr(json)] : []),
  },
  {
    mistake: mistake(
      "body_object_object_signed",
      "[object Object] was signed",
      "An object was put into a text, and so [object Object] was signed in the body's place. Make JSON of it once; sign that and send that.",
      SEND_WHAT_WAS_SIGNED,
    ),
    make: () => ["[object Object]"],
  },
  {
    mistake: mistake(
      "body_bytes_as_text",
      "The body's bytes were signed as a list of numbers",
      "Bytes were put into a text, and so their numbers, their hex or their type's name was signed in the body's place. Join bytes with bytes.",
      JOIN_WITH_DOTS,
    ),
    alone: true,
    make: ({ bytes }) =>
      bytes.length > MOST_LISTED_BYTES
        ? []
        : [bytes.join(","), `[${bytes.join(" ")}]`, `[${bytes.join(", ")}]`, "System.Byte[]", toHex(bytes)],
  },
];
