/** A part of a template: text that is written as it is, or the name of a placeholder. */
export type TemplatePart = { readonly text: string } | { readonly name: string };

/** Splits a template such as `{id}.{timestamp}.{body}` into its parts. */
export function splitTemplate(template: string): readonly TemplatePart[] {
  return template
    .split(/(\{[A-Za-z0-9_]+\})/)
    .filter((part) => part !== "")
    .map((part) => (/^\{.*\}$/.test(part) ? { name: part.slice(1, -1) } : { text: part }));
}

/** The names of a template's placeholders, in order. */
export const namesIn = (template: string): readonly string[] =>
  splitTemplate(template).flatMap((part) => ("name" in part ? [part.name] : []));

/** How bytes are written as text. Upper-case hex has its own name, so that one signature has one spelling. */
export const DIGEST_ENCODINGS = {
  hex: (digest: Buffer) => digest.toString("hex"),
  HEX: (digest: Buffer) => digest.toString("hex").toUpperCase(),
  base64: (digest: Buffer) => digest.toString("base64"),
  base64url: (digest: Buffer) => digest.toString("base64url"),
} as const;
export type DigestEncoding = keyof typeof DIGEST_ENCODINGS;

export const isDigestEncoding = (name: string): name is DigestEncoding =>
  Object.hasOwn(DIGEST_ENCODINGS, name);

/** The units of a delivery's timestamp, and how each is written. */
export const TIMESTAMP_UNITS = {
  seconds: { pattern: "\\d{1,11}", toMilliseconds: (text: string) => Number(text) * 1_000 },
  milliseconds: { pattern: "\\d{1,14}", toMilliseconds: Number },
  iso: {
    pattern: "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,9})?(?:Z|[+-]\\d\\d:\\d\\d)",
    toMilliseconds: (text: string) => Date.parse(text),
  },
} as const;
export type TimestampUnit = keyof typeof TIMESTAMP_UNITS;

/** The maximum number of signatures in a delivery, and of secrets of an integration. Limits the work for an unknown sender. */
export const MAX_SIGNATURES = 16;

/** The parts of a signature header. */
export interface SignatureHeader {
  readonly digests: readonly string[];
  /** The text of the timestamp; `null` if the format has no timestamp. */
  readonly timestamp: string | null;
}

const escapePattern = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");

const patternOf = (encoding: DigestEncoding, bytes: number): string => {
  if (encoding === "hex") return `[0-9a-f]{${2 * bytes}}`;
  if (encoding === "HEX") return `[0-9A-F]{${2 * bytes}}`;
  const characters = Math.ceil((8 * bytes) / 6);
  if (encoding === "base64url") return `[A-Za-z0-9_-]{${characters}}`;
  return `[A-Za-z0-9+/]{${characters}}${"=".repeat((4 - (characters % 4)) % 4)}`;
};

/** Compiles one element of a format. Every quantifier is bounded and no two overlap, so matching takes linear time. */
function compileElement(element: string, bytes: number, unit: TimestampUnit): RegExp {
  const pattern = splitTemplate(element)
    .map((part) => {
      if ("text" in part) return escapePattern(part.text);
      if (isDigestEncoding(part.name)) return `(?<digest>${patternOf(part.name, bytes)})`;
      return `(?<timestamp>${TIMESTAMP_UNITS[unit].pattern})`;
    })
    .join("");
  return new RegExp(`^${pattern}$`);
}

/**
 * Compiles the format of a signature header, such as `sha256={hex}`, or the list `t={timestamp},v1={hex}`. In a list, the
 * elements may have any order, signatures may repeat, and elements of other versions are ignored.
 *
 * @param separator what separates the elements of a list; `null` if the header is not a list
 * @param bytes the length of a digest
 * @returns a function that reads a header, and returns `null` for one that is malformed or has too many elements
 */
