import { type Bytes, binaryText, fromBase64, fromHex, fromUrlAlphabet, padBase64 } from "./bytes.ts";
import type { Mistake } from "./mistake.ts";
import { textMistake } from "./signature-mistakes.ts";

/** A text encoding of a digest. */
export interface Encoding {
  readonly mistake: Mistake | null;
  /** Decodes the digest; `null` if the text is not in this encoding. */
  readonly decode: (text: string) => Bytes | null;
}

const HEX_DIGITS: readonly number[] = [40, 64, 96, 128];

const readHex = (text: string): Bytes | null => (HEX_DIGITS.includes(text.length) ? fromHex(text) : null);

/** Decodes base64 to Latin-1 text. */
const decodeToText = (text: string): string => {
  const bytes = fromBase64(padBase64(text));
  return bytes ? binaryText(bytes) : "";
};

/** base64, and the encodings that senders use instead. */
export const ENCODINGS: readonly Encoding[] = [
  { mistake: null, decode: fromBase64 },
  {
    mistake: textMistake(
      "signature_hex",
      "The signature is in hex",
      "The signature is written in hex. Write it in base64: 44 characters with an = at the end.",
    ),
    decode: (text) => (/[A-F]/.test(text) ? null : readHex(text)),
  },
  {
    mistake: textMistake(
      "signature_hex_upper",
      "The signature is in upper-case hex",
      "The signature is written in upper-case hex, for example with Convert.ToHexString. Write it in base64: 44 characters with an = at the end.",
    ),
    decode: (text) => (/[a-f]/.test(text) ? null : readHex(text)),
  },
  {
    mistake: textMistake(
      "signature_hex_dashes",
      "The signature is in hex, with hyphens",
      "The signature is pairs of hex digits with a separator, for example of BitConverter.ToString. Write it in base64: 44 characters with an = at the end.",
    ),
    decode: (text) =>
      /^[0-9a-f]{2}(?:[-:][0-9a-f]{2})+$/i.test(text) ? readHex(text.replace(/[-:]/g, "")) : null,
  },
  {
    mistake: textMistake(
      "signature_base64url",
      "The signature is in base64url",
      "The signature is written in base64url, which uses - and _. Write it in plain base64, which uses + and /, with = at the end.",
    ),
    decode: (text) => (/[-_]/.test(text) ? fromBase64(padBase64(fromUrlAlphabet(text))) : null),
  },
  {
    mistake: textMistake(
      "signature_unpadded",
      "The signature lacks its padding",
      "The signature is base64 without the = at its end. A base64url encoder wrote it, or it was cut at the =.",
    ),
    decode: (text) => fromBase64(padBase64(text)),
  },
  {
    mistake: textMistake(
      "signature_base64_of_hex",
      "The signature is the base64 of hex",
      "The digest was written in hex, and the hex in base64. Encode the digest's bytes in base64: use digest(), not hexdigest().",
    ),
    decode: (text) => readHex(decodeToText(text)),
  },
  {
    mistake: textMistake(
      "signature_base64_twice",
      "The signature is base64-encoded twice",
      "The digest was encoded in base64 twice. Encode it once.",
    ),
    decode: (text) => fromBase64(decodeToText(text)),
  },
];

export const SIGNATURE_CASE_CHANGED: Mistake = {
  ...textMistake(
    "signature_case_changed",
    "The signature's letter case was changed",
    "A proxy or other code changed all letters of the signature to one case. Base64 is case-sensitive: never change header values.",
    "either",
  ),
  fix: { line: "headers[name.toLowerCase()] = value; // only the name, never the value" },
};

export const SIGNATURE_TRUNCATED: Mistake = {
  ...textMistake(
    "signature_truncated",
    "The signature was cut off",
    "A database column, a log or a header limit cut off the end of the signature. A complete one has 44 characters after v1,.",
    "either",
  ),
};
