import type { KeyObject } from "node:crypto";
import { type Bundle, BundleError, readBundle, serializeVerdicts } from "../bundle/bundle.ts";
import { canonicalJson } from "../bundle/canonical-json.ts";
import { parseJson } from "../evidence/read.ts";
import { grade } from "../suite/grade.ts";
import { envelopeSchema, open } from "./dsse.ts";
import { createStatement, PAYLOAD_TYPE, readClaims, type Statement, statementSchema } from "./statement.ts";

type RefusalCode =
  | "not_a_certificate"
  | "signature"
  | "expired"
  | "not_yet_valid"
  | "nonce"
  | "bundle"
  | "digest"
  | "verdicts";

/** A reason to reject a certificate. */
interface Refusal {
  readonly code: RefusalCode;
  readonly reason: string;
}

export interface Verification {
  readonly refusals: readonly Refusal[];
  /** The verified payload; `null` if the signature is invalid. */
  readonly statement: Statement | null;
}

/** How far the clocks of signer and verifier may differ. */
const CLOCK_TOLERANCE_MS = 5 * 60 * 1000;

export interface VerifyOptions {
  /** The trusted Ed25519 key. */
  readonly publicKey: KeyObject;
  /** The challenge that the vendor was given, if any. */
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
  const refused = (code: RefusalCode, reason: string) => ({ refusals: [{ code, reason }], statement: null });
  const envelope = envelopeSchema.safeParse(parseJson(Buffer.from(certificate).toString("utf8")));
  if (!envelope.success) return refused("not_a_certificate", "the certificate is not a DSSE envelope");
  const payload = open(envelope.data, publicKey);
  if (!payload)
    return refused("signature", "the certificate is not signed with this key, or was changed after signing");
  if (envelope.data.payloadType !== PAYLOAD_TYPE) {
    return refused("not_a_certificate", "the certificate's payload is not an in-toto statement");
  }
  const parsed = statementSchema.safeParse(parseJson(payload.toString("utf8")));
  if (!parsed.success) return refused("not_a_certificate", "the payload is not a certificate of this suite");
  const statement = parsed.data;
  return {
    statement,
    refusals: [
      ...checkTime(statement, now),
      ...checkNonce(statement, nonce),
      ...(await checkEvidence(statement, bundle)),
    ],
  };
}
