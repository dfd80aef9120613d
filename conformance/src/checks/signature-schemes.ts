import { createPublicKey, type KeyObject, verify as verifyEd25519 } from "node:crypto";
import { sign, verify, WebhookUsageError, WebhookVerificationError } from "@convergint/webhooks";
import { Webhook } from "standardwebhooks";
import type { Delivery } from "../evidence/exchange.ts";
import { reformatBody } from "../evidence/read.ts";

const timestampOf = ({ headers }: Delivery): Date => new Date(Number(headers["webhook-timestamp"]) * 1000);

/**
 * Verifies a signature with the kit's verifier. Takes the delivery's timestamp as the current time, because
 * SIG-002 judges freshness.
 */
async function verifyWithKit(delivery: Delivery, secret: string): Promise<string | null> {
  try {
    const now = timestampOf(delivery);
    const body = Buffer.from(delivery.bodyBase64, "base64");
    await verify({
      headers: delivery.headers,
      body,
      keys: secret,
      ...(Number.isNaN(now.getTime()) ? {} : { now }),
    });
    return null;
  } catch (error) {
    if (error instanceof WebhookVerificationError) return error.message;
    throw error;
  }
}

/**
 * Verifies a signature with an independent implementation, so that a bug in the kit's verifier cannot pass a
 * wrong signature.
 */
function verifyWithPeer(delivery: Delivery, secret: string): string | null {
  const body = Buffer.from(delivery.bodyBase64, "base64").toString("utf8");
  const signature = new Webhook(secret).sign(
    delivery.headers["webhook-id"] ?? "",
    timestampOf(delivery),
    body,
  );
  const sent = (delivery.headers["webhook-signature"] ?? "").split(" ");
  return sent.includes(signature)
    ? null
    : "the standardwebhooks library computes a different signature for these bytes";
}

/** Tells whether a secret can be used to sign; SEC-002 reports a secret that cannot. */
export async function isUsable(secret: string): Promise<boolean> {
  try {
    await sign({ id: "id", body: "", keys: secret });
  } catch (error) {
    if (error instanceof WebhookUsageError && error.code === "invalid_key") return false;
    throw error;
  }
  try {
    new Webhook(secret);
    return true;
  } catch {
    return false;
  }
}

/**
 * Returns why one of two implementations does not verify a delivery's signature with a secret; `null` if both
 * verify it.
 *
 * @param secret a usable secret
 */
export function findVerificationError(delivery: Delivery, secret: string): Promise<string | null> {
  const known = verified.get(delivery) ?? new Map<string, Promise<string | null>>();
  verified.set(delivery, known);
  const found =
    known.get(secret) ??
    verifyWithKit(delivery, secret).then((refusal) => refusal ?? verifyWithPeer(delivery, secret));
  known.set(secret, found);
  return found;
}

/** Caches the results by secret, because several checks verify the same deliveries. Evidence never changes. */
const verified = new WeakMap<Delivery, Map<string, Promise<string | null>>>();

/** Tells whether the signature covers the same JSON in another format. This is the most common mistake. */
export const isSignedBeforeReformatting = (delivery: Delivery, secret: string): boolean =>
  reformatBody(delivery).some((text) => {
    const bodyBase64 = Buffer.from(text).toString("base64");
    return bodyBase64 !== delivery.bodyBase64 && verifyWithPeer({ ...delivery, bodyBase64 }, secret) === null;
  });

const PUBLIC_KEY_BYTES = 32;

/** Parses a `whpk_` public key; returns `null` if the text is not such a key. */
function parsePublicKey(text: unknown): KeyObject | null {
  const encoded = typeof text === "string" && text.startsWith("whpk_") ? text.slice("whpk_".length) : "";
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.length !== PUBLIC_KEY_BYTES) return null;
  return createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: bytes.toString("base64url") },
    format: "jwk",
  });
}

/** Tells whether a delivery has a `v1a` signature that one of these public keys verifies. */
export function isSignedBy(publicKeys: readonly unknown[], { headers, bodyBase64 }: Delivery): boolean {
  const keys = publicKeys.flatMap((key) => parsePublicKey(key) ?? []);
  const signed = Buffer.concat([
    Buffer.from(`${headers["webhook-id"] ?? ""}.${headers["webhook-timestamp"] ?? ""}.`),
    Buffer.from(bodyBase64, "base64"),
  ]);
  return (headers["webhook-signature"] ?? "")
    .split(" ")
    .filter((signature) => signature.startsWith("v1a,"))
    .map((signature) => Buffer.from(signature.slice("v1a,".length), "base64"))
    .some((signature) => keys.some((key) => verifyEd25519(null, signed, key, signature)));
}
