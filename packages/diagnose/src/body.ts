import { type Bytes, concat, fromUtf8, utf8 } from "./bytes.ts";
import { type JsonText, readJson } from "./json-text.ts";
import type { Mistake } from "./mistake.ts";
import { BODY_EMPTY, BODY_NOT_RAW, BODY_OBJECT_OBJECT } from "./raw-body-mistakes.ts";

/** A body as it came, in every form that mistakes are looked for in. */
export interface Body {
  readonly bytes: Bytes;
  /** `null` for what is not UTF-8 or too large to be looked into. */
  readonly text: string | null;
  /** `null` for what is not JSON or too large to be written anew. */
  readonly json: JsonText | null;
  /** What gzip made it from; `null` for what is not compressed. */
  readonly inflated: Bytes | null;
  readonly sha256: Bytes;
}

/** Above this many bytes, a body is taken as it is. */
const MOST_BYTES = 1_048_576;
/** Above this many bytes, JSON is not written anew. */
const MOST_JSON_BYTES = 262_144;

/** The body's bytes, and what is wrong with how it was given. */
export function rawBody(given: unknown): { readonly bytes: Bytes; readonly facts: readonly Mistake[] } {
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

/** What is wrong with a body that no way of signing explains. */
export function bodyFacts({ bytes, text }: Body): readonly Mistake[] {
  if (bytes.length === 0) return [BODY_EMPTY];
  return text !== null && /^\[object \w+\]$/.test(text) ? [BODY_OBJECT_OBJECT] : [];
}

/** Unpacks gzip, and gives up at a size that no delivery has. */
async function inflate(bytes: Bytes): Promise<Bytes | null> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return null;
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      chunks.push(read.value);
      length += read.value.length;
      if (length <= MOST_BYTES) continue;
      await reader.cancel();
      return null;
    }
  } catch {
    return null;
  }
  return concat(...chunks);
}

/** Looks into a body. */
export async function readBody(bytes: Bytes): Promise<Body> {
  const text = bytes.length <= MOST_BYTES ? fromUtf8(bytes) : null;
  const json = text !== null && bytes.length <= MOST_JSON_BYTES ? readJson(text) : null;
  return {
    bytes,
    text,
    json,
    inflated: bytes.length <= MOST_BYTES ? await inflate(bytes) : null,
    sha256: new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)),
  };
}
