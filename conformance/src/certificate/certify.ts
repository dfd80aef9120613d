import type { KeyObject } from "node:crypto";
import { readBundle, serializeVerdicts } from "../bundle/bundle.ts";
import { grade } from "../suite/grade.ts";
import type { Conclusion } from "../suite/verdict.ts";
import { findContradiction, MAX_CERTIFIED_MS } from "./check-evidence.ts";
import { type Envelope, sealDocument } from "./dsse.ts";
import { CERTIFICATE, CLOCK_TOLERANCE_MS, createStatement, type StatementOptions } from "./statement.ts";

/** Reports a bundle that does not qualify for a certificate. */
export class NotCertifiedError extends Error {
  readonly code = "not_certified";
  readonly conclusion: Conclusion;
  constructor(conclusion: Conclusion, reason: string) {
    super(`No certificate: ${reason}.`);
    this.name = "NotCertifiedError";
    this.conclusion = conclusion;
  }
}

/**
 * Grades a bundle again and signs a certificate for it.
 *
 * @param privateKey an Ed25519 key
 * @throws {NotCertifiedError} unless the bundle is of a complete, certified run that supports every claim
 * @throws {BundleError}
 */
export async function certify(
  bytes: Uint8Array,
  privateKey: KeyObject,
  options: StatementOptions,
): Promise<Envelope> {
  const bundle = readBundle(bytes);
  const run = await grade(bundle.recorded);
  if (run.baselined) throw new NotCertifiedError(run.conclusion, "the run used a baseline of known failures");
  if (run.partial) throw new NotCertifiedError(run.conclusion, "only part of the profiles was tested");
  if (run.conclusion !== "certified") {
    throw new NotCertifiedError(run.conclusion, `the run concluded ${run.conclusion}`);
  }
  if (serializeVerdicts(run) !== bundle.verdicts) {
    throw new NotCertifiedError(
      "harness_error",
      "this version of the suite does not confirm the recorded verdicts",
    );
  }
  const contradiction = findContradiction(bundle);
  if (contradiction !== null) throw new NotCertifiedError("harness_error", contradiction);
  const { finishedAt } = bundle.recorded;
  if (finishedAt.getTime() > options.issuedAt.getTime() + CLOCK_TOLERANCE_MS)
    throw new NotCertifiedError(
      "harness_error",
      `the run ended in the future, at ${finishedAt.toISOString()}`,
    );
  if (options.expiresAt.getTime() - finishedAt.getTime() > MAX_CERTIFIED_MS)
    throw new NotCertifiedError(
      "incomplete",
      `a certificate ends at most 400 days after its run, which ended at ${finishedAt.toISOString()}; shorten --expires-in, or run again`,
    );
  return sealDocument(CERTIFICATE, createStatement(bundle, run, options), privateKey);
}
