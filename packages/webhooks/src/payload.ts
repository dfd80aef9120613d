import { type PayloadIssue, WebhookPayloadError } from "./errors.ts";
import type { PayloadSchema } from "./standard-schema.ts";

/** The most issues that a message names. */
const MOST_NAMED = 3;

const pointer = ({ path = [] }: PayloadIssue): string =>
  path.map((step) => `/${String(typeof step === "object" ? step.key : step)}`).join("") || "(body)";

function parseJson(body: Uint8Array): unknown {
  try {
    // Different bytes stay different text: what is not UTF-8 is not JSON.
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    throw new WebhookPayloadError("not_json", "The body is not JSON in UTF-8.", [], { cause: error });
  }
}

/**
 * Parses a body whose signature was verified.
 *
 * @throws {WebhookPayloadError} `not_json`, `invalid_payload`
 */
export async function parsePayload<Output>(body: Uint8Array, schema: PayloadSchema<Output>): Promise<Output> {
  const result = await schema["~standard"].validate(parseJson(body));
  if (result.issues === undefined) return result.value;
  const named = result.issues.slice(0, MOST_NAMED).map((issue) => `${pointer(issue)}: ${issue.message}`);
  throw new WebhookPayloadError(
    "invalid_payload",
    `The payload is not valid: ${named.join("; ")}`,
    result.issues,
  );
}
