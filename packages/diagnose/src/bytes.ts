/** Bytes in the type that WebCrypto accepts. */
export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

/** Number of arguments per call of `String.fromCharCode`: more could overflow the stack. */
const CHUNK = 8192;

/** Encodes text as UTF-8. */
export const utf8 = (text: string): Bytes => encoder.encode(text);

/** Decodes UTF-8, keeping a byte order mark; `null` if the bytes are not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

export function binaryText(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    // `apply` instead of spread syntax, which iterates the bytes one by one and is ten times slower.
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + CHUNK) as unknown as number[]);
  }
  return text;
}

/** Encodes text as Latin-1, with `?` for characters that Latin-1 lacks. */
export const latin1 = (text: string): Bytes =>
  Uint8Array.from(text, (character) => (character > "\u00ff" ? 0x3f : character.charCodeAt(0)));

export const toBase64 = (bytes: Uint8Array): string => btoa(binaryText(bytes));

/** Decodes canonical base64; `null` for anything else. */
export function fromBase64(text: string): Bytes | null {
  try {
    const binary = atob(text);
    return btoa(binary) === text ? latin1(binary) : null;
  } catch {
    return null;
  }
}

/** Adds the padding that makes base64 a multiple of four characters. */
export const padBase64 = (text: string): string => text.padEnd(Math.ceil(text.length / 4) * 4, "=");

export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Decodes hex in either letter case; `null` for anything else. */
export function fromHex(text: string): Bytes | null {
  if (!/^(?:[0-9a-f]{2})+$/i.test(text)) return null;
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);

/** Encodes text as UTF-16, little-endian and big-endian. */
export const utf16 = (text: string): readonly Bytes[] =>
  [0, 1].map((low) =>
    Uint8Array.from(
      { length: text.length * 2 },
      (_, at) => text.charCodeAt(at >> 1) >> (at % 2 === low ? 0 : 8),
    ),
  );

/** Decodes base64 like lenient decoders: skips characters outside the alphabet and an incomplete last group. */
export function lenientBase64(text: string): Bytes {
  const characters = text.replace(/[^A-Za-z0-9+/]/g, "");
  const whole = characters.length % 4 === 1 ? characters.slice(0, -1) : characters;
  return latin1(atob(padBase64(whole)));
}

/** Converts base64url to the base64 alphabet. */
export const fromUrlAlphabet = (text: string): string => text.replaceAll("-", "+").replaceAll("_", "/");

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const SECOND_PRIME = 0x5bd1e995;

/** Computes a short key for finding equal bytes quickly: their length and two 32-bit hashes. */
export function fingerprint(bytes: Uint8Array): string {
  let first = FNV_OFFSET;
  let second = bytes.length;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    first = Math.imul(first ^ byte, FNV_PRIME);
    second = Math.imul(second ^ (second >>> 15) ^ byte, SECOND_PRIME);
  }
  return `${bytes.length}.${first}.${second}`;
}
