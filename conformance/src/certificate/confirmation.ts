import { z } from "zod";
import { readBundle, serializeVerdicts } from "../bundle/bundle.ts";
import { readVendorId } from "../evidence/manifest.ts";
import { grade, type Recorded } from "../suite/grade.ts";
import { findContradiction } from "./check-evidence.ts";
import { type DocumentKind, openDocument } from "./dsse.ts";
import { CLOCK_TOLERANCE_MS, type Statement } from "./statement.ts";
import type { Refusal, RefusalCode, Verification, VerifyOptions } from "./verify.ts";

const hex = z.string().regex(/^[0-9a-f]{64}$/);

const confirmationSchema = z.strictObject({
  version: z.literal("1"),
  /** Id of the certificate. */
  certificate: hex,
  /**
   * The base URL of the later run. It may differ from the certificate's base URL, for example if the later
   * run is against production.
   */
  target: z.string(),
  /** SHA-256 of the later run's bundle. */
  evidence: hex,
  /** When the later run ended. */
  confirmed_at: z.iso.datetime(),
  issued_at: z.iso.datetime(),
  /** The certificate's requirements that the later run tested again and found met. */
  requirements: z.array(z.string()).min(1),
});

/** The payload of a confirmation, which says that a later run confirmed the claims of a certificate. */
export type Confirmation = z.infer<typeof confirmationSchema>;

/** A confirmation, signed like a certificate and with the same key. */
export const CONFIRMATION: DocumentKind<Confirmation> = {
  payloadType: "application/vnd.convergint.conformance.confirmation+json",
  schema: confirmationSchema,
};

/** Reports a run that does not confirm a certificate. */
export class NotConfirmedError extends Error {
  readonly code = "not_confirmed";
  constructor(reason: string) {
    super(`Not confirmed: ${reason}.`);
    this.name = "NotConfirmedError";
  }
}

const vendorOf = ({ record }: Recorded) =>
  record.parts.discovery ? readVendorId(record.parts.discovery.manifest) : null;

/**
 * Confirms a certificate with the bundle of a later run of the same vendor, after grading it again. The run
 * may be partial, such as a run of `watch`. The confirmation lists the tested requirements.
 *
 * @param verified the verified certificate
 * @param certified the run of the certificate
 * @param later the bundle of the later run
 * @throws {NotConfirmedError} if the run contradicts the certificate, or tests none of the certificate's
 * requirements
 * @throws {BundleError}
 */
export async function confirm(
  { certificate, statement }: Pick<Verification, "certificate"> & { readonly statement: Statement },
  certified: Recorded,
  later: Uint8Array,
  issuedAt: Date,
): Promise<Confirmation> {
  const bundle = readBundle(later);
  const { recorded } = bundle;
  const [vendor, laterVendor] = [vendorOf(certified), vendorOf(recorded)];
  if (vendor !== laterVendor)
    throw new NotConfirmedError(
      `the later run is of the vendor ${JSON.stringify(laterVendor)}, but the certificate is of the vendor ${JSON.stringify(vendor)}`,
    );
  if (recorded.startedAt < certified.finishedAt)
    throw new NotConfirmedError("the run is not later than the run of the certificate");
  if (recorded.stopped !== null)
    throw new NotConfirmedError(`the later run stopped early (${recorded.stopped})`);
  const contradiction = findContradiction(bundle);
  if (contradiction !== null) throw new NotConfirmedError(contradiction);
  const run = await grade(recorded);
  if (serializeVerdicts(run) !== bundle.verdicts)
    throw new NotConfirmedError("this version of the suite does not confirm the later run's verdicts");
  const { passedTests, warnedTests } = statement.predicate;
  const claimed = new Set([...passedTests, ...warnedTests]);
  const having = (...verdicts: readonly string[]) =>
    run.results.flatMap(({ requirement: { id }, verdict }) =>
      claimed.has(id) && verdicts.includes(verdict) ? [id] : [],
    );
  const broken = having("fail", "harness-error");
  if (broken.length > 0) throw new NotConfirmedError(`the later run failed ${broken.join(", ")}`);
  const requirements = having("pass");
  if (certificate === null || requirements.length === 0)
    throw new NotConfirmedError("the later run tested none of the certificate's requirements");
  return {
    version: "1",
    certificate,
    target: run.target.href,
    evidence: bundle.sha256,
    confirmed_at: run.finishedAt.toISOString(),
    issued_at: issuedAt.toISOString(),
    requirements,
  };
}

/** Verifies the confirmation of a certificate. @param certificate the certificate's id */
export function readConfirmation(
  bytes: Uint8Array,
  certificate: string,
  { publicKey, now }: Pick<VerifyOptions, "publicKey" | "now">,
): { readonly refusals: readonly Refusal[]; readonly confirmation: Confirmation | null } {
  const refused = (code: RefusalCode, reason: string) => ({
    refusals: [{ code, reason }],
    confirmation: null,
  });
  const opened = openDocument(CONFIRMATION, bytes, publicKey);
  if (opened.value === null)
    return opened.problem === "signature"
      ? refused(
          "confirmation_signature",
          "the confirmation is not signed with this key, or was changed after signing",
        )
      : refused("confirmation_invalid", "the file is not a confirmation of this suite; `confirm` writes one");
  const { value: confirmation } = opened;
  if (confirmation.certificate !== certificate)
    return refused("confirmation_mismatch", "the confirmation is of another certificate");
  // Otherwise a date in the future would count as a recent confirmation for years.
  if (Date.parse(confirmation.confirmed_at) > now.getTime() + CLOCK_TOLERANCE_MS)
    return refused(
      "confirmation_not_yet_valid",
      `the confirmation's time ${confirmation.confirmed_at} is in the future`,
    );
  return { refusals: [], confirmation };
}
