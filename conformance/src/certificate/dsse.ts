import { createHash, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "../bundle/canonical-json.ts";
import { parseJson } from "../evidence/read.ts";

/** Base64 in the standard or URL-safe alphabet, with or without padding; signers may use any of these. */
const base64 = z.string().regex(/^(?:[A-Za-z0-9+/]*|[A-Za-z0-9_-]*)={0,2}$/);

/** A DSSE envelope. @see https://github.com/secure-systems-lab/dsse/blob/master/envelope.md */
const envelopeSchema = z.object({
  payload: base64,
  payloadType: z.string(),
  signatures: z.array(z.object({ keyid: z.string().optional(), sig: base64 })).min(1),
});
export type Envelope = z.infer<typeof envelopeSchema>;

/**
 * Builds the bytes to sign: the type and the payload, each preceded by its length in bytes.
 *
 * @see https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
 */
export function preAuthenticationEncoding(payloadType: string, payload: Uint8Array): Buffer {
  const type = Buffer.from(payloadType, "utf8");
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${type.length} `),
    type,
    Buffer.from(` ${payload.length} `),
    payload,
  ]);
}

/**
 * Computes a key id: the SHA-256 of the public key. The id only helps to find the key. Verification ignores
 * the id.
 */
export const computeKeyId = (key: KeyObject): string =>
  createHash("sha256")
    .update((key.type === "private" ? createPublicKey(key) : key).export({ type: "spki", format: "der" }))
    .digest("hex");

/** Signs a payload. @param privateKey an Ed25519 key */
export function seal(payloadType: string, payload: Uint8Array, privateKey: KeyObject): Envelope {
  const signature = sign(null, preAuthenticationEncoding(payloadType, payload), privateKey);
  return {
    payload: Buffer.from(payload).toString("base64"),
    payloadType,
    signatures: [{ keyid: computeKeyId(privateKey), sig: signature.toString("base64") }],
  };
}

/**
 * Verifies an envelope.
 *
 * @param publicKey an Ed25519 key
 * @returns the payload, or `null` if no signature is valid for the key
 */
export function open({ payload, payloadType, signatures }: Envelope, publicKey: KeyObject): Buffer | null {
  // Node decodes both alphabets, standard and URL-safe.
  const bytes = Buffer.from(payload, "base64");
  const signed = preAuthenticationEncoding(payloadType, bytes);
  const isSigned = signatures.some(({ sig }) => verify(null, signed, publicKey, Buffer.from(sig, "base64")));
  return isSigned ? bytes : null;
}

/** A kind of signed document: its media type, which the signature covers, and the schema of its payload. */
export interface DocumentKind<T> {
  readonly payloadType: string;
  readonly schema: z.ZodType<T>;
}

/**
 * Why a file is not a document of the expected kind: no envelope, another signer, another media type, or
 * another schema.
 */
export type DocumentProblem = "envelope" | "signature" | "type" | "payload";

/** A verified document with the digest of its payload, or why there is none. */
export type Opened<T> =
  | { readonly value: T; readonly sha256: string }
  | { readonly value: null; readonly problem: DocumentProblem };

/** Computes the SHA-256 of a document as it is signed, in hex. */
export const digestOf = (value: unknown): string =>
  createHash("sha256").update(canonicalJson(value)).digest("hex");

/** Signs a document as canonical JSON. */
export const sealDocument = <T>(
  { payloadType }: DocumentKind<T>,
  value: T,
  privateKey: KeyObject,
): Envelope => seal(payloadType, Buffer.from(canonicalJson(value)), privateKey);

/** Verifies a document, then parses it. */
export function openDocument<T>(
  { payloadType, schema }: DocumentKind<T>,
  bytes: Uint8Array,
  publicKey: KeyObject,
): Opened<T> {
  const envelope = envelopeSchema.safeParse(parseJson(Buffer.from(bytes).toString("utf8")));
  if (!envelope.success) return { value: null, problem: "envelope" };
  const payload = open(envelope.data, publicKey);
  if (!payload) return { value: null, problem: "signature" };
  if (envelope.data.payloadType !== payloadType) return { value: null, problem: "type" };
  const parsed = schema.safeParse(parseJson(payload.toString("utf8")));
  if (!parsed.success) return { value: null, problem: "payload" };
  return { value: parsed.data, sha256: createHash("sha256").update(payload).digest("hex") };
}
