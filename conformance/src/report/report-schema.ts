import { z } from "zod";
import { registrations } from "../evidence/deliveries.ts";
import { triggerSchema } from "../evidence/trigger-record.ts";
import { throughSchema } from "../suite/through.ts";
import { stops } from "../suite/time-budget.ts";

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
  at: text.meta({ description: "Id of the exchange or delivery that shows the failure." }),
  where: text.optional().meta({ description: "A JSON pointer into the body, or the name of a header." }),
  excerpt: text
    .optional()
    .meta({ description: "The part of the body that failed, if `where` is a pointer." }),
  expected: text,
  actual: text,
  hint: text.meta({ description: "What to change, or the likely cause." }),
});

const requirement = z.strictObject({
  id,
  level,
  profile: text,
  verdict: z.enum(["pass", "fail", "warn", "info", "not-applicable", "could-not-run", "harness-error"]),
  text: text.meta({ description: "Text of the requirement in the contract." }),
  anchor: text,
  cites: z.array(text).meta({ description: "Ids of the exchanges and deliveries that a pass is based on." }),
  failures: z.array(failure),
  judged: z.int().min(1).nullable().meta({
    description:
      "Number of items checked, including those that failed; null if none failed or the items are of different kinds.",
  }),
  reason: text
    .nullable()
    .meta({ description: "Why there is no verdict, or what a pass does not cover; null otherwise." }),
  met_by: z.enum(["vendor", "profile"]).nullable().meta({
    description:
      "Who meets the requirement in a run through a vendor profile: the vendor's own data and events, or only the profile; null in any other run.",
  }),
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
 * The published schema of the JSON report, versioned by `report_version`. Members can be added within a
 * version, so readers must accept unknown members.
 */
const reportSchema = z
  .strictObject({
    report_version: z.literal("1"),
    suite: z.strictObject({ name: text, version: text }),
    contract_version: text,
    subject: z.enum(["vendor", "receiver"]),
    target: z.url(),
    vendor: text.nullable().meta({ description: "Name of the vendor in its manifest." }),
    started_at: z.iso.datetime(),
    finished_at: z.iso.datetime(),
    no_answer: text.nullable().meta({ description: "Why there was no response from the target." }),
    trigger: triggerSchema.nullable().meta({
      description:
        "How devices changed: through sandbox control, with --trigger-cmd, by a person, or by themselves while the suite observed; null if no device changed.",
    }),
    endpoints: z.enum(registrations).nullable().meta({
      description:
        "How the webhook endpoints were registered: by the vendor's API, or by hand in its console.",
    }),
    through: throughSchema.nullable().meta({
      description:
        "The vendor profile between suite and vendor; null if the vendor serves the contract itself.",
    }),
    seed: z.int().nullable().meta({ description: "Seed of every random choice; null if there was none." }),
    stopped: z.enum(stops).nullable().meta({ description: "Why the run stopped early; null if it did not." }),
    stop_reason: text
      .nullable()
      .meta({ description: "Why the run stopped early, in words, and what to do." }),
    baselined: z.boolean().meta({
      description:
        "Whether the run used a baseline of known failures. A run with a baseline is never certified.",
    }),
    baseline: z
      .strictObject({
        known: z.array(z.strictObject({ id, reason: text, expires: text })),
        stale: z.array(z.strictObject({ id: text, reason: text })),
        holds: z.boolean(),
      })
      .nullable()
      .meta({
        description:
          "Failures that were ignored because the list of known failures contains them, and entries of that list that no longer apply.",
      }),
    partial: z.boolean().meta({
      description:
        "Whether requirements were left out. A run that leaves out requirements is never certified.",
    }),
    conclusion,
    profiles: z.array(z.strictObject({ name: text, conclusion })),
    requirements: z.array(requirement),
    not_judged: z
      .array(z.strictObject({ id, level, text, reason: text }))
      .meta({ description: "Requirements of the profiles that this version of the suite does not test." }),
    exchanges: z.array(exchange).meta({ description: "The calls that failures refer to." }),
    deliveries: z.array(delivery).meta({ description: "The webhooks that failures refer to." }),
  })
  .meta({
    id: "ConformanceReport",
    title: "Conformance report",
    description: "Output of `convergint-conformance run --json`.",
  });

/** Renders the schema as JSON Schema 2020-12, the content of `report.schema.json`. */
export const renderReportSchema = (): string =>
  `${JSON.stringify(z.toJSONSchema(reportSchema, { target: "draft-2020-12" }), null, 2)}\n`;
