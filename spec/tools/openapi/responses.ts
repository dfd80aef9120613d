import {
  PROBLEM_CODES,
  PROBLEM_MEDIA_TYPE,
  type ProblemCode,
  problemSchema,
  REFUSAL_CODES,
  type RefusalCode,
} from "@convergint/schemas";
import type { z } from "zod";
import { ref } from "../json-schemas.ts";
import { type headers, withHeaders } from "./headers.ts";

type HeaderName = keyof typeof headers;

const named = (examples: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }]));

/** A body with examples, by the name of each. */
export const content = (
  mediaType: string,
  schema: z.ZodType,
  examples: Readonly<Record<string, unknown>>,
) => ({
  [mediaType]: { schema: ref(schema), examples: named(examples) },
});

/** What a call sends as JSON. */
export const body = (schema: z.ZodType, description: string, example: unknown) => ({
  description,
  required: true,
  content: content("application/json", schema, { example }),
});

/** An answer in JSON, of a version that may come to be deprecated. */
export const json = (
  schema: z.ZodType,
  description: string,
  example: unknown,
  ...more: readonly HeaderName[]
) => ({
  description,
  headers: withHeaders(...more, "Deprecation", "Sunset"),
  content: content("application/json", schema, { example }),
});

/** `unknown_site` reads `Unknown site`. */
const titleOf = (code: string): string => `${code[0]?.toUpperCase()}${code.slice(1).replaceAll("_", " ")}`;

const problemOf =
  <Code extends string>(statuses: Readonly<Record<Code, number>>) =>
  (description: string, codes: readonly Code[], ...more: readonly HeaderName[]) => ({
    description,
    headers: withHeaders(...more),
    content: content(
      PROBLEM_MEDIA_TYPE,
      problemSchema,
      Object.fromEntries(codes.map((code) => [code, { title: titleOf(code), status: statuses[code], code }])),
    ),
  });

/** What a vendor answers. */
const problem = problemOf<ProblemCode>(PROBLEM_CODES);

/** What a consumer answers a delivery with. */
const refusal = problemOf<RefusalCode>(REFUSAL_CODES);

/** The answers that several calls share, by the name of their component. */
export const responses = {
  BadRequest: problem("A parameter or the body is not as it must be; `code` says which.", [
    "invalid_parameter",
    "invalid_limit",
    "invalid_cursor",
    "invalid_sync_token",
    "since_not_supported",
    "malformed_body",
    "invalid_body",
    "invalid_destination",
    "unknown_event_type",
  ]),
  Unauthorized: problem("The credential is missing, wrong or expired.", ["unauthorized"], "WwwAuthenticate"),
  Forbidden: problem("The credential lacks a scope.", ["forbidden"]),
  NotFound: problem("There is no such thing, or this credential may not see it.", [
    "not_found",
    "unknown_org",
    "unknown_site",
    "unknown_device",
    "unknown_endpoint",
  ]),
  MethodNotAllowed: problem("The path knows no such method.", ["method_not_allowed"]),
  Conflict: problem("It conflicts with the state of the endpoint or device.", [
    "endpoint_stopped",
    "device_unreachable",
  ]),
  Gone: problem("The cursor, sync token or moment is too old; `code` says what to do.", [
    "cursor_expired",
    "sync_token_expired",
    "backfill_expired",
  ]),
  TooLarge: problem("The body is too large.", ["payload_too_large"]),
  UnsupportedMediaType: problem("The body is of another media type than the call takes.", [
    "unsupported_media_type",
  ]),
  TooManyRequests: problem("Too many requests.", ["rate_limited"], "RetryAfter"),
  InternalError: problem("Something went wrong that is not the caller's fault.", ["internal_error"]),
  Unavailable: problem("Overloaded, or something it needs is down.", ["unavailable"], "RetryAfter"),
  NotAnEvent: refusal("The body is not an event of the contract; `detail` says where.", [
    "not_json",
    "not_an_event",
    "invalid_event",
    "id_mismatch",
  ]),
  NotVerified: refusal("The signature, or the time it was made, is not right.", [
    "missing_signature",
    "wrong_signature",
    "stale_timestamp",
  ]),
  EndpointGone: refusal("The destination is gone for good: the vendor stops the endpoint.", ["gone"]),
  DeliveryTooLarge: refusal("The delivery is too large.", ["payload_too_large"]),
  NotADelivery: refusal("The body is of another media type than deliveries are.", ["unsupported_media_type"]),
  NotStored: refusal(
    "Overloaded, or it cannot be stored: the delivery is to come again.",
    ["overloaded", "not_stored"],
    "RetryAfter",
  ),
  NotModified: {
    description: "Nothing has changed since the `ETag` in `If-None-Match`. There is no body.",
    headers: withHeaders("ETag", "Deprecation", "Sunset"),
  },
};

const STATUS = {
  NotModified: 304,
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  Conflict: 409,
  Gone: 410,
  EndpointGone: 410,
  NotAnEvent: 400,
  NotVerified: 401,
  DeliveryTooLarge: 413,
  NotADelivery: 415,
  NotStored: 503,
  TooLarge: 413,
  UnsupportedMediaType: 415,
  TooManyRequests: 429,
  InternalError: 500,
  Unavailable: 503,
} as const satisfies Record<keyof typeof responses, number>;

/** Shared answers by their status, as references to their components. */
export function shared(...names: (keyof typeof responses)[]) {
  return Object.fromEntries(names.map((name) => [STATUS[name], { $ref: `#/components/responses/${name}` }]));
}

/** What any call with a credential may be answered with, and more. */
export const failures = (...more: (keyof typeof responses)[]) =>
  shared(
    ...more,
    "Unauthorized",
    "Forbidden",
    "MethodNotAllowed",
    "TooManyRequests",
    "InternalError",
    "Unavailable",
  );
