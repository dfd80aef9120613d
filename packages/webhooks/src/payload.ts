import { type PayloadIssue, WebhookPayloadError, WebhookUsageError } from "./errors.ts";

/**
 * The part of the Standard Schema interface (https://standardschema.dev) that is needed to parse a payload. zod, Valibot,
 * ArkType and others implement it.
 */
export interface PayloadSchema<Output = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => PayloadResult<Output> | Promise<PayloadResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** The result of validating a value. */
export type PayloadResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly PayloadIssue[] };

/**
 * Throws unless a body is raw bytes or text.
 *
 * @throws {WebhookUsageError} `body_not_raw`
 */
export function requireRawBody(body: unknown): asserts body is string | Uint8Array {
  if (typeof body === "string" || body instanceof Uint8Array) return;
  throw new WebhookUsageError(
    "body_not_raw",
    "The body must be the raw string or Uint8Array, not parsed: a signature covers bytes.",
  );
}

/** The maximum number of issues that an error message lists. */
const MAX_LISTED_ISSUES = 3;

const toPointer = ({ path = [] }: PayloadIssue): string =>
  path.map((step) => `/${String(typeof step === "object" ? step.key : step)}`).join("") || "(body)";

function parseJson(body: Uint8Array): unknown {
  try {
    // The option `fatal` makes sure that different bytes never decode to the same text.
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    throw new WebhookPayloadError("not_json", "The body is not JSON in UTF-8.", [], { cause: error });
  }
}

/**
 * Parses the body of a verified delivery.
 *
 * @throws {WebhookPayloadError} `not_json`, `invalid_payload`
 */
export async function parsePayload<Output>(body: Uint8Array, schema: PayloadSchema<Output>): Promise<Output> {
  const result = await schema["~standard"].validate(parseJson(body));
  if (result.issues === undefined) return result.value;
  const named = result.issues
    .slice(0, MAX_LISTED_ISSUES)
    .map((issue) => `${toPointer(issue)}: ${issue.message}`);
  throw new WebhookPayloadError(
    "invalid_payload",
    `The payload is not valid: ${named.join("; ")}`,
    result.issues,
  );
}
