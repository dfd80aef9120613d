import type { KeyObject } from "node:crypto";
import { type Bundle, BundleError, readBundle, serializeVerdicts } from "../bundle/bundle.ts";
import { readVendorId } from "../evidence/manifest.ts";
import { memberOf, objectOf, textOf } from "../evidence/read.ts";
import { grade } from "../suite/grade.ts";
import { findContradiction, MAX_CERTIFIED_MS } from "./check-evidence.ts";
import { type DocumentProblem, digestOf, openDocument } from "./dsse.ts";
import { CERTIFICATE, CLOCK_TOLERANCE_MS, createStatement, readClaims, type Statement } from "./statement.ts";

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
  /** The evidence contradicts a claim, such as the target or the date, or the certificate lasts too long. */
  | "claims"
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
  /** The name and id that the manifest in the evidence declares; `null` if there is no manifest. */
  readonly vendor: string | null;
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

export interface VerifyOptions {
  /** The trusted Ed25519 key. */
  readonly publicKey: KeyObject;
  /** The challenge that the integrator sent to the vendor, if any. */
  readonly nonce?: string | undefined;
  readonly now: Date;
}

function checkTime(statement: Statement, now: Date): Refusal[] {
  const { issued_at, expires_at, run_finished_at } = readClaims(statement);
  const ended = Date.parse(run_finished_at);
  if (
    ended > Date.parse(issued_at) + CLOCK_TOLERANCE_MS ||
    Date.parse(expires_at) - ended > MAX_CERTIFIED_MS
  ) {
    const reason = `the certificate was issued at ${issued_at} until ${expires_at}, but its run ended at ${run_finished_at}; it must be issued after its run, and end at most 400 days after it`;
    return [{ code: "claims", reason }];
  }
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

/** Names a vendor as its manifest does; `null` if there is no manifest. */
function describeVendor({ recorded }: Bundle): string | null {
  const manifest = recorded.record.parts.discovery?.manifest;
  if (manifest === undefined) return null;
  const name = textOf(memberOf(objectOf(manifest), "vendor"), "name");
  return `${name ?? "nothing"} (${readVendorId(manifest) ?? "without an id"})`;
}

/** Grades the bundle again and compares the result with the certificate. */
async function checkEvidence(statement: Statement, certificate: string, bundle: Bundle): Promise<Refusal[]> {
  if (statement.subject[0].digest.sha256 !== bundle.sha256) {
    return [
      { code: "digest", reason: "the certificate is about a different bundle, or the bundle was changed" },
    ];
  }
  const contradiction = findContradiction(bundle);
  if (contradiction !== null) return [{ code: "claims", reason: contradiction }];
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
    // The signed bytes themselves, because another reader may see members that this one ignores, or the first of two.
    certificate === digestOf(expected);
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
    return { refusals: [NOT_OPENED[opened.problem]], statement: null, certificate: null, vendor: null };
  const { value: statement, sha256 } = opened;
  const evidence = parseBundle(bundle);
  return {
    statement,
    certificate: sha256,
    refusals: [
      ...checkTime(statement, now),
      ...checkNonce(statement, nonce),
      ...("code" in evidence ? [evidence] : await checkEvidence(statement, sha256, evidence)),
    ],
    vendor: "code" in evidence ? null : describeVendor(evidence),
  };
}

/** What each reason to reject a certificate means, and what to do. The documentation shows it. */
export const CERTIFICATE_TEXTS: Readonly<
  Record<RefusalCode, { readonly means: string; readonly fix: string }>
> = {
  not_a_certificate: {
    means: "The file is not a certificate of this suite.",
    fix: "Give the file that `certify` wrote.",
  },
  signature: {
    means: "The certificate is not signed with this key, or was changed after signing.",
    fix: "Check that you have the public key of the one who certified. If so, do not trust the file.",
  },
  expired: {
    means: "The certificate has expired.",
    fix: "Ask the vendor for a new certificate.",
  },
  not_yet_valid: {
    means: "The certificate's issue time is in the future.",
    fix: "Check the clock of this machine.",
  },
  nonce: {
    means: "The certificate was not issued for this challenge.",
    fix: "Ask the vendor to certify with the challenge that you gave.",
  },
  bundle: {
    means: "The bundle cannot be graded again.",
    fix: "Ask the vendor for the bundle of the certificate, unchanged.",
  },
  digest: {
    means: "The certificate is about a different bundle, or the bundle was changed.",
    fix: "Ask the vendor for the bundle of this certificate.",
  },
  verdicts: {
    means: "Grading the evidence again gives other verdicts than the certificate states.",
    fix: "Do not accept the certificate. The message lists the requirements that differ.",
  },
  claims: {
    means:
      "The evidence contradicts a claim, such as the target or the date, or the certificate lasts too long.",
    fix: "Do not accept the certificate; ask for one whose claims the bundle supports.",
  },
  revoked: {
    means: "The certificate was revoked; the message has the reason.",
    fix: "Ask the vendor for a new certificate.",
  },
  revocations_unavailable: {
    means: "There is no revocation list at the given URL.",
    fix: "Check the URL and the network. Without the list, a revoked certificate would look valid.",
  },
  revocations_invalid: {
    means: "The file is not a revocation list.",
    fix: "Check the URL of the list.",
  },
  revocations_signature: {
    means: "Another key signed the list, or it was changed.",
    fix: "Check the key of the issuer. If it is right, do not trust the list.",
  },
  revocations_expired: {
    means: "The list is out of date.",
    fix: "Fetch the current list.",
  },
  revocations_not_yet_valid: {
    means: "The list's time is in the future.",
    fix: "Check the clock of this machine.",
  },
  revocations_rolled_back: {
    means: "You have seen a newer list, or another list with the same number.",
    fix: "Fetch the current list; do not trust this one.",
  },
  confirmation_invalid: {
    means: "The file is not a confirmation.",
    fix: "Give the confirmation as the issuer wrote it, unchanged.",
  },
  confirmation_signature: {
    means: "Another key signed the confirmation, or it was changed.",
    fix: "Check the key. If it is right, do not trust the file.",
  },
  confirmation_mismatch: {
    means: "The confirmation is of another certificate.",
    fix: "Give the confirmation of this certificate.",
  },
  confirmation_not_yet_valid: {
    means: "The confirmation's time is in the future.",
    fix: "Check the clock of this machine.",
  },
  not_confirmed: {
    means: "The last confirmation is older than you accept.",
    fix: "Ask the vendor to confirm the certificate with a new run.",
  },
};
