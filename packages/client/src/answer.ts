import { describeFieldErrors, type FieldError, fieldErrors, problemSchema } from "@convergint/schemas";
import { VendorClientError, type VendorClientErrorCode } from "./errors.ts";
import { placeOf } from "./plain-url.ts";

/** The part of a zod schema that reading an answer takes. */
export type Schema<Output> = NonNullable<Parameters<typeof fieldErrors>[1]> & {
  safeParse(
    value: unknown,
  ): { success: true; data: Output } | { success: false; error: Parameters<typeof fieldErrors>[0] };
};

/** What openapi-fetch hands over when told to leave the body of an answer alone. */
export interface RawAnswer {
  /** The body of a refusal, parsed where it is JSON. */
  readonly error?: unknown;
  readonly response: Response;
}

const CODE_OF_STATUS: Readonly<Record<number, VendorClientErrorCode>> = {
  401: "unauthorized",
  403: "unauthorized",
  404: "not_found",
};

const ADVICE: Partial<Record<VendorClientErrorCode, string>> = {
  unauthorized: "Check the API key or client credentials that the vendor issued.",
  not_found: "It does not exist, or this credential may not see it.",
};

/** For the middle of a sentence. */
const withoutFullStop = (words: string): string => words.replace(/\.$/, "");

function refusal({ error, response }: RawAnswer): VendorClientError {
  const url = placeOf(response.url);
  const parsed = problemSchema.safeParse(error);
  const code = CODE_OF_STATUS[response.status] ?? "refused";
  const words = parsed.success ? `: ${withoutFullStop(parsed.data.detail ?? parsed.data.title)}` : "";
  return new VendorClientError(
    code,
    `${url} answered ${response.status}${words}. ${ADVICE[code] ?? ""}`.trim(),
    {
      url,
      status: response.status,
      ...(parsed.success ? { problem: parsed.data } : {}),
    },
  );
}

/** An answer that the contract does not allow. */
export function invalidPayload(url: string, fields: readonly FieldError[]): VendorClientError {
  return new VendorClientError(
    "invalid_payload",
    `${url} answered with something else than the contract says: ${withoutFullStop(describeFieldErrors(fields))}. Run the conformance suite against this vendor.`,
    { url, fields },
  );
}

/** An answer that is not JSON. What it is instead is not told: it may repeat the credential. */
export function notJson(url: string, status: number): VendorClientError {
  return new VendorClientError(
    "not_json",
    `${url} answered ${status} with something that is not JSON. Is this the vendor's API, or a page in front of it?`,
    { url, status },
  );
}

/** An answer without a body. @throws {VendorClientError} `unauthorized`, `not_found`, `refused` */
export function requireSuccess(answer: RawAnswer): void {
  if (!answer.response.ok) throw refusal(answer);
}

async function jsonOf(response: Response): Promise<unknown> {
  try {
    return JSON.parse(await response.text());
  } catch {
    throw notJson(placeOf(response.url), response.status);
  }
}

/**
 * Reads an answer, trusting nothing of it.
 *
 * @param adapt what to make of the JSON before it is held to the schema
 * @throws {VendorClientError} `unauthorized`, `not_found`, `refused`, `not_json`, `invalid_payload`
 */
export async function readAnswer<Output>(
  answer: RawAnswer,
  schema: Schema<Output>,
  adapt: (json: unknown) => unknown = (json) => json,
): Promise<Output> {
  requireSuccess(answer);
  const parsed = schema.safeParse(adapt(await jsonOf(answer.response)));
  if (!parsed.success) throw invalidPayload(placeOf(answer.response.url), fieldErrors(parsed.error, schema));
  return parsed.data;
}
