const header = (description: string, schema: object, example: unknown) => ({ description, schema, example });

/** The headers of answers, by the name of their component. */
export const headers = {
  ETag: header(
    "Differs whenever anything in what is answered differs; on page one of a listing and on single resources, where the manifest declares `conditional_requests`.",
    { type: "string" },
    '"9f2c51"',
  ),
  RetryAfter: header("Seconds to wait before asking again.", { type: "integer", minimum: 0 }, 30),
  Deprecation: header(
    "RFC 9745: since when this version is deprecated. Absent while it is not.",
    { type: "string", pattern: "^@\\d+$" },
    "@1830297600",
  ),
  Sunset: header(
    "RFC 8594: when this version ends, at least 180 days after that was announced. Absent while that is not decided.",
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

/** An answer's headers, as references to their components. */
export function withHeaders(...components: (keyof typeof headers)[]) {
  return Object.fromEntries(
    components.map((component) => [NAMES[component], { $ref: `#/components/headers/${component}` }]),
  );
}
