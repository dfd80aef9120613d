import { type Bytes, binaryText, fromBase64, fromHex, fromUrlAlphabet, padBase64 } from "./bytes.ts";
import type { Mistake } from "./mistake.ts";
import { textMistake } from "./signature-mistakes.ts";

/** A way to write a digest. */
export interface Encoding {
  readonly mistake: Mistake | null;
  /** The digest's bytes; `null` where the text is not written this way. */
  readonly decode: (text: string) => Bytes | null;
}

const HEX_DIGITS: readonly number[] = [40, 64, 96, 128];

const readHex = (text: string): Bytes | null => (HEX_DIGITS.includes(text.length) ? fromHex(text) : null);

/** What base64 text stands for, where that is text again. */
const inside = (text: string): string => {
  const bytes = fromBase64(padBase64(text));
  return bytes ? binaryText(bytes) : "";
};

/** base64, and how people write a digest instead. */
export const ENCODINGS: readonly Encoding[] = [
  { mistake: null, decode: fromBase64 },
  {
    mistake: textMistake(
      "signature_hex",
      "The signature is in hex",
      "The signature is written in hex. It is base64: 44 characters with an = at the end.",
    ),
    decode: (text) => (/[A-F]/.test(text) ? null : readHex(text)),
  },
  {
    mistake: textMistake(
      "signature_hex_upper",
      "The signature is in hex, in capitals",
      "The signature is written in hex with capital letters, as Convert.ToHexString does it. It is base64: 44 characters with an = at the end.",
    ),
    decode: (text) => (/[a-f]/.test(text) ? null : readHex(text)),
  },
  {
    mistake: textMistake(
      "signature_hex_dashes",
      "The signature is in hex, with hyphens",
      "The signature is written as pairs of hex digits with something between them, as BitConverter.ToString does it. It is base64: 44 characters with an = at the end.",
    ),
    decode: (text) =>
      /^[0-9a-f]{2}(?:[-:][0-9a-f]{2})+$/i.test(text) ? readHex(text.replace(/[-:]/g, "")) : null,
  },
  {
    mistake: textMistake(
      "signature_base64url",
      "The signature is in base64url",
      "The signature is written in base64 for URLs, with - and _. It is plain base64, with + and /, and = at the end.",
    ),
    decode: (text) => (/[-_]/.test(text) ? fromBase64(padBase64(fromUrlAlphabet(text))) : null),
  },
  {
    mistake: textMistake(
      "signature_unpadded",
      "The signature has lost its padding",
      "The signature is base64 without the = at its end: it was made with an encoder for URLs, or cut at the =.",
    ),
    decode: (text) => fromBase64(padBase64(text)),
  },
  {
    mistake: textMistake(
      "signature_base64_of_hex",
      "The signature is the base64 of hex",
      "The digest was written in hex first, and that text in base64. Write the digest's bytes in base64: digest(), not hexdigest().",
    ),
    decode: (text) => readHex(inside(text)),
  },
  {
    mistake: textMistake(
      "signature_base64_twice",
      "The signature is base64 twice over",
      "The digest was written in base64, and that text in base64 again. Write it once.",
    ),
    decode: (text) => fromBase64(inside(text)),
  },
];

export const SIGNATURE_CASE_CHANGED: Mistake = {
  ...textMistake(
    "signature_case_changed",
    "The signature's letter case was changed",
    "The signature is right, and something made all its letters lower case or capitals: a proxy, or code that does so with every header. base64 tells the cases apart: leave values as they came.",
    "either",
  ),
  fix: { line: "headers[name.toLowerCase()] = value; // the name alone, never the value" },
};

export const SIGNATURE_TRUNCATED: Mistake = {
  ...textMistake(
    "signature_truncated",
    "The signature was cut off",
    "The signature is the beginning of the right one: a column, a log or a header limit cut it. It has 44 characters after v1,.",
    "either",
  ),
};
