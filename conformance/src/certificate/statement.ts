import { z } from "zod";
import type { Bundle } from "../bundle/bundle.ts";
import { findRegistration } from "../evidence/deliveries.ts";
import { triggerOf, triggerSchema } from "../evidence/trigger-record.ts";
import type { Run } from "../suite/grade.ts";
import { metBy } from "../suite/through.ts";
import type { DocumentKind } from "./dsse.ts";

/** The name of this suite's extension of the in-toto predicate; in-toto uses URIs as names of extensions. */
const EXTENSION = "https://schemas.convergint.com/conformance/certificate/v1";

const digestSchema = z.object({ sha256: z.string() });

/** The payload of a certificate: an in-toto test-result statement about one evidence bundle. */
const statementSchema = z.object({
  _type: z.literal("https://in-toto.io/Statement/v1"),
  subject: z.tuple([z.object({ name: z.string(), digest: digestSchema })]),
  predicateType: z.literal("https://in-toto.io/attestation/test-result/v0.1"),
  predicate: z.object({
    result: z.enum(["PASSED", "WARNED"]),
    configuration: z.array(z.object({ name: z.string(), digest: digestSchema })),
    passedTests: z.array(z.string()),
    warnedTests: z.array(z.string()),
    failedTests: z.array(z.string()).max(0),
    [EXTENSION]: z.object({
      target: z.string(),
      suite: z.object({ name: z.string(), version: z.string() }),
      contract_version: z.string(),
      profiles: z.array(z.object({ name: z.string(), conclusion: z.literal("certified") })).min(1),
      /** Present if the endpoints were not registered by the vendor's API. */
      endpoints: z.literal("registered by hand").optional(),
      /** Present if the vendor was tested through a vendor profile, and the requirements that only the profile meets. */
      through: z
        .object({ profile: z.string(), digest: z.string(), met_by_profile: z.array(z.string()) })
        .optional(),
      /** How devices changed during the run, for every profile; `null` if no device changed. */
      trigger: triggerSchema.nullable(),
      /** Requirements of the profiles that were not tested; the certificate makes no claim about them. */
      not_judged: z.array(z.string()),
      /** The integrator's challenge; proves that the certificate was issued in response to the challenge. */
      nonce: z.string().nullable(),
      run_finished_at: z.iso.datetime(),
      issued_at: z.iso.datetime(),
      expires_at: z.iso.datetime(),
    }),
  }),
});
export type Statement = z.infer<typeof statementSchema>;

/** How far the clocks of signer and verifier may differ. */
export const CLOCK_TOLERANCE_MS = 5 * 60 * 1000;

/** A certificate. The digest of its payload is its id, which revocations and confirmations name. */
export const CERTIFICATE: DocumentKind<Statement> = {
  payloadType: "application/vnd.in-toto+json",
  schema: statementSchema,
};

/** Returns the suite's extension of the predicate. */
export const readClaims = ({ predicate }: Statement) => predicate[EXTENSION];

export interface StatementOptions {
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly nonce: string | null;
}

/** Creates the statement about a bundle. @param run the certified result of grading the bundle again */
export function createStatement(
  { sha256, suite, contractVersion, requirementSet }: Bundle,
  run: Run,
  { issuedAt, expiresAt, nonce }: StatementOptions,
): Statement {
  const idsOf = (...verdicts: readonly string[]) =>
    run.results.filter(({ verdict }) => verdicts.includes(verdict)).map(({ requirement }) => requirement.id);
  const warned = idsOf("warn", "info");
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: "evidence bundle", digest: { sha256 } }],
    predicateType: "https://in-toto.io/attestation/test-result/v0.1",
    predicate: {
      result: warned.length > 0 ? "WARNED" : "PASSED",
      configuration: [
        {
          name: `requirements of the vendor cloud contract ${contractVersion}`,
          digest: { sha256: requirementSet.sha256 },
        },
      ],
      passedTests: idsOf("pass"),
      warnedTests: warned,
      failedTests: [],
      [EXTENSION]: {
        target: run.target.href,
        suite,
        contract_version: contractVersion,
        profiles: run.profiles.map((name) => ({ name, conclusion: "certified" as const })),
        ...(findRegistration(run.record) === "by_hand" && { endpoints: "registered by hand" as const }),
        ...(run.through && {
          through: {
            profile: run.through.profile,
            digest: run.through.digest,
            met_by_profile: idsOf("pass").filter((id) => metBy(id) === "profile"),
          },
        }),
        trigger: triggerOf(run),
        not_judged: run.notJudged.map(({ requirement }) => requirement.id),
        nonce,
        run_finished_at: run.finishedAt.toISOString(),
        issued_at: issuedAt.toISOString(),
        expires_at: expiresAt.toISOString(),
      },
    },
  };
}
