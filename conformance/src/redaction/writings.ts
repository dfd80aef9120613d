/** A secret as it may be written, with the stand-in written likewise. */
export interface Writing {
  readonly secret: string;
  readonly standIn: string;
}

/** Shorter than this, a piece of base64 or hex may stand anywhere by chance. */
const LEAST_ENCODED = 10;

const inJson = (text: string) => JSON.stringify(text).slice(1, -1);
const inHtml = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** What of a text's base64 is its own, where it stands `offset` bytes into the three that are written together. */
function inBase64(text: string, offset: number): string {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]);
  const from = offset === 0 ? 0 : offset + 1;
  const shared = bytes.length % 3 === 0 ? 0 : 1;
  const encoded = bytes.toString("base64").replace(/=+$/, "");
  return encoded.slice(from, encoded.length - shared);
}

const urlSafe = (text: string) => text.replaceAll("+", "-").replaceAll("/", "_");

const ENCODINGS: readonly ((text: string) => string)[] = [
  ...[0, 1, 2].flatMap((offset) => [
    (text: string) => inBase64(text, offset),
    (text: string) => urlSafe(inBase64(text, offset)),
    // As a parameter of a URL, and as PHP writes it in JSON.
    (text: string) => encodeURIComponent(inBase64(text, offset)),
    (text: string) => inBase64(text, offset).replaceAll("/", "\\/"),
  ]),
  (text) => Buffer.from(text).toString("hex"),
  (text) => Buffer.from(text).toString("hex").toUpperCase(),
];

const SPELLINGS: readonly ((text: string) => string)[] = [
  (text) => text,
  inJson,
  // PHP escapes the slashes of base64.
  (text) => inJson(text).replaceAll("/", "\\/"),
  // A log line that quotes a body, say.
  (text) => inJson(inJson(text)),
  (text) => inJson(inJson(text).replaceAll("/", "\\/")),
  encodeURIComponent,
  (text) => encodeURIComponent(text).replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
  (text) => new URLSearchParams({ "": text }).toString().slice(1),
  inHtml,
];

/** Every way in which a secret may be written: as it is, escaped, and encoded alone or within something longer. */
export function writingsOf(secret: string, standIn: string): Writing[] {
  const written = [
    ...SPELLINGS.map((write) => ({ secret: write(secret), standIn: write(standIn) })),
    ...ENCODINGS.map((write) => ({ secret: write(secret), standIn: write(standIn) })).filter(
      (writing) => writing.secret.length >= LEAST_ENCODED,
    ),
  ];
  return [...new Map(written.map((writing) => [writing.secret, writing])).values()];
}
