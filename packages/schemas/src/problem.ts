import { z } from "zod";
import { text } from "./text.ts";

/** The error codes that a caller may act on, with the HTTP status of each. The vocabulary is open. */
export const PROBLEM_CODES = {
  invalid_parameter: 400,
  invalid_limit: 400,
  invalid_cursor: 400,
  invalid_sync_token: 400,
  since_not_supported: 400,
  malformed_body: 400,
  invalid_body: 400,
  invalid_destination: 400,
  unknown_event_type: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  unknown_org: 404,
  unknown_site: 404,
  unknown_system: 404,
  unknown_device: 404,
  unknown_endpoint: 404,
  method_not_allowed: 405,
  endpoint_stopped: 409,
  device_unreachable: 409,
  cursor_expired: 410,
  sync_token_expired: 410,
  backfill_expired: 410,
  payload_too_large: 413,
  unsupported_media_type: 415,
  rate_limited: 429,
  internal_error: 500,
  unavailable: 503,
} as const;
export type ProblemCode = keyof typeof PROBLEM_CODES;

/** The error codes with which a consumer refuses a delivery, with the HTTP status of each. @see spec/1.0/contract.md#receiving */
export const REFUSAL_CODES = {
  missing_signature: 401,
  wrong_signature: 401,
  stale_timestamp: 401,
  not_json: 400,
  not_an_event: 400,
  invalid_event: 400,
  id_mismatch: 400,
  payload_too_large: 413,
  unsupported_media_type: 415,
  gone: 410,
  overloaded: 503,
  not_stored: 503,
} as const;
export type RefusalCode = keyof typeof REFUSAL_CODES;

const fieldProblemSchema = z.looseObject({
  pointer: text(0, 1024).meta({
    description: "JSON pointer (RFC 6901) into the request body.",
    examples: ["/data/0/device_id"],
  }),
  detail: text(1, 2048).meta({
    description: "What is wrong with the field and what to send instead.",
    examples: ["Send a text of 1 to 256 characters."],
  }),
  requirement: text(1, 32)
    .nullish()
    .meta({
      description: "The requirement of this contract that the field violates.",
      examples: ["INV-001"],
    }),
});

/** RFC 9457 problem details, with a stable `code` for programs. @see spec/1.0/contract.md#errors */
export const problemSchema = z
  .looseObject({
    type: z
      .string()
      .nullish()
      .meta({
        description: "URI of the kind of problem. Absent means about:blank.",
        examples: ["about:blank"],
      }),
    title: z
      .string()
      .min(1)
      .meta({ description: "Human-readable summary, in one line.", examples: ["Unknown site"] }),
    status: z
      .int()
      .min(400)
      .max(599)
      .meta({ description: "The HTTP status of the response, repeated in the body.", examples: [404] }),
    detail: z
      .string()
      .nullish()
      .meta({
        description: "What happened in this case and what to do about it. Contains no secret.",
        examples: ["No site with this id is visible to this credential. List the sites with GET /v1/sites."],
      }),
    instance: z
      .string()
      .nullish()
      .meta({
        description: "URI of this occurrence of the problem.",
        examples: ["urn:example-campus:problem:5f1c2a"],
      }),
    code: z
      .string()
      .regex(/^[a-z][a-z0-9_]*$/, "Send a stable lower-case code, such as unknown_site.")
      .meta({ description: "Stable error code for programs.", examples: ["unknown_site"] }),
    request_id: text(1, 256)
      .nullish()
      .meta({
        description: "Id to quote when asking the vendor about the problem.",
        examples: ["req_5f1c2a"],
      }),
    errors: z
      .array(fieldProblemSchema.meta({ description: "One invalid field." }))
      .nullish()
      .meta({
        description: "The invalid fields of the request.",
        examples: [[{ pointer: "/url", detail: "Send an absolute http or https URL." }]],
      }),
  })
  .meta({
    id: "Problem",
    description: "RFC 9457 problem details with a stable code.",
    "x-requirement": "ERR-001",
  });
export type Problem = z.infer<typeof problemSchema>;

/** The media type of an error response. */
export const PROBLEM_MEDIA_TYPE = "application/problem+json";
