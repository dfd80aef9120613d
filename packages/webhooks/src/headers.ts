import { WebhookVerificationError } from "./errors.ts";

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

/** Nothing honest is longer; a longer header is refused before any work is done on it. */
const MOST_CHARACTERS = 4096;

const hasGet = (headers: WebhookHeadersInput): headers is { get(name: string): string | null } =>
  typeof headers.get === "function";

function lookUp(headers: WebhookHeadersInput, name: string): unknown {
  if (hasGet(headers)) return headers.get(name);
  // Lengths first: nearly every header of a request is told apart by its length, without making a new text.
  const values = Object.keys(headers)
    .filter((key) => key.length === name.length && key.toLowerCase() === name)
    .map((key) => headers[key])
    .filter((value) => value !== undefined);
  return values.length > 1 ? values : values[0];
}

/**
 * Reads one webhook header.
 *
 * @throws {WebhookVerificationError} `missing_header`, `malformed_header`
 */
export function readHeader(headers: WebhookHeadersInput, name: keyof WebhookHeaders): string {
  const found = lookUp(headers, name);
  const value = Array.isArray(found) && found.length === 1 ? found[0] : found;
  if (value === undefined || value === null || value === "") {
    throw new WebhookVerificationError(
      "missing_header",
      `The header ${name} is missing: this is not a signed webhook.`,
      name,
    );
  }
  if (typeof value !== "string" || value.length > MOST_CHARACTERS) {
    throw new WebhookVerificationError(
      "malformed_header",
      `The header ${name} is there twice, or far too long.`,
      name,
    );
  }
  return value;
}
