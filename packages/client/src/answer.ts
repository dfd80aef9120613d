import { toShownText } from "@convergint/internal/printable";
import {
  describeFieldErrors,
  type FieldError,
  fieldErrors,
  type Problem,
  problemSchema,
} from "@convergint/schemas";
import { VendorClientError, type VendorClientErrorCode } from "./errors.ts";
import { placeOf } from "./plain-url.ts";
import { type ResponseLimits, requireWithinLimits } from "./response-limits.ts";

/** The part of a zod schema that is needed to read a response. */
export type Schema<Output> = NonNullable<Parameters<typeof fieldErrors>[1]> & {
  safeParse(
    value: unknown,
  ): { success: true; data: Output } | { success: false; error: Parameters<typeof fieldErrors>[0] };
};

/** The result of openapi-fetch with an unread body. */
export interface RawAnswer {
  /** The body of a refusal, parsed if it is JSON. */
  readonly error?: unknown;
  readonly response: Response;
}

const CODE_OF_STATUS: Readonly<Record<number, VendorClientErrorCode>> = {
  401: "unauthorized",
  403: "unauthorized",
  404: "not_found",
};

const ADVICE: Partial<Record<VendorClientErrorCode, string>> = {
  unauthorized: "Check the credential that the vendor issued, or the public key that it registered.",
  not_found: "The object does not exist, or this credential may not see it.",
};

/** Removes the full stop, for use inside a sentence. */
const withoutFullStop = (words: string): string => words.replace(/\.$/, "");

/** Shortens the texts of a problem, which end up in errors and logs. */
const shortened = (problem: Problem): Problem => ({
  ...problem,
  ...Object.fromEntries(
    Object.entries(problem).flatMap(([name, value]) =>
      typeof value === "string" ? [[name, toShownText(value)]] : [],
    ),
  ),
});

function refusal({ error, response }: RawAnswer): VendorClientError {
  const url = placeOf(response.url);
  const parsed = problemSchema.safeParse(error);
  const problem = parsed.success ? shortened(parsed.data) : null;
  const code = CODE_OF_STATUS[response.status] ?? "refused";
  const words = problem ? `: ${withoutFullStop(problem.detail ?? problem.title)}` : "";
  return new VendorClientError(
    code,
    `${url} answered ${response.status}${words}. ${ADVICE[code] ?? ""}`.trim(),
    {
      url,
      status: response.status,
      ...(problem ? { problem } : {}),
    },
  );
}

/** Returns the error for a response that the contract does not allow. */
export function invalidPayload(url: string, fields: readonly FieldError[]): VendorClientError {
  return new VendorClientError(
    "invalid_payload",
    `${url} sent a response that the contract does not allow: ${toShownText(withoutFullStop(describeFieldErrors(fields)), 2000)}. Run the conformance suite against this vendor.`,
    { url, fields },
  );
}

/**
 * Returns the error for a response that is not JSON. Does not quote the
 * response, which may contain the credential.
 */
export function notJson(url: string, status: number): VendorClientError {
  return new VendorClientError(
    "not_json",
    `${url} answered ${status} with a body that is not JSON. Check that the URL is the vendor's API, not a web page or proxy.`,
    { url, status },
  );
}

/**
 * Checks the status of a response, and ignores its body.
 *
 * @throws {VendorClientError} with the code `unauthorized`, `not_found` or `refused`
 */
export function requireSuccess(answer: RawAnswer): void {
  if (!answer.response.ok) throw refusal(answer);
}

function jsonOf(text: string, place: string, status: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw notJson(place, status);
  }
}

/** The JSON of a successful response. */
export interface JsonAnswer {
  readonly json: unknown;
  /** URL of the call, for messages. */
  readonly place: string;
  /** Number of characters of the JSON text. */
  readonly size: number;
}

/**
 * Reads the JSON of a response.
 *
 * @param measure receives the size of the response in bytes
 * @throws {VendorClientError} `unauthorized`, `not_found`, `refused`, `not_json`
 */
export async function readJson(
  answer: RawAnswer,
  measure: (bytes: number) => void = () => {},
): Promise<JsonAnswer> {
  requireSuccess(answer);
  const { response } = answer;
  const place = placeOf(response.url);
  const text = await response.text();
  measure(new TextEncoder().encode(text).byteLength);
  return { json: jsonOf(text, place, response.status), place, size: text.length };
}

/**
 * Reads and validates a response.
 *
 * @param adapt transforms the JSON before validation
 * @param measure gets the number of bytes of the response
 * @throws {VendorClientError} `unauthorized`, `not_found`, `refused`, `not_json`, `too_many_items`, `item_too_large`,
 *   `invalid_payload`
 */
export async function readAnswer<Output>(
  answer: RawAnswer,
  schema: Schema<Output>,
  limits: ResponseLimits,
  adapt: (json: unknown) => unknown = (json) => json,
  measure: (bytes: number) => void = () => {},
): Promise<Output> {
  const { json, place, size } = await readJson(answer, measure);
  requireWithinLimits(json, size, place, limits);
  const parsed = schema.safeParse(adapt(json));
  if (!parsed.success) throw invalidPayload(place, fieldErrors(parsed.error, schema));
  return parsed.data;
}
