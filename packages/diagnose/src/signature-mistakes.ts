import { WRITE_AS_BASE64 } from "./fixes.ts";
import type { Mistake, SignatureTextCode } from "./mistake.ts";

/** Makes a mistake in the text of the signature. */
export const textMistake = (
  code: SignatureTextCode,
  title: string,
  explanation: string,
  where: Mistake["where"] = "sender",
): Mistake => ({ code, title, explanation, fix: WRITE_AS_BASE64, where, requirement: "SIG-001" });

export const SIGNATURE_HEADER_TWICE: Mistake = {
  ...textMistake(
    "signature_header_twice",
    "webhook-signature is repeated",
    "webhook-signature was received twice. Send it once, with a space between two signatures.",
  ),
  fix: { line: 'headers.set("webhook-signature", signatures.join(" "));' },
};

export const TOO_MANY_SIGNATURES: Mistake = {
  ...textMistake(
    "too_many_signatures",
    "There are too many signatures",
    "Sign only with the endpoint's current secrets. A verifier accepts at most 16 signatures.",
  ),
  fix: { line: 'headers.set("webhook-signature", signatures.join(" ")); // one for each current secret' },
};

export const SIGNATURE_VERSION = textMistake(
  "signature_version",
  "The signature has the wrong version",
  "The signature is right, but its version is wrong. Write v1 in lower case for HMAC-SHA256, and v1a for Ed25519.",
);

export const SIGNATURE_MALFORMED = textMistake(
  "signature_malformed",
  "The signature is malformed",
  "webhook-signature must be v1, a comma and the base64 of 32 bytes, which has 44 characters. The value was cut off, was made with another hash, or is not a signature.",
);

export const ONLY_V1A_SIGNATURE: Mistake = {
  ...textMistake(
    "only_v1a_signature",
    "The delivery is signed for a public key",
    "webhook-signature has only v1a signatures, but the given keys are shared secrets. A v1a signature needs an Ed25519 public key. Sign with the endpoint's secret too, or verify with the sender's whpk_ key.",
    "either",
  ),
  fix: { line: 'createVerifier({ keys: ["whsec_…", "whpk_…"] })' },
};

export const ONLY_V1_SIGNATURE: Mistake = {
  ...textMistake(
    "only_v1_signature",
    "The delivery is signed with a shared secret",
    "webhook-signature has only v1 signatures, but the given keys are public keys. A v1 signature needs the endpoint's secret. Verify with the endpoint's whsec_ secret.",
    "either",
  ),
  fix: { line: 'createVerifier({ keys: ["whsec_…", "whpk_…"] })' },
};
