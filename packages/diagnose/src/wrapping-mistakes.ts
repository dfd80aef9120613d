import type { Body } from "./body.ts";
import { type Bytes, fromBase64, toBase64, toHex } from "./bytes.ts";
import type { Row } from "./choice.ts";
import {
  JOIN_WITH_DOTS,
  KEEP_THE_RAW_BODY,
  SAME_BYTES_ON_BOTH_SIDES,
  SEND_WHAT_WAS_SIGNED,
} from "./fixes.ts";
import { alsoWithStrings, ascii, COMPACT, type JsonText, PYTHON, writeLayouts } from "./json-text.ts";
import type { BodyCode, Fix, Mistake } from "./mistake.ts";

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

/** A larger body is not tried as a list of numbers, because the sender would notice that mistake. */
const MAX_LISTED_BYTES = 65_536;
const MAX_FIELDS = 16;

const writeCommon = (json: JsonText | undefined): Iterable<string> =>
  alsoWithStrings(writeLayouts(json, [COMPACT, PYTHON, { comma: ",", colon: ": ", indent: "  " }]), [ascii]);

/** Decodes a body that is one JSON string; `null` for any other body. */
function decodeJsonString(text: string | null): string | null {
  if (!text?.trimStart().startsWith('"')) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : null;
  } catch {
    return null;
  }
}

function readFormFields(text: string | null): readonly string[] {
  if (text === null || !/^[\w.-]+=/.test(text)) return [];
  const fields = Array.from(new URLSearchParams(text).values()).slice(0, MAX_FIELDS);
  return [...fields, [...fields].join("")];
}

/** Decodes bytes that were serialised to JSON as a Node Buffer, or as an object with indices as keys. */
function readBytesInJson({ text, json }: Body): Bytes | null {
  if (json?.kind !== "object" || text === null) return null;
  const value = JSON.parse(text) as Record<string, unknown>;
  const list = value["type"] === "Buffer" ? value["data"] : Object.values(value);
  const bytes =
    Array.isArray(list) && list.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256);
  return bytes && list.length > 0 ? Uint8Array.from(list as number[]) : null;
}

const findDataMember = ({ json }: Body): JsonText | undefined =>
  json?.kind === "object" ? json.members.find(([key]) => key === '"data"')?.[1] : undefined;

const findFirstItem = ({ json }: Body): JsonText | undefined =>
  json?.kind === "array" ? json.items[0] : undefined;

/**
 * Mistakes where something other than the body was signed or received. Each mistake computes, from the
 * received body, the bytes that may have been signed.
 */
