import type { KeyObject } from "node:crypto";
import { readBundle, verdictsOf } from "../bundle/bundle.ts";
import { canonicalJson } from "../bundle/canonical-json.ts";
import { grade } from "../suite/grade.ts";
import type { Conclusion } from "../suite/verdict.ts";
import { type Envelope, seal } from "./dsse.ts";
import { PAYLOAD_TYPE, type StatementOptions, statementOf } from "./statement.ts";

/** A bundle that does not certify; no certificate is made of it. */
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
 * Signs what a bundle shows, having judged it again.
 *
 * @param privateKey an Ed25519 key
 * @throws {NotCertifiedError} where it shows anything but a whole run that is certified
 * @throws {BundleError}
 */
export async function certify(
  bytes: Uint8Array,
  privateKey: KeyObject,
  options: StatementOptions,
): Promise<Envelope> {
  const bundle = readBundle(bytes);
  const run = await grade(bundle.recorded);
  if (run.baselined) throw new NotCertifiedError(run.conclusion, "known failures were set aside in this run");
  if (run.partial) throw new NotCertifiedError(run.conclusion, "a part of the profiles alone was judged");
  if (run.conclusion !== "certified") {
    throw new NotCertifiedError(run.conclusion, `the run concluded ${run.conclusion}`);
  }
  if (verdictsOf(run) !== bundle.verdicts) {
    throw new NotCertifiedError("harness_error", "this version of the suite judges the evidence otherwise");
  }
  return seal(PAYLOAD_TYPE, Buffer.from(canonicalJson(statementOf(bundle, run, options))), privateKey);
}
