import type { KeyObject } from "node:crypto";
import { type Bundle, BundleError, readBundle, serializeVerdicts } from "../bundle/bundle.ts";
import { canonicalJson } from "../bundle/canonical-json.ts";
import { grade } from "../suite/grade.ts";
import { type DocumentProblem, openDocument } from "./dsse.ts";
import { CERTIFICATE, createStatement, readClaims, type Statement } from "./statement.ts";

/**
 * Why a certificate is refused. The reason is the certificate itself, the revocation list, or the last
 * confirmation.
 */
export type RefusalCode =
  | "not_a_certificate"
  | "signature"
  | "expired"
  | "not_yet_valid"
  | "nonce"
  | "bundle"
  | "digest"
  | "verdicts"
  | "revoked"
  /** There is no list at the given URL. */
  | "revocations_unavailable"
  /** The file is not a revocation list. */
  | "revocations_invalid"
  /** Another key signed the list, or it was changed. */
  | "revocations_signature"
  /** The list is out of date. */
  | "revocations_expired"
  | "revocations_not_yet_valid"
  /** The verifier has seen a newer list, or another list with the same number. */
  | "revocations_rolled_back"
  | "confirmation_invalid"
  | "confirmation_signature"
  /** The confirmation is of another certificate. */
  | "confirmation_mismatch"
  | "confirmation_not_yet_valid"
  /** The last confirmation is older than the verifier accepts. */
  | "not_confirmed";

/** A reason to reject a certificate. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly reason: string;
}

export interface Verification {
  readonly refusals: readonly Refusal[];
  /** The verified payload; `null` if the signature is invalid. */
  readonly statement: Statement | null;
  /** The certificate's id: the SHA-256 of its payload, in hex; `null` if the signature is invalid. */
  readonly certificate: string | null;
}

/** Why a file is not a certificate that this key signed. */
const NOT_OPENED: Readonly<Record<DocumentProblem, Refusal>> = {
  envelope: { code: "not_a_certificate", reason: "the certificate is not a DSSE envelope" },
  signature: {
    code: "signature",
    reason: "the certificate is not signed with this key, or was changed after signing",
  },
  type: { code: "not_a_certificate", reason: "the certificate's payload is not an in-toto statement" },
  payload: { code: "not_a_certificate", reason: "the payload is not a certificate of this suite" },
};

/** How far the clocks of signer and verifier may differ. */
export const CLOCK_TOLERANCE_MS = 5 * 60 * 1000;

export interface VerifyOptions {
  /** The trusted Ed25519 key. */
  readonly publicKey: KeyObject;
  /** The challenge that the integrator sent to the vendor, if any. */
  readonly nonce?: string | undefined;
  readonly now: Date;
}

function checkTime(statement: Statement, now: Date): Refusal[] {
  const { issued_at, expires_at } = readClaims(statement);
  if (now.getTime() >= Date.parse(expires_at)) {
    return [
      { code: "expired", reason: `the certificate expired at ${expires_at}; ask for a new certificate` },
    ];
  }
  return Date.parse(issued_at) > now.getTime() + CLOCK_TOLERANCE_MS
    ? [{ code: "not_yet_valid", reason: `the certificate's issue time ${issued_at} is in the future` }]
    : [];
}

function checkNonce(statement: Statement, nonce: string | undefined): Refusal[] {
  if (nonce === undefined || readClaims(statement).nonce === nonce) return [];
  return [{ code: "nonce", reason: "the certificate was not issued for this challenge" }];
}

function parseBundle(bytes: Uint8Array): Bundle | Refusal {
  try {
    return readBundle(bytes);
  } catch (error) {
    if (error instanceof BundleError) return { code: "bundle", reason: error.message };
    throw error;
  }
}

/** Grades the bundle again and compares the result with the certificate. */
async function checkEvidence(statement: Statement, bytes: Uint8Array): Promise<Refusal[]> {
  const bundle = parseBundle(bytes);
  if ("code" in bundle) return [bundle];
  if (statement.subject[0].digest.sha256 !== bundle.sha256) {
    return [
      { code: "digest", reason: "the certificate is about a different bundle, or the bundle was changed" },
    ];
  }
  const run = await grade(bundle.recorded);
  const { nonce, issued_at, expires_at } = readClaims(statement);
  const expected = createStatement(bundle, run, {
    nonce,
    issuedAt: new Date(issued_at),
    expiresAt: new Date(expires_at),
  });
  const isSame =
    run.conclusion === "certified" &&
    !run.partial &&
    !run.baselined &&
    serializeVerdicts(run) === bundle.verdicts &&
    canonicalJson(statement) === canonicalJson(expected);
  return isSame
    ? []
    : [
        {
          code: "verdicts",
          reason: `grading the evidence again does not confirm the certificate; the result is ${run.conclusion}`,
        },
      ];
}

/**
 * Verifies a certificate offline, using only the certificate, its bundle and the key.
 *
 * @param certificate the certificate's bytes
 * @param bundle the evidence bundle's bytes
 */
export async function verifyCertificate(
  certificate: Uint8Array,
  bundle: Uint8Array,
  { publicKey, nonce, now }: VerifyOptions,
): Promise<Verification> {
  const opened = openDocument(CERTIFICATE, certificate, publicKey);
  if (opened.value === null)
    return { refusals: [NOT_OPENED[opened.problem]], statement: null, certificate: null };
  const { value: statement, sha256 } = opened;
  return {
    statement,
    certificate: sha256,
    refusals: [
      ...checkTime(statement, now),
      ...checkNonce(statement, nonce),
      ...(await checkEvidence(statement, bundle)),
    ],
  };
}
