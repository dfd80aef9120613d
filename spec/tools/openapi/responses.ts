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

const header = (description: string, schema: object, example: unknown) => ({ description, schema, example });

/** The response headers, by component name. */
export const headers = {
  ETag: header(
    "If the manifest declares `conditional_requests`, page one of a listing and each single resource have an `ETag`. The `ETag` differs whenever the content differs.",
    { type: "string" },
    '"9f2c51"',
  ),
  RetryAfter: header("Seconds to wait before the next attempt.", { type: "integer", minimum: 0 }, 30),
  Deprecation: header(
    "RFC 9745: the time from which this version is deprecated. Absent if this version is not deprecated.",
    { type: "string", pattern: "^@\\d+$" },
    "@1830297600",
  ),
  Sunset: header(
    "RFC 8594: the time when this version ends, at least 180 days after the announcement. Absent if no end is planned.",
    { type: "string" },
    "Sun, 01 Jan 2028 00:00:00 GMT",
  ),
  WwwAuthenticate: header("The authentication scheme to use.", { type: "string" }, "Bearer"),
};

const NAMES = {
  ETag: "ETag",
  RetryAfter: "Retry-After",
  Deprecation: "Deprecation",
  Sunset: "Sunset",
  WwwAuthenticate: "WWW-Authenticate",
} as const;

/** Returns the headers of a response as references to their components. */
export function withHeaders(...components: (keyof typeof headers)[]) {
  return Object.fromEntries(
    components.map((component) => [NAMES[component], { $ref: `#/components/headers/${component}` }]),
  );
}

type HeaderName = keyof typeof headers;

const named = (examples: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }]));

/** A body with named examples. */
export const content = (
  mediaType: string,
  schema: z.ZodType,
  examples: Readonly<Record<string, unknown>>,
) => ({
  [mediaType]: { schema: ref(schema), examples: named(examples) },
});

/** A JSON request body. */
export const body = (schema: z.ZodType, description: string, example: unknown) => ({
  description,
  required: true,
  content: content("application/json", schema, { example }),
});

/** A JSON response, with the headers that announce the deprecation of an API version. */
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

/** Turns `unknown_site` into `Unknown site`. */
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

/** A problem from a vendor. */
const problem = problemOf<ProblemCode>(PROBLEM_CODES);

/** A problem from a consumer that refuses a delivery. */
const refusal = problemOf<RefusalCode>(REFUSAL_CODES);

/** The responses that several calls share, by component name. */
export const responses = {
  BadRequest: problem("A parameter or the body is invalid; `code` says which.", [
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
  NotFound: problem("The object does not exist, or this credential may not see it.", [
    "not_found",
    "unknown_org",
    "unknown_site",
    "unknown_system",
    "unknown_device",
    "unknown_endpoint",
  ]),
  MethodNotAllowed: problem("The path does not support this method.", ["method_not_allowed"]),
  Conflict: problem("The call conflicts with the state of the endpoint or device.", [
    "endpoint_stopped",
    "device_unreachable",
  ]),
  Gone: problem("The cursor, the sync token or the time in `after` is too old; `code` says what to do.", [
    "cursor_expired",
    "sync_token_expired",
    "backfill_expired",
  ]),
  TooLarge: problem("The body is too large.", ["payload_too_large"]),
  UnsupportedMediaType: problem("The call does not accept the media type of the body.", [
    "unsupported_media_type",
  ]),
  TooManyRequests: problem("Too many requests.", ["rate_limited"], "RetryAfter"),
  InternalError: problem("The server failed. The caller made no mistake.", ["internal_error"]),
  Unavailable: problem("The server is overloaded, or a dependency is down.", ["unavailable"], "RetryAfter"),
  NotAnEvent: refusal("The body is not a valid event; `detail` says where the fault is.", [
    "not_json",
    "not_an_event",
    "invalid_event",
    "id_mismatch",
  ]),
  NotVerified: refusal(
    "The signature is wrong, or the timestamp differs from the current time by more than 5 minutes.",
    ["missing_signature", "wrong_signature", "stale_timestamp"],
  ),
  EndpointGone: refusal("The destination is permanently gone: the vendor stops the endpoint.", ["gone"]),
  DeliveryTooLarge: refusal("The delivery is too large.", ["payload_too_large"]),
  NotADelivery: refusal("The body does not have the media type of a delivery.", ["unsupported_media_type"]),
  NotStored: refusal(
    "The consumer is overloaded or cannot store the delivery. Retry.",
    ["overloaded", "not_stored"],
    "RetryAfter",
  ),
  NotModified: {
    description: "Nothing has changed since the `ETag` in `If-None-Match`. The response has no body.",
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

/** Returns shared responses by status, as references to their components. */
export function shared(...names: (keyof typeof responses)[]) {
  return Object.fromEntries(names.map((name) => [STATUS[name], { $ref: `#/components/responses/${name}` }]));
}

/** Returns the responses that every authenticated call can have, and additional ones. */
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