export function compileFormat(
  format: string,
  separator: " " | "," | null,
  bytes: number,
  unit: TimestampUnit,
): (header: string) => SignatureHeader | null {
  // The separator of the standard's `v1,{base64}` is a space, so a format is split only at its own separator.
  const elements =
    separator === null ? [format] : format.split(separator).filter((each) => each.trim() !== "");
  const patterns = elements.map((element) => compileElement(element.trim(), bytes, unit));
  const hasTimestamp = namesIn(format).includes("timestamp");
  return (header) => {
    const parts = separator === null ? [header] : header.split(separator, MAX_SIGNATURES + 1);
    if (parts.length > MAX_SIGNATURES) return null;
    const found = parts.flatMap((part) => {
      const text = separator === null ? part : part.trim();
      return patterns.map((pattern) => pattern.exec(text)?.groups);
    });
    const digests = found.flatMap((groups) => groups?.["digest"] ?? []);
    const timestamps = found.flatMap((groups) => groups?.["timestamp"] ?? []);
    if (digests.length === 0 || timestamps.length !== (hasTimestamp ? 1 : 0)) return null;
    return { digests, timestamp: timestamps[0] ?? null };
  };
}

/** One problem of a signature rule, at a member of it. */
export interface SignatureProblem {
  readonly path: readonly string[];
  readonly message: string;
}

/** The members of a rule that must fit together. */
interface HmacTemplates {
  readonly format: string;
  readonly separator?: string | undefined;
  readonly signed: string;
  readonly timestamp?: { readonly header?: string | undefined } | undefined;
  readonly id?: { readonly header: string } | undefined;
}

const list = (names: readonly string[]) => names.map((name) => `{${name}}`).join(", ");

function* findFormatProblems({ format, separator, timestamp }: HmacTemplates): Generator<SignatureProblem> {
  const path = ["format"];
  const known = [...Object.keys(DIGEST_ENCODINGS), "timestamp"];
  const names = namesIn(format);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) yield { path, message: `Unknown: ${list(unknown)}. Known: ${list(known)}.` };
  if (names.filter(isDigestEncoding).length !== 1)
    yield { path, message: "Write the signature exactly once, as {hex}, {HEX}, {base64} or {base64url}." };
  const inFormat = names.includes("timestamp");
  if (inFormat && timestamp === undefined)
    yield {
      path: ["timestamp"],
      message: "The format has a {timestamp}: state its unit, as timestamp: { unit: seconds }.",
    };
  if (inFormat && timestamp?.header !== undefined)
    yield {
      path: ["timestamp"],
      message: "The timestamp is in the format and in a separate header: remove one of them.",
    };
  if (timestamp !== undefined && timestamp.header === undefined && !inFormat)
    yield {
      path: ["timestamp"],
      message: "Name the header that holds the timestamp, or write {timestamp} in the format.",
    };
  if (/\}\{/.test(format)) yield { path, message: "Write the text that separates the parts of the format." };
  if (separator !== undefined && !format.split(separator).every((each) => namesIn(each).length <= 1))
    yield { path, message: "Each element of a list has one part in braces." };
}

function* findSignedProblems({ signed, timestamp, id }: HmacTemplates): Generator<SignatureProblem> {
  const path = ["signed"];
  const names = namesIn(signed);
  const known = ["body", "timestamp", "id"];
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) yield { path, message: `Unknown: ${list(unknown)}. Known: ${list(known)}.` };
  if (!names.includes("body"))
    yield {
      path,
      message: "The signature would not cover the body, so any body would be accepted. Write {body}.",
    };
  if (new Set(names).size !== names.length) yield { path, message: "Write each part only once." };
  if (names.includes("timestamp") && timestamp === undefined)
    yield {
      path,
      message: "Say where the {timestamp} is, as timestamp: { header: X-Timestamp, unit: seconds }.",
    };
  if (names.includes("id") && id === undefined)
    yield { path, message: "Say where the {id} is, as id: { header: X-Delivery-Id }." };
  // Without a separator, the end of an id could be moved into the body of a captured delivery.
  if (/\{id\}(?:\{|$)/.test(signed))
    yield { path, message: "Text must follow the {id}, so that its end is certain." };
}

/** Finds what makes a signature rule unsafe or contradictory, such as a scheme that signs nothing. */
export const findSignatureProblems = (rule: HmacTemplates): readonly SignatureProblem[] => [
  ...findFormatProblems(rule),
  ...findSignedProblems(rule),
];
