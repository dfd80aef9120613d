import { WebhookUsageError, WebhookVerificationError } from "./errors.ts";

/**
 * Checks whether a text is a valid id of a delivery: 1 to 256 visible ASCII characters without a dot.
 *
 * The signed message is `id.timestamp.body`. A dot in the id would make this message ambiguous: an old
 * delivery would verify as a new delivery with another id, a recent timestamp and the rest of its body.
 */
export const isDeliveryId = (text: string): boolean => /^[\x21-\x2d\x2f-\x7e]{1,256}$/.test(text);

/**
 * The headers of a request: a `Headers` object, a plain object with names in any letter case, or the headers
 * object of Node.
 */
export type WebhookHeadersInput =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** The three headers of a signed webhook. */
export type WebhookHeaders = {
  readonly "webhook-id": string;
  /** Unix seconds. */
  readonly "webhook-timestamp": string;
  /** Space-separated signatures. */
  readonly "webhook-signature": string;
};

type HeaderName = keyof WebhookHeaders;

/**
 * The maximum length of a header. Longer headers are refused before any work is done, and no real sender
 * needs more.
 */
const MAX_CHARACTERS = 4096;

const NAME_OF_LENGTH: Readonly<Record<number, HeaderName>> = {
  10: "webhook-id",
  17: "webhook-timestamp",
};
const SIGNATURE = "webhook-signature";

const hasGet = (headers: WebhookHeadersInput): headers is { get(name: string): string | null } =>
  typeof headers.get === "function";

/**
 * Matches a key with the three names in any letter case. Comparing lengths
 * first is fast and rules out most other headers.
 */
function matchName(key: string): HeaderName | undefined {
  const { length } = key;
  if (length !== 10 && length !== 17) return undefined;
  if (key === NAME_OF_LENGTH[length] || key === SIGNATURE) return key;
  const lower = key.toLowerCase();
  return lower === NAME_OF_LENGTH[length] || lower === SIGNATURE ? (lower as HeaderName) : undefined;
}

function requireText(found: unknown, name: HeaderName): string {
  const value = Array.isArray(found) && found.length === 1 ? found[0] : found;
  if (value === undefined || value === null || value === "") {
    throw new WebhookVerificationError(
      "missing_header",
      `${name} is missing: the webhook is not signed.`,
      name,
    );
  }
  if (typeof value !== "string" || value.length > MAX_CHARACTERS) {
    throw new WebhookVerificationError(
      "malformed_header",
      `${name} is repeated or longer than ${MAX_CHARACTERS} characters.`,
      name,
    );
  }
  return value;
}

/** Collects the three headers; a header that occurs in two letter cases becomes a list. */
function collect(headers: Exclude<WebhookHeadersInput, { get(name: string): string | null }>) {
  const found: Partial<Record<HeaderName, unknown>> = {};
  for (const key of Object.keys(headers)) {
    const name = matchName(key);
    const value = name && headers[key];
    if (name && value !== undefined) found[name] = found[name] === undefined ? value : [found[name], value];
  }
  return found;
}

/**
 * Reads the three headers of a webhook.
 *
 * @throws {WebhookVerificationError} `missing_header`, `malformed_header`
 * @throws {WebhookUsageError} `invalid_headers`
 */
export function readHeaders(headers: WebhookHeadersInput): WebhookHeaders {
  if (typeof headers !== "object" || headers === null) {
    throw new WebhookUsageError("invalid_headers", "The headers must be a Headers or a plain object.");
  }
  const get = hasGet(headers) ? (name: HeaderName) => headers.get(name) : undefined;
  const found = get ? undefined : collect(headers as Parameters<typeof collect>[0]);
  const read = (name: HeaderName) => requireText(get ? get(name) : found?.[name], name);
  return {
    "webhook-id": read("webhook-id"),
    "webhook-timestamp": read("webhook-timestamp"),
    "webhook-signature": read(SIGNATURE),
  };
}
