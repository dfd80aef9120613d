import type { Mistake } from "./mistake.ts";
import { textMistake } from "./signature-mistakes.ts";

/** The text of one signature in the header. */
interface Written {
  /** The version in front of the signature; `null` if there is none. */
  readonly version: string | null;
  readonly text: string;
}

/** Undoes a change that was made to the whole header. */
export interface Repair {
  readonly mistake: Mistake | null;
  readonly repair: (header: string) => string;
}

/** A format of the header. */
export interface Form {
  readonly mistake: Mistake | null;
  readonly read: (header: string) => readonly Written[];
}

const decodePercent = (header: string): string => {
  try {
    return decodeURIComponent(header);
  } catch {
    return header;
  }
};

/**
 * The ways to undo changes of the whole header. The last entry changes nothing: without its lost +, the first part of a
 * signature looks cut off.
 */
export const REPAIRS: readonly Repair[] = [
  {
    mistake: textMistake(
      "signature_quoted",
      "The signature has quotes around it",
      "webhook-signature contains quotes, as if it had been serialised to JSON. Send the plain text.",
    ),
    repair: (header) => header.replace(/\\?["'`]/g, ""),
  },
  {
    mistake: textMistake(
      "signature_python_bytes",
      "The signature is in Python's notation for bytes",
      "webhook-signature contains b'…', Python's notation for bytes. Decode the bytes to text first.",
    ),
    repair: (header) => header.replace(/b(["'])(.*?)\1/g, "$2"),
  },
  {
    mistake: textMistake(
      "signature_whitespace",
      "There is white space in the signature",
      "webhook-signature has a space or a line break inside a signature. Some base64 encoders insert line breaks. Put a space only between two signatures.",
    ),
    repair: (header) => header.replace(/\s+(?!v\d)/gi, "").trim(),
  },
  {
    mistake: textMistake(
      "signature_plus_lost",
      "Each + in the signature became a space",
      "Some code decoded webhook-signature like a form: each + became a space. Do not decode header values.",
      "either",
    ),
    repair: (header) => header.replace(/ (?!v\d)/g, "+"),
  },
  {
    mistake: textMistake(
      "signature_percent_encoded",
      "The signature is percent-encoded",
      "webhook-signature is percent-encoded: it has %2B, %2F or %3D. Send the plain text.",
      "either",
    ),
    repair: decodePercent,
  },
  { mistake: null, repair: (header) => header },
];

const matchAll = (header: string, pattern: RegExp): readonly Written[] =>
  [...header.matchAll(pattern)].map(({ groups }) => ({
    version: groups?.["version"] ?? null,
    text: groups?.["text"] ?? "",
  }));

/**
 * The correct format, then the formats that senders use instead. In the correct format, signatures such as
 * `v1,…` are separated by spaces.
 */
export const FORMS: readonly Form[] = [
  {
    mistake: null,
    read: (header) =>
      header.split(" ").flatMap((one) => matchAll(one, /^(?<version>[vV]\d+[a-z]?),(?<text>.+)$/gs)),
  },
  {
    mistake: textMistake(
      "signature_prefix_twice",
      "v1, is repeated",
      '"v1," precedes the signature twice. Write it once.',
    ),
    read: (header) => matchAll(header, /(?:^|\s)(?<version>v\d+[a-z]?),(?:v\d+[a-z]?,)+(?<text>\S+)/g),
  },
  {
    mistake: textMistake(
      "signatures_joined_by_comma",
      "The signatures are joined by commas",
      "webhook-signature has a comma between two signatures. Separate signatures with a space. Write a comma only after the version.",
    ),
    read: (header) =>
      header.split(/[,;]\s*(?=v\d)/).length < 2
        ? []
        : header
            .split(/[,;]\s*(?=v\d)|\s+/)
            .flatMap((one) => matchAll(one, /^(?<version>v\d+[a-z]?),(?<text>[^,;]+)$/g)),
  },
  {
    mistake: textMistake(
      "signature_stripe_form",
      "The signature has Stripe's format",
      "webhook-signature has the form t=…,v1=…. Send the timestamp in webhook-timestamp. Write the signature as v1, a comma and base64.",
    ),
    read: (header) =>
      /(?:^|,)\s*t=/.test(header) ? matchAll(header, /(?<version>v\d)=(?<text>[^\s,;]+)/g) : [],
  },
  {
    mistake: textMistake(
      "signature_separator",
      "v1 is not followed by a comma",
      "There is no comma between v1 and the signature. Write v1, a comma and base64.",
    ),
    read: (header) =>
      matchAll(header, /(?:^|[\s,;])(?<version>v\d)[=: .;/_-]?\s*(?<text>[\w+/:-]{16,}={0,2})(?=$|[\s,;])/gi),
  },
  {
    mistake: textMistake(
      "signature_hash_name",
      "The signature is preceded by the name of the hash",
      "The name of a hash and = precede the signature. GitHub uses this format. Write v1, a comma and base64 instead.",
    ),
    read: (header) => matchAll(header, /(?:hmac-?)?sha-?\d+[=:,]\s*(?<text>[^\s,;]+)/gi),
  },
  {
    mistake: textMistake(
      "signature_scheme_word",
      "The signature is preceded by a word",
      "A word such as HMAC, Bearer or Signature precedes the signature. Write v1, a comma and base64 instead.",
    ),
    read: (header) => matchAll(header, /^[A-Za-z][\w-]*[ :=]\s*(?:(?<version>v\d+[a-z]?),)?(?<text>\S+)$/g),
  },
  {
    mistake: textMistake(
      "signature_prefix_missing",
      "v1, is missing",
      "The signature has no version. Write v1 and a comma before it.",
    ),
    // A header that contains a version such as `v1` has one of the other formats.
    read: (header) =>
      /(?:^|[\s,;])v\d+[a-z]?[,=: ]/i.test(header) ? [] : matchAll(header, /(?:^|[\s,;])(?<text>[^\s,;]+)/g),
  },
];
