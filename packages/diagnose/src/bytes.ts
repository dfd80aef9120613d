/** Bytes as WebCrypto takes them. */
export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

/** Characters that `String.fromCharCode` is given at once: more would not fit on the stack. */
const CHUNK = 8192;

/** Text as UTF-8. */
export const utf8 = (text: string): Bytes => encoder.encode(text);

/** UTF-8 as text; `null` for bytes that are not UTF-8. A byte order mark stays. */
export function fromUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Each byte as the character of that number. */
export function binaryText(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return text;
}

/** Each character as the byte of that number; `?` for what has none, as Latin-1 encoders write it. */
export const latin1 = (text: string): Bytes =>
  Uint8Array.from(text, (character) => (character > "\u00ff" ? 0x3f : character.charCodeAt(0)));

export const toBase64 = (bytes: Uint8Array): string => btoa(binaryText(bytes));

/** Reads base64 in its one canonical writing; `null` for anything else. */
export function fromBase64(text: string): Bytes | null {
  try {
    const binary = atob(text);
    return btoa(binary) === text ? latin1(binary) : null;
  } catch {
    return null;
  }
}

/** Pads base64 to a multiple of four. */
export const padBase64 = (text: string): string => text.padEnd(Math.ceil(text.length / 4) * 4, "=");

export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Reads hex in either letter case; `null` for anything else. */
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

/** Text as UTF-16, low byte first. */
export const utf16le = (text: string): Bytes =>
  Uint8Array.from({ length: text.length * 2 }, (_, at) => text.charCodeAt(at >> 1) >> (at % 2 === 0 ? 0 : 8));

/** Text as UTF-16, high byte first. */
export const utf16be = (text: string): Bytes =>
  Uint8Array.from({ length: text.length * 2 }, (_, at) => text.charCodeAt(at >> 1) >> (at % 2 === 0 ? 8 : 0));

/** Reads base64 as forgiving decoders do: what is not of its alphabet is passed over, and so is a lone last character. */
export function forgivingBase64(text: string): Bytes {
  const characters = text.replace(/[^A-Za-z0-9+/]/g, "");
  const whole = characters.length % 4 === 1 ? characters.slice(0, -1) : characters;
  return latin1(atob(padBase64(whole)));
}

/** base64url in the alphabet of base64. */
export const fromUrlAlphabet = (text: string): string => text.replaceAll("-", "+").replaceAll("_", "/");
