import { z } from "zod";

const text = z.string();
const id = z.string().regex(/^[A-Z]{2,4}-\d{3}$/);
const level = z.enum(["MUST", "SHOULD", "MAY"]);
const conclusion = z.enum([
  "certified",
  "not_conformant",
  "incomplete",
  "unreachable",
  "interrupted",
  "harness_error",
]);
const headers = z.record(text, text);

const failure = z.strictObject({
  at: text.meta({ description: "Id of the exchange or delivery that shows it." }),
  where: text.optional().meta({ description: "A JSON pointer into the body, or the name of a header." }),
  expected: text,
  actual: text,
  hint: text.meta({ description: "What to change, or the likely cause." }),
});

const requirement = z.strictObject({
  id,
  level,
  profile: text,
  verdict: z.enum(["pass", "fail", "warn", "info", "not-applicable", "could-not-run", "harness-error"]),
  text: text.meta({ description: "The requirement, as the contract words it." }),
  anchor: text,
  cites: z.array(text).meta({ description: "Ids of what a pass rests on." }),
  failures: z.array(failure),
  judged: z.int().min(1).nullable().meta({
    description:
      "How many things of a kind were judged, those that failed among them; null where none failed, or they are of several kinds.",
  }),
  reason: text
    .nullable()
    .meta({ description: "Why there is no verdict, or what a pass leaves unseen; null where neither." }),
});

const exchange = z.strictObject({
  id: text,
  purpose: text,
  method: text,
  url: text,
  request_headers: headers,
  request_body: text.nullable(),
  request_type: text.nullable(),
  authenticated: z.boolean(),
  by_client: z.boolean(),
  credential_variable: text.nullable(),
  signed: z.boolean(),
  status: z.int().nullable(),
  response_headers: headers,
  response_body: text,
  no_answer: text.nullable(),
});

const delivery = z.strictObject({ id: text, received_at: z.iso.datetime(), headers, body: text });

/**
 * The JSON report of a run, as it is published. Its shape is versioned by `report_version`: members are added within
 * a version, so that a reader has to accept those it does not know; what is written here is all that this version has.
 */
export const reportSchema = z
  .strictObject({
    report_version: z.literal("1"),
    suite: z.strictObject({ name: text, version: text }),
    contract_version: text,
    subject: z.enum(["vendor", "receiver"]),
    target: z.url(),
    vendor: text.nullable().meta({ description: "The vendor's name, by its manifest." }),
    started_at: z.iso.datetime(),
    finished_at: z.iso.datetime(),
    no_answer: text.nullable().meta({ description: "Why nothing answered at the target." }),
    trigger: z
      .enum(["sandbox", "command"])
      .nullable()
      .meta({ description: "By what devices were changed: sandbox control, or a command of the vendor's." }),
    seed: z
      .int()
      .nullable()
      .meta({ description: "What every choice by chance followed from; null where there was none." }),
    stopped: z
      .enum(["interrupted", "out_of_time"])
      .nullable()
      .meta({ description: "Why the run ended before its end." }),
    baselined: z
      .boolean()
      .meta({ description: "Whether known failures were set aside; such a run certifies nothing." }),
    baseline: z
      .strictObject({
        known: z.array(z.strictObject({ id, reason: text, expires: text })),
        stale: z.array(z.strictObject({ id: text, reason: text })),
        holds: z.boolean(),
      })
      .nullable()
      .meta({ description: "What was set aside, and which entries have to go." }),
    partial: z
      .boolean()
      .meta({ description: "Whether requirements were left out; such a run certifies nothing." }),
    conclusion,
    profiles: z.array(z.strictObject({ name: text, conclusion })),
    requirements: z.array(requirement),
    not_judged: z
      .array(z.strictObject({ id, level, text, reason: text }))
      .meta({ description: "What the profiles ask for and this version of the suite does not judge." }),
    exchanges: z.array(exchange).meta({ description: "The calls that failures point at." }),
    deliveries: z.array(delivery).meta({ description: "The webhooks that failures point at." }),
  })
  .meta({
    id: "ConformanceReport",
    title: "Report of a conformance run",
    description: "What `convergint-conformance run --json` prints.",
  });

/** The schema as JSON Schema 2020-12: what `report.schema.json` holds. */
export const reportJsonSchema = (): string =>
  `${JSON.stringify(z.toJSONSchema(reportSchema, { target: "draft-2020-12" }), null, 2)}\n`;
