import type { Body } from "./body.ts";
import { type Bytes, binaryText, fromUtf8, latin1, utf8, utf16 } from "./bytes.ts";
import type { Row } from "./choice.ts";
import { KEEP_THE_RAW_BODY, SAME_BYTES_ON_BOTH_SIDES } from "./fixes.ts";
import type { BodyCode, Mistake } from "./mistake.ts";

const mistake = (code: BodyCode, title: string, explanation: string): Mistake => ({
  code,
  title,
  explanation: `${explanation} A signature covers bytes. Sign the bytes that you send. Verify the bytes that you receive.`,
  fix: SAME_BYTES_ON_BOTH_SIDES,
  where: "either",
  requirement: "SIG-001",
});

/** A character class without `\P{…}`, which the build would replace with a longer `RegExp` object. */
const NON_ASCII = /[\u0080-\u{10ffff}]/gu;
const BYTE_ORDER_MARK = "\ufeff";

/** Applies a function to the body's text, if it is text. */
const ofText =
  (make: (text: string) => readonly (Bytes | string | null)[]) =>
  ({ text }: Body): readonly (Bytes | string | null)[] =>
    text === null ? [] : make(text);

/** Undoes one round of reading UTF-8 as Latin-1 and encoding the result as UTF-8. */
function undoDoubleEncoding(text: string): Bytes | null {
  if (/[^\0-\xff]/.test(text)) return null;
  const bytes = latin1(text);
  return fromUtf8(bytes) === null ? null : bytes;
}

/**
 * Mistakes that encode the same text as other bytes. Each mistake computes, from the received body, the bytes
 * that may have been signed.
 */
export const CHARSET_MISTAKES: readonly Row<Body, Bytes | string>[] = [
  {
    mistake: mistake(
      "body_bom",
      "A byte order mark was added or removed",
      "The signed body differs from the received body: only one of them begins with a byte order mark (EF BB BF).",
    ),
    exclusive: true,
    make: ofText((text) => [text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : `${BYTE_ORDER_MARK}${text}`]),
  },
  {
    mistake: mistake(
      "body_final_newline",
      "A line break at the end was added or removed",
      "The signed body differs from the received body: only one of them ends with a line break.",
    ),
    make: ofText((text) => [`${text}\n`, `${text}\r\n`, text.replace(/\r?\n$/, "")]),
  },
  {
    mistake: mistake(
      "body_trimmed",
      "White space around the body was not signed",
      "The body was signed without the white space that surrounds it.",
    ),
    exclusive: true,
    make: ofText((text) => [text.trim(), text.trimStart(), text.trimEnd()]),
  },
  {
    mistake: mistake(
      "body_line_endings",
      "The line breaks were changed",
      "The body has LF line breaks on one side and CRLF on the other.",
    ),
    make: ofText((text) => [text.replaceAll("\r\n", "\n"), text.replace(/\r?\n/g, "\r\n")]),
  },
  {
    mistake: mistake(
      "body_utf16",
      "The body was signed as UTF-16",
      "The body was signed as UTF-16 but sent as UTF-8. Encoding.Unicode and Java's getBytes(UTF_16) produce UTF-16.",
    ),
    exclusive: true,
    make: ofText((text) => [text, `${BYTE_ORDER_MARK}${text}`].flatMap(utf16)),
  },
  {
    mistake: mistake(
      "body_decoded_wrongly",
      "UTF-8 was read as Latin-1",
      "One side read the body's UTF-8 as Latin-1 and encoded it as UTF-8 again, so é became Ã©.",
    ),
    exclusive: true,
    make: ({ text, bytes }) => (text === null ? [] : [undoDoubleEncoding(text), binaryText(bytes)]),
  },
  {
    mistake: mistake(
      "body_ascii",
      "The body was signed as ASCII",
      "The body was signed as ASCII, for example with Encoding.ASCII. Every non-ASCII character became ? or was dropped.",
    ),
    make: ofText((text) => [
      text.replace(NON_ASCII, (letter) => "?".repeat(letter.length)),
      text.replace(NON_ASCII, "?"),
      text.replace(NON_ASCII, ""),
    ]),
  },
  {
    mistake: mistake(
      "body_latin1",
      "The body is UTF-8 on one side and Latin-1 on the other",
      "The signed body differs from the received body: one is Latin-1, the other is UTF-8. JSON is UTF-8.",
    ),
    exclusive: true,
    make: ({ text, bytes }) => [text === null ? utf8(binaryText(bytes)) : latin1(text)],
  },
  {
    mistake: mistake(
      "body_unicode_normalised",
      "The Unicode normalisation differs",
      "One side has é as one character (Unicode NFC), the other has e and an accent (NFD).",
    ),
    exclusive: true,
    make: ofText((text) => [text.normalize("NFC"), text.normalize("NFD")]),
  },
  {
    mistake: {
      ...mistake(
        "body_compressed",
        "The body is still compressed",
        "The sender signed the body before gzip compression, but the receiver verified the compressed bytes.",
      ),
      fix: {
        ...KEEP_THE_RAW_BODY,
        express: 'app.post("/hooks", express.raw({ type: () => true, inflate: true }), receive);',
      },
    },
    exclusive: true,
    make: ({ inflated }) => [inflated],
  },
];
