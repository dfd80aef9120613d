import type { KeyObject } from "node:crypto";
import { type Bundle, readBundle, verdictsOf } from "../bundle/bundle.ts";
import { BundleError } from "../bundle/bundle-error.ts";
import { canonicalJson } from "../bundle/canonical-json.ts";
import { parseJson } from "../evidence/read.ts";
import { grade } from "../suite/grade.ts";
import { envelopeSchema, open } from "./dsse.ts";
import { claimsOf, PAYLOAD_TYPE, type Statement, statementOf, statementSchema } from "./statement.ts";

export type RefusalCode =
  | "not_a_certificate"
  | "signature"
  | "expired"
  | "not_yet_valid"
  | "nonce"
  | "bundle"
  | "digest"
  | "verdicts";

/** What keeps a certificate from being believed, said for whoever was given it. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly reason: string;
}

export interface Verification {
  readonly refusals: readonly Refusal[];
  /** What the certificate says; `null` where its signature is not the key's. */
  readonly statement: Statement | null;
}

/** How far the clocks of who signs and who verifies may be apart. */
const CLOCK_TOLERANCE_MS = 5 * 60 * 1000;

export interface VerifyOptions {
  /** The key that is trusted: an Ed25519 key. */
  readonly publicKey: KeyObject;
  /** The challenge that was given to the vendor, where one was. */
  readonly nonce?: string | undefined;
  readonly now: Date;
}

function refusedByTime(statement: Statement, now: Date): Refusal[] {
  const { issued_at, expires_at } = claimsOf(statement);
  if (now.getTime() >= Date.parse(expires_at)) {
    return [{ code: "expired", reason: `it expired at ${expires_at}; ask for a new one` }];
  }
  return Date.parse(issued_at) > now.getTime() + CLOCK_TOLERANCE_MS
    ? [{ code: "not_yet_valid", reason: `it says that it was issued at ${issued_at}, which is to come` }]
    : [];
}

function refusedByNonce(statement: Statement, nonce: string | undefined): Refusal[] {
  if (nonce === undefined || claimsOf(statement).nonce === nonce) return [];
  return [{ code: "nonce", reason: "it was not made for this challenge" }];
}

function bundleIn(bytes: Uint8Array): Bundle | Refusal {
  try {
    return readBundle(bytes);
  } catch (error) {
    if (error instanceof BundleError) return { code: "bundle", reason: error.message };
    throw error;
  }
}

/** Judges the bundle again: what the certificate says has to be what this suite would say. */
async function refusedByEvidence(statement: Statement, bytes: Uint8Array): Promise<Refusal[]> {
  const bundle = bundleIn(bytes);
  if ("code" in bundle) return [bundle];
  if (statement.subject[0].digest.sha256 !== bundle.sha256) {
    return [{ code: "digest", reason: "it is about another bundle, or the bundle was changed" }];
  }
  const run = await grade(bundle.recorded);
  const { nonce, issued_at, expires_at } = claimsOf(statement);
  const expected = statementOf(bundle, run, {
    nonce,
    issuedAt: new Date(issued_at),
    expiresAt: new Date(expires_at),
  });
  const isSame =
    run.conclusion === "certified" &&
    !run.partial &&
    !run.baselined &&
    verdictsOf(run) === bundle.verdicts &&
    canonicalJson(statement) === canonicalJson(expected);
  return isSame
    ? []
    : [
        {
          code: "verdicts",
          reason: `the evidence, judged again, does not show what the certificate says: ${run.conclusion}`,
        },
      ];
}

/**
 * Finds whatever speaks against a certificate: offline, from the certificate, its bundle and the key alone.
 *
 * @param certificate the file's bytes
 * @param bundle the evidence bundle's bytes
 */
export async function verifyCertificate(
  certificate: Uint8Array,
  bundle: Uint8Array,
  { publicKey, nonce, now }: VerifyOptions,
): Promise<Verification> {
  const refused = (code: RefusalCode, reason: string) => ({ refusals: [{ code, reason }], statement: null });
  const envelope = envelopeSchema.safeParse(parseJson(Buffer.from(certificate).toString("utf8")));
  if (!envelope.success) return refused("not_a_certificate", "it is no DSSE envelope");
  const payload = open(envelope.data, publicKey);
  if (!payload) return refused("signature", "it is not signed with this key, or was changed after that");
  if (envelope.data.payloadType !== PAYLOAD_TYPE) {
    return refused("not_a_certificate", "what is signed is no in-toto statement");
  }
  const parsed = statementSchema.safeParse(parseJson(payload.toString("utf8")));
  if (!parsed.success) return refused("not_a_certificate", "what is signed is no certificate of this suite");
  const statement = parsed.data;
  return {
    statement,
    refusals: [
      ...refusedByTime(statement, now),
      ...refusedByNonce(statement, nonce),
      ...(await refusedByEvidence(statement, bundle)),
    ],
  };
}
