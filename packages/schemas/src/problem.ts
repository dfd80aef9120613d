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

/** What each code of {@link PROBLEM_CODES} means, and what the caller does. The documentation shows it. */
export const PROBLEM_TEXTS: Readonly<Record<ProblemCode, { readonly means: string; readonly fix: string }>> =
  {
    invalid_parameter: {
      means: "A query parameter has a value that the vendor does not accept.",
      fix: "Correct the parameter that `detail` names.",
    },
    invalid_limit: {
      means: "`limit` is not a whole number from 1.",
      fix: "Send a `limit` from 1 to the manifest's `max_page_size`.",
    },
    invalid_cursor: {
      means: "The cursor was not issued by this call, or its filters differ from those of the first page.",
      fix: "Send `next_cursor` of the page before, with the same filters. If in doubt, start the listing again.",
    },
    invalid_sync_token: {
      means: "The vendor did not issue this `since`.",
      fix: "List the complete inventory without `since`, and keep its `sync_token`.",
    },
    since_not_supported: {
      means: "The vendor offers no incremental listings.",
      fix: "List the complete inventory. See `incremental_sync` in the manifest.",
    },
    malformed_body: {
      means: "The body of the request is not JSON.",
      fix: "Send JSON in UTF-8, with `content-type: application/json`.",
    },
    invalid_body: {
      means: "The body of the request breaks its schema. `errors` names the fields.",
      fix: "Correct the fields that `errors` names.",
    },
    invalid_destination: {
      means: "Webhooks cannot be sent to this URL: it is not https, or not at a public address.",
      fix: "Register a public https URL.",
    },
    unknown_event_type: {
      means: "The vendor does not publish this event type.",
      fix: "Register types of the manifest's `event_types`.",
    },
    unauthorized: {
      means: "There is no credential, or it is not valid.",
      fix: "Send the credential that the vendor issued, as the manifest's `authentication` describes.",
    },
    forbidden: {
      means: "The credential is valid, but may not make this call.",
      fix: "Ask the vendor for a credential with the scope of this call.",
    },
    not_found: {
      means: "The path does not exist.",
      fix: "Check the path against the API reference, and the base URL against `api_base` of the manifest.",
    },
    unknown_org: {
      means: "No org with this id is visible to this credential.",
      fix: "List the orgs with `GET /v1/orgs`.",
    },
    unknown_site: {
      means: "No site with this id is visible to this credential.",
      fix: "List the sites with `GET /v1/sites`.",
    },
    unknown_system: {
      means: "No system with this id is visible to this credential.",
      fix: "Take `system_id` from the device records.",
    },
    unknown_device: {
      means: "No device with this id is visible to this credential.",
      fix: "List the devices with `GET /v1/devices`. A removed device stays unknown.",
    },
    unknown_endpoint: {
      means: "No webhook endpoint has this id.",
      fix: "List the endpoints with `GET /v1/webhook-endpoints`.",
    },
    method_not_allowed: {
      means: "The path exists, but not with this method. `Allow` lists the methods.",
      fix: "Use a method of `Allow`.",
    },
    endpoint_stopped: {
      means: "The endpoint answered 410 before, so deliveries to it have stopped.",
      fix: "Register the endpoint again.",
    },
    device_unreachable: {
      means: "The sandbox cannot change this device now.",
      fix: "Choose another device, or wait until this one is connected.",
    },
    cursor_expired: {
      means: "The cursor is too old: its snapshot is no longer kept.",
      fix: "Start the listing again. Read the pages of a listing without long pauses.",
    },
    sync_token_expired: {
      means: "The token is older than the vendor keeps removed devices.",
      fix: "List the complete inventory without `since`.",
    },
    backfill_expired: {
      means: "The vendor no longer keeps events from that time.",
      fix: "Ask for events within `depth_hours` of the manifest, and list the inventory for the current state.",
    },
    payload_too_large: {
      means: "The body of the request is larger than the vendor accepts.",
      fix: "Send a smaller body.",
    },
    unsupported_media_type: {
      means: "The body's content type is not accepted.",
      fix: "Send `content-type: application/json`.",
    },
    rate_limited: {
      means: "Too many calls.",
      fix: "Wait for the seconds of `Retry-After`, then call again.",
    },
    internal_error: {
      means: "The vendor's service failed.",
      fix: "Call again later. If it repeats, give the vendor the `request_id`.",
    },
    unavailable: {
      means: "The vendor's service cannot answer at the moment.",
      fix: "Wait for the seconds of `Retry-After`, then call again.",
    },
  };

/** What each code of {@link REFUSAL_CODES} means, and what the sender does. The documentation shows it. */
export const REFUSAL_TEXTS: Readonly<Record<RefusalCode, { readonly means: string; readonly fix: string }>> =
  {
    missing_signature: {
      means: "The delivery has no signature, or a header of it is missing. Status 401.",
      fix: "Send webhook-id, webhook-timestamp and webhook-signature with every attempt.",
    },
    wrong_signature: {
      means: "No signature matches the body and a current secret. Status 401.",
      fix: "Check the secret and the signed bytes. `convergint-conformance listen` names the mistake and the line to change.",
    },
    stale_timestamp: {
      means: "webhook-timestamp is more than five minutes from the receiver's clock. Status 401.",
      fix: "Sign each attempt again with the current time, in seconds. Synchronise the clock.",
    },
    not_json: {
      means: "The body is not valid JSON in UTF-8. Status 400.",
      fix: "Send the bytes of one JSON document, the same that were signed.",
    },
    not_an_event: {
      means: "The body is JSON, but neither a CloudEvent nor a batch of them. Status 400.",
      fix: "Send the members `specversion`, `id`, `source`, `type`, `time` and `data`, or an array of such objects.",
    },
    invalid_event: {
      means:
        "A member of the event is invalid; `detail` names it and the requirement. Status 400, or an entry of `refused` in the answer to a batch.",
      fix: "Correct the member. Do not retry the same bytes: the result is the same.",
    },
    id_mismatch: {
      means: "webhook-id is not the id of the event in the body. Status 400.",
      fix: "Send the event's `id` as webhook-id. Only a batch has an id that differs.",
    },
    payload_too_large: {
      means: "The delivery is larger than 256 KiB. Status 413.",
      fix: "Divide the batch, or leave large members out.",
    },
    unsupported_media_type: {
      means: "The content type is not one of CloudEvents, or the body is compressed. Status 415.",
      fix: "Send `application/cloudevents+json` or `application/cloudevents-batch+json`, uncompressed.",
    },
    gone: {
      means: "This destination no longer exists. Status 410.",
      fix: "Stop deliveries to this URL, and ask for the current one.",
    },
    overloaded: {
      means: "The receiver cannot take more at the moment. Status 503.",
      fix: "Retry after the seconds of `Retry-After`.",
    },
    not_stored: {
      means: "The receiver could not store the event. Status 503.",
      fix: "Retry after the seconds of `Retry-After`. Nothing is wrong with the event.",
    },
  };
