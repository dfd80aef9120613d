import { type Bytes, concat, fromUtf8, utf8 } from "./bytes.ts";
import { KEEP_THE_RAW_BODY } from "./fixes.ts";
import { type JsonText, readJson } from "./json-text.ts";
import type { BodyCode, Mistake } from "./mistake.ts";

const notRaw = (code: BodyCode, title: string, explanation: string): Mistake => ({
  code,
  title,
  explanation,
  fix: KEEP_THE_RAW_BODY,
  where: "receiver",
  requirement: "RCV-001",
});

const BODY_NOT_RAW = notRaw(
  "body_not_raw",
  "The body was already parsed",
  "The body is neither a string nor a Uint8Array: it was parsed. Serializing JSON again changes the signed bytes. Keep the raw body before a parser reads it.",
);

const BODY_EMPTY = notRaw(
  "body_empty",
  "The body is empty",
  "Other code read the body first, and a body can be read only once. Keep the raw body before a parser reads it.",
);

const BODY_OBJECT_OBJECT = notRaw(
  "body_object_object",
  "The body is [object Object]",
  "The body was parsed, and the object became text. Keep the raw body before a parser reads it.",
);

/** A received body, in every form that the search for mistakes uses. */
export interface Body {
  readonly bytes: Bytes;
  /** The body as text; `null` if the body is not UTF-8 or too large to inspect. */
  readonly text: string | null;
  /** The body as parsed JSON; `null` if the body is not JSON or too large to rewrite. */
  readonly json: JsonText | null;
  /** How many other bodies may be computed from this one. A large or complex body has fewer. */
  readonly maxRewrites: number;
  /** The decompressed body; `null` if it is not gzip. */
  readonly inflated: Bytes | null;
  readonly sha256: Bytes;
}

/** The maximum size of a delivery. A larger body is tried only unchanged. */
const MAX_BYTES = 262_144;
/** Bounds the work of changing a body, in bytes. It is enough to make every change to a batch of 100 events. */
const MAX_WORK = 3 * 2 ** 24;
/** The work of writing a JSON value, in bytes for each level of the value's depth. */
const BYTES_PER_WEIGHT = 16;

/** Converts the caller's body to bytes and lists what is wrong with its type. */
export function toRawBody(given: unknown): { readonly bytes: Bytes; readonly facts: readonly Mistake[] } {
  if (typeof given === "string") return { bytes: utf8(given), facts: [] };
  if (given instanceof Uint8Array) return { bytes: new Uint8Array(given), facts: [] };
  if (given instanceof ArrayBuffer) return { bytes: new Uint8Array(given), facts: [BODY_NOT_RAW] };
  return {
    bytes: utf8(given === undefined || given === null ? "" : (asJson(given) ?? "")),
    facts: [BODY_NOT_RAW],
  };
}

function asJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** Lists what is wrong with the body of a delivery whose signature no known mistake explains. */
export function checkBody({ bytes, text }: Body): readonly Mistake[] {
  if (bytes.length === 0) return [BODY_EMPTY];
  return text !== null && /^\[object \w+\]$/.test(text) ? [BODY_OBJECT_OBJECT] : [];
}

/**
 * Decompresses gzip. Returns `null` if the body is not gzip, or if the result is larger than any delivery.
 */
async function inflate(bytes: Bytes): Promise<Bytes | null> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return null;
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      chunks.push(read.value);
      length += read.value.length;
      if (length <= MAX_BYTES) continue;
      await reader.cancel();
      return null;
    }
  } catch {
    return null;
  }
  return concat(...chunks);
}

/** Reads a body in every form that the search uses. */
export async function readBody(bytes: Bytes): Promise<Body> {
  const fits = bytes.length <= MAX_BYTES;
  const text = fits ? fromUtf8(bytes) : null;
  const { json, weight } = readJson(text ?? "");
  return {
    bytes,
    text,
    json,
    maxRewrites: fits ? MAX_WORK / (bytes.length + BYTES_PER_WEIGHT * weight) : 0,
    inflated: fits ? await inflate(bytes) : null,
    sha256: new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)),
  };
}