export const WRAPPING_MISTAKES: readonly Row<Body, Bytes | string>[] = [
  {
    mistake: mistake(
      "data_member_only",
      "Only the event's data was signed",
      "Only the event's data member was signed. Sign the whole body that you send.",
      SEND_WHAT_WAS_SIGNED,
    ),
    make: (body) => writeCommon(findDataMember(body)),
  },
  {
    mistake: mistake(
      "one_event_of_batch",
      "One event was signed, but a list of events was sent",
      "One side used a single event as the body, the other side a list of events. Sign the whole body that you send.",
      SEND_WHAT_WAS_SIGNED,
    ),
    exclusive: true,
    make: (body) => [
      ...writeCommon(findFirstItem(body)),
      body.json && body.text !== null ? `[${body.text}]` : null,
    ],
  },
  {
    mistake: mistake(
      "body_json_twice",
      "The body was serialised to JSON twice on one side",
      "One side serialised JSON text to JSON again, so the text became a quoted string. Serialise the event once.",
      SAME_BYTES_ON_BOTH_SIDES,
      "either",
    ),
    make: ({ text }) => [
      decodeJsonString(text),
      text === null ? null : JSON.stringify(text),
      text === null ? null : ascii(text),
    ],
  },
  {
    mistake: mistake(
      "body_base64",
      "The body is still in base64",
      "The receiver verified the base64 of the body. AWS API Gateway passes base64 and sets isBase64Encoded. Decode the body first.",
      KEEP_THE_RAW_BODY,
      "receiver",
    ),
    make: ({ text }) => [text === null ? null : fromBase64(text.trim())],
  },
  {
    mistake: mistake(
      "body_signed_as_base64",
      "The base64 of the body was signed",
      "The body's base64 was signed, but the body itself was sent. Sign the bytes that you send.",
      JOIN_WITH_DOTS,
    ),
    exclusive: true,
    make: ({ bytes }) => [toBase64(bytes)],
  },
  {
    mistake: mistake(
      "body_form_encoded",
      "The body is JSON on one side and a form on the other",
      "The JSON was sent as a form field, or was signed as a form field. Sign and send the JSON itself.",
      SEND_WHAT_WAS_SIGNED,
    ),
    exclusive: true,
    make: ({ text }) => [
      ...readFormFields(text),
      ...(text === null
        ? []
        : ["payload", "data", "body"].map((name) => new URLSearchParams([[name, text]]).toString())),
    ],
  },
  {
    mistake: mistake(
      "body_buffer_json",
      "The body is a Buffer that was serialised to JSON",
      "The receiver verified the JSON of a Buffer, which is a list of numbers. Verify the Buffer itself, without JSON.stringify.",
      KEEP_THE_RAW_BODY,
      "receiver",
    ),
    exclusive: true,
    make: (body) => [readBytesInJson(body)],
  },
  {
    mistake: mistake(
      "body_hash_signed",
      "A hash of the body was signed",
      "The body's SHA-256 was signed instead of the body. Sign the body itself.",
      JOIN_WITH_DOTS,
    ),
    make: ({ sha256 }) => [toHex(sha256), toBase64(sha256), sha256, toHex(sha256).toUpperCase()],
  },
  {
    mistake: mistake(
      "body_python_bytes",
      "b'…' was signed",
      "A Python f-string formatted the bytes as b'…'. The sender signed that text, with the b and the quotes. Sign the raw bytes of the body instead.",
      JOIN_WITH_DOTS,
    ),
    make: ({ bytes }) => (bytes.length <= MAX_LISTED_BYTES ? [toPythonBytes(bytes)] : []),
  },
  {
    mistake: mistake(
      "body_python_dict",
      "A Python dict was signed, not JSON",
      "A Python f-string formatted the dict as {'id': …}. The sender signed that text, with single quotes, True and None. Serialise the dict to JSON once. Sign and send that JSON.",
      SEND_WHAT_WAS_SIGNED,
    ),
    make: ({ json }) => (json ? [toPythonRepr(json)] : []),
  },
  {
    mistake: mistake(
      "body_object_object_signed",
      "[object Object] was signed",
      "An object was converted to text, so [object Object] was signed instead of the body. Serialise the object to JSON once. Sign and send that JSON.",
      SEND_WHAT_WAS_SIGNED,
    ),
    make: () => ["[object Object]"],
  },
  {
    mistake: mistake(
      "body_bytes_as_text",
      "The body's bytes were signed as a list of numbers",
      "The sender converted the body's bytes to text and signed that text, such as 123,34 or 7b22 or System.Byte[]. Sign the raw bytes of the body instead.",
      JOIN_WITH_DOTS,
    ),
    exclusive: true,
    make: ({ bytes }) =>
      bytes.length > MAX_LISTED_BYTES
        ? []
        : [bytes.join(","), `[${bytes.join(" ")}]`, `[${bytes.join(", ")}]`, "System.Byte[]", toHex(bytes)],
  },
];

/** Python's own notation for values. A sender that does not serialise its values to JSON sends this notation. */

const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };

const hex = (character: string): string => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;

/** Quotes text like Python: in single quotes, unless the text contains single quotes but no double quotes. */
function quote(text: string, print: (character: string) => string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inner = text.replace(/./gsu, (character) =>
    character === mark ? `\\${character}` : (NAMED[character] ?? print(character)),
  );
  return `${mark}${inner}${mark}`;
}

/** Writes bytes as `b'…'`. */
const toPythonBytes = (bytes: Uint8Array): string =>
  `b${quote(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""), (character) =>
    character >= " " && character <= "~" ? character : hex(character),
  )}`;

const toPythonText = (token: string): string =>
  quote(JSON.parse(token) as string, (character) =>
    character < " " || character === "\x7f" ? hex(character) : character,
  );

const CONSTANTS: Readonly<Record<string, string>> = { true: "True", false: "False", null: "None" };

/** Writes a JSON value as a dict or list. */
function toPythonRepr(json: JsonText): string {
  if (json.kind === "array") return `[${json.items.map(toPythonRepr).join(", ")}]`;
  if (json.kind === "object") {
    return `{${json.members.map(([key, value]) => `${toPythonText(key)}: ${toPythonRepr(value)}`).join(", ")}}`;
  }
  return json.text.startsWith('"') ? toPythonText(json.text) : (CONSTANTS[json.text] ?? json.text);
}
