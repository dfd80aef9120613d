import { WebhookUsageError, WebhookVerificationError } from "./errors.ts";

/** Headers as a server hands them over: `Headers`, a plain object in any letter case, or Node's. */
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

/** Nothing honest is longer; a longer header is refused before any work is done on it. */
const MOST_CHARACTERS = 4096;

const NAME_OF_LENGTH: Readonly<Record<number, HeaderName>> = {
  10: "webhook-id",
  17: "webhook-timestamp",
};
const SIGNATURE = "webhook-signature";

const hasGet = (headers: WebhookHeadersInput): headers is { get(name: string): string | null } =>
  typeof headers.get === "function";

/** Which of the three a key is, in any letter case. Its length tells nearly every other header apart for nothing. */
function nameOf(key: string): HeaderName | undefined {
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
      `${name} is missing: this is no signed webhook.`,
      name,
    );
  }
  if (typeof value !== "string" || value.length > MOST_CHARACTERS) {
    throw new WebhookVerificationError("malformed_header", `${name} is there twice, or far too long.`, name);
  }
  return value;
}

/** The three by their names; one that is there in two letter cases is a list of both. */
function collect(headers: Exclude<WebhookHeadersInput, { get(name: string): string | null }>) {
  const found: Partial<Record<HeaderName, unknown>> = {};
  for (const key of Object.keys(headers)) {
    const name = nameOf(key);
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
