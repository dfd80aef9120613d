import { z } from "zod";
import { profileNames } from "../../registry/profiles.ts";
import { HEADLINE } from "../headline.ts";
import type { Report } from "../report.ts";

const conclusion = z.enum(Object.keys(HEADLINE) as Report["conclusion"][]);
const level = z.enum(["MUST", "SHOULD", "MAY"]);
const requirementId = z.string().regex(/^[A-Z]+-\d{3}$/);
const exchangeId = z.string().regex(/^[xp]\d+$/);
const deliveryId = z.string().regex(/^d\d+$/);
const evidenceId = z.string().regex(/^[xpd]\d+$/);
const sentence = z.string().min(1);
const time = z.string().meta({ format: "date-time" });
const url = z.string().meta({ format: "uri" });
const headers = z.record(z.string(), z.string());

const failure = z
  .strictObject({
    at: evidenceId.describe("Id of the exchange or delivery that shows it."),
    where: z.string().exactOptional().describe("JSON pointer into its body, or the name of a header."),
    expected: sentence,
    actual: sentence,
    hint: sentence.exactOptional().describe("The likely cause, or what to change."),
  })
  .describe("One way in which the evidence breaks the requirement.");

const requirement = {
  id: requirementId,
  level,
  profile: sentence,
  text: sentence.describe("The contract's own words."),
  anchor: sentence.describe("Where the contract says it: a fragment of contract.md."),
};
const none = z.array(z.never()).max(0);

const judged = z.discriminatedUnion("verdict", [
  z.strictObject({
    ...requirement,
    verdict: z.literal("pass"),
    cites: z.array(evidenceId).min(1).describe("What the pass rests on."),
    failures: none,
    reason: z.null(),
  }),
  z.strictObject({
    ...requirement,
    verdict: z.enum(["fail", "warn", "info"]).describe("A MUST, a SHOULD or a MAY that is broken."),
    cites: none,
    failures: z.array(failure).min(1),
    reason: z.null(),
  }),
  z.strictObject({
    ...requirement,
    verdict: z.enum(["not-applicable", "could-not-run", "harness-error"]),
    cites: none,
    failures: none,
    reason: sentence.describe("Why there is no pass and no failure."),
  }),
]);

const exchange = z
  .strictObject({
    id: exchangeId,
    purpose: sentence,
    method: sentence,
    url,
    request_headers: headers,
    request_body: z.string().nullable(),
    authenticated: z.boolean(),
    signed: z
      .boolean()
      .describe("Whether it is a webhook that the suite posted, which cannot be sent again by hand."),
    status: z.int().min(100).max(999).nullable().describe("null where no answer came."),
    response_headers: headers,
    response_body: z.string().describe("Cut where it is long."),
    no_answer: sentence.nullable(),
  })
  .describe("One HTTP call that the suite made.");

const delivery = z
  .strictObject({ id: deliveryId, received_at: time, headers, body: z.string() })
  .describe("One webhook that the vendor posted.");

/**
 * The JSON report as data, closed: what the published `report.schema.json` is made of. It says more than the types do,
 * such as that no pass is without evidence.
 */
export const reportSchema = z
  .strictObject({
    report_version: z.literal("1").describe("Within a version members are added, never changed."),
    suite: z.strictObject({ name: sentence, version: sentence }),
    contract_version: z.string().regex(/^\d+\.\d+$/),
    subject: z.enum(["vendor", "receiver"]),
    target: url,
    vendor: z.string().nullable().describe("By the manifest's own words."),
    started_at: time,
    finished_at: time,
    no_answer: sentence.nullable().describe("Why nothing answered at the target."),
    trigger: sentence.nullable().describe("By what the vendor's devices were made to change."),
    partial: z.boolean().describe("A partial run certifies nothing."),
    conclusion,
    profiles: z.array(z.strictObject({ name: z.enum(profileNames), conclusion })).min(1),
    requirements: z.array(judged),
    not_judged: z
      .array(z.strictObject({ id: requirementId, level, text: sentence, reason: sentence }))
      .describe("What the profiles ask for and this version of the suite does not judge."),
    exchanges: z.array(exchange).describe("Those that failures point at."),
    deliveries: z.array(delivery).describe("Those that failures point at."),
  })
  .describe("What `convergint-conformance --json` and `--report json=FILE` write.");
