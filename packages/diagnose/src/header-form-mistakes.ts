import type { Mistake } from "./mistake.ts";
import { textMistake } from "./signature-mistakes.ts";

/** A signature's text in the header, after its version. */
export interface Written {
  /** `null` where no version stands before it. */
  readonly version: string | null;
  readonly text: string;
}

/** Makes a header's text what it was before something happened to it. */
export interface Repair {
  readonly mistake: Mistake | null;
  readonly repair: (header: string) => string;
}

/** A way to write signatures in a header. */
export interface Form {
  readonly mistake: Mistake | null;
  readonly read: (header: string) => readonly Written[];
}

const percentDecoded = (header: string): string => {
  try {
    return decodeURIComponent(header);
  } catch {
    return header;
  }
};

/** What happens to a whole header. The first does nothing. */
export const REPAIRS: readonly Repair[] = [
  { mistake: null, repair: (header) => header },
  {
    mistake: textMistake(
      "signature_quoted",
      "The signature has quotes around it",
      "webhook-signature has quotes in it, as a text has that was written as JSON. Send the bare text.",
    ),
    repair: (header) => header.replace(/\\?["'`]/g, ""),
  },
  {
    mistake: textMistake(
      "signature_python_bytes",
      "The signature is how Python prints bytes",
      "webhook-signature holds b'…', which is how Python prints bytes. Decode them to text first.",
    ),
    repair: (header) => header.replace(/b(["'])(.*?)\1/g, "$2"),
  },
  {
    mistake: textMistake(
      "signature_whitespace",
      "There is white space in the signature",
      "webhook-signature has a space or a line break where none belongs, as some base64 encoders put it. A space stands between signatures alone.",
    ),
    repair: (header) => header.replace(/\s+(?!v\d)/gi, "").trim(),
  },
  {
    mistake: textMistake(
      "signature_plus_lost",
      "Each + in the signature became a space",
      "Something read webhook-signature as a form and made a space of each +. Read header values as they are.",
      "either",
    ),
    repair: (header) => header.replace(/ (?!v\d)/g, "+"),
  },
  {
    mistake: textMistake(
      "signature_percent_encoded",
      "The signature is percent-encoded",
      "webhook-signature was encoded for a URL: it has %2B, %2F or %3D. Send the bare text.",
      "either",
    ),
    repair: percentDecoded,
  },
];

const all = (header: string, pattern: RegExp): readonly Written[] =>
  [...header.matchAll(pattern)].map(({ groups }) => ({
    version: groups?.["version"] ?? null,
    text: groups?.["text"] ?? "",
  }));

/** `v1,` and text with a space between two; and how people write that instead. */
export const FORMS: readonly Form[] = [
  {
    mistake: null,
    read: (header) =>
      header.split(" ").flatMap((one) => all(one, /^(?<version>[vV]\d+[a-z]?),(?<text>.+)$/gs)),
  },
  {
    mistake: textMistake(
      "signature_prefix_twice",
      "v1, is there twice",
      "v1, stands before the signature twice: it was put before one that has it already.",
    ),
    read: (header) => all(header, /(?:^|\s)(?<version>v\d+[a-z]?),(?:v\d+[a-z]?,)+(?<text>\S+)/g),
  },
  {
    mistake: textMistake(
      "signatures_joined_by_comma",
      "The signatures are joined by commas",
      "webhook-signature has a comma between two signatures. A space stands there: the comma stands after the version.",
    ),
    read: (header) =>
      header.split(/[,;]\s*(?=v\d)/).length < 2
        ? []
        : header
            .split(/[,;]\s*(?=v\d)|\s+/)
            .flatMap((one) => all(one, /^(?<version>v\d+[a-z]?),(?<text>[^,;]+)$/g)),
  },
  {
    mistake: textMistake(
      "signature_stripe_form",
      "The signature is written the way Stripe does it",
      "webhook-signature is written as t=…,v1=…. The timestamp has a header of its own; what is left is v1, a comma and base64.",
    ),
    read: (header) => (/(?:^|,)\s*t=/.test(header) ? all(header, /(?<version>v\d)=(?<text>[^\s,;]+)/g) : []),
  },
  {
    mistake: textMistake(
      "signature_separator",
      "No comma stands after v1",
      "Another character than a comma stands between v1 and the signature, or none. It is v1, a comma and base64.",
    ),
    read: (header) =>
      all(header, /(?:^|[\s,;])(?<version>v\d)[=: .;/_-]?\s*(?<text>[\w+/:-]{16,}={0,2})(?=$|[\s,;])/gi),
  },
  {
    mistake: textMistake(
      "signature_hash_name",
      "The hash's name stands before the signature",
      "The name of a hash and = stand before the signature, as GitHub does it. It is v1, a comma and base64.",
    ),
    read: (header) => all(header, /(?:hmac-?)?sha-?\d+[=:,]\s*(?<text>[^\s,;]+)/gi),
  },
  {
    mistake: textMistake(
      "signature_scheme_word",
      "A word stands before the signature",
      "A word such as HMAC, Bearer or Signature stands before the signature. It is v1, a comma and base64.",
    ),
    read: (header) => all(header, /^[A-Za-z][\w-]*[ :=]\s*(?:(?<version>v\d+[a-z]?),)?(?<text>\S+)$/g),
  },
  {
    mistake: textMistake(
      "signature_prefix_missing",
      "v1, is missing",
      "The signature stands there without v1 and a comma before it.",
    ),
    // Where a version stands, another form is meant.
    read: (header) =>
      /(?:^|[\s,;])v\d+[a-z]?[,=: ]/i.test(header) ? [] : all(header, /(?:^|[\s,;])(?<text>[^\s,;]+)/g),
  },
];
