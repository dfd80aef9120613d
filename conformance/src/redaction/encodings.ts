/** A secret in one encoding, with its placeholder in the same encoding. */
interface Encoding {
  readonly secret: string;
  readonly placeholder: string;
}

/** Shorter pieces of base64 or hex can occur by chance. */
const MIN_ENCODED_LENGTH = 10;

const inJson = (text: string) => JSON.stringify(text).slice(1, -1);
const inHtml = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/**
 * Encodes a text that starts at byte `offset` of a 3-byte base64 group. Omits the characters that also encode
 * bytes before or after the text.
 */
function inBase64(text: string, offset: number): string {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]);
  const from = offset === 0 ? 0 : offset + 1;
  const shared = bytes.length % 3 === 0 ? 0 : 1;
  const encoded = bytes.toString("base64").replace(/=+$/, "");
  return encoded.slice(from, encoded.length - shared);
}

const urlSafe = (text: string) => text.replaceAll("+", "-").replaceAll("/", "_");

const ENCODERS: readonly ((text: string) => string)[] = [
  ...[0, 1, 2].flatMap((offset) => [
    (text: string) => inBase64(text, offset),
    (text: string) => urlSafe(inBase64(text, offset)),
    // The text as a URL parameter, and as in JSON written by PHP, which escapes slashes.
    (text: string) => encodeURIComponent(inBase64(text, offset)),
    (text: string) => inBase64(text, offset).replaceAll("/", "\\/"),
  ]),
  (text) => Buffer.from(text).toString("hex"),
  (text) => Buffer.from(text).toString("hex").toUpperCase(),
];

const ESCAPES: readonly ((text: string) => string)[] = [
  (text) => text,
  inJson,
  // PHP escapes slashes.
  (text) => inJson(text).replaceAll("/", "\\/"),
  // JSON quoted inside JSON, such as a log line that contains a body.
  (text) => inJson(inJson(text)),
  (text) => inJson(inJson(text).replaceAll("/", "\\/")),
  encodeURIComponent,
  (text) => encodeURIComponent(text).replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
  (text) => new URLSearchParams({ "": text }).toString().slice(1),
  inHtml,
];

/** Lists the ways a secret can appear in a text: verbatim, escaped, and encoded by itself or inside a longer text. */
export function listEncodings(secret: string, placeholder: string): Encoding[] {
  const encodings = [
    ...ESCAPES.map((encode) => ({ secret: encode(secret), placeholder: encode(placeholder) })),
    ...ENCODERS.map((encode) => ({ secret: encode(secret), placeholder: encode(placeholder) })).filter(
      (encoding) => encoding.secret.length >= MIN_ENCODED_LENGTH,
    ),
  ];
  return [...new Map(encodings.map((encoding) => [encoding.secret, encoding])).values()];
}

/** The text that replaces a secret in everything that people read. */
export const REDACTED = "[redacted]";

/** Applies a function to every string in a value, except member names. */
export function mapTexts<T>(value: T, change: (text: string) => string): T {
  if (typeof value === "string") return change(value) as T;
  if (Array.isArray(value)) return value.map((member) => mapTexts(member, change)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, mapTexts(member, change)]),
  ) as T;
}

/** Creates a pattern that matches any of the texts, preferring the longest. @param texts not empty */
export function createMatcher(texts: readonly string[]): RegExp {
  const longestFirst = texts.toSorted((one, other) => other.length - one.length);
  const escaped = longestFirst.map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
  return new RegExp(escaped.join("|"), "g");
}

/** The length of the pieces that a sieve looks for. Longer pieces occur less often by chance. */
const PIECE_LENGTH = 6;
const MAX_HASH = 0xffff;

/** Computes a number from the piece of a text at a place, so that most places need no comparison of texts. */
function hashAt(text: string, at: number): number {
  let hash = 0;
  for (let place = at; place < at + PIECE_LENGTH; place += 1) hash = (hash * 31 + text.charCodeAt(place)) | 0;
  return hash & MAX_HASH;
}

/**
 * Creates a function that tells whether a text may contain any of some texts; cheap, because it looks only at every n-th place
 * of the text. A text that is contained covers at least one of these places with a piece of itself.
 */
function createSieve(texts: readonly string[]): (text: string) => boolean {
  const step = Math.min(...texts.map(({ length }) => length)) - PIECE_LENGTH + 1;
  if (step < 1) return () => true;
  const pieces = new Set(
    texts.flatMap((text) =>
      Array.from({ length: step }, (_, offset) => text.slice(offset, offset + PIECE_LENGTH)),
    ),
  );
  const hashes = new Uint8Array(MAX_HASH + 1);
  for (const piece of pieces) hashes[hashAt(piece, 0)] = 1;
  return (text) => {
    for (let at = 0; at + PIECE_LENGTH <= text.length; at += step)
      if (hashes[hashAt(text, at)] === 1 && pieces.has(text.slice(at, at + PIECE_LENGTH))) return true;
    return false;
  };
}

/** Creates a function that replaces every encoding of every secret in one pass. */
export function createReplacer(encodings: readonly Encoding[]): (text: string) => string {
  if (encodings.length === 0) return (text) => text;
  const bySecret = new Map(encodings.map(({ secret, placeholder }) => [secret, placeholder]));
  const matcher = createMatcher([...bySecret.keys()]);
  const mayContain = createSieve([...bySecret.keys()]);
  return (text) =>
    mayContain(text) ? text.replaceAll(matcher, (found) => bySecret.get(found) ?? found) : text;
}
