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
