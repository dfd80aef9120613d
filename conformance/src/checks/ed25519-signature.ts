import { createPublicKey, type KeyObject, verify } from "node:crypto";
import type { Delivery } from "../evidence/exchange.ts";

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
    .some((signature) => keys.some((key) => verify(null, signed, key, signature)));
}
