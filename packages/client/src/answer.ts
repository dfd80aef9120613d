import { describeFieldErrors, type FieldError, fieldErrors, problemSchema } from "@convergint/schemas";
import { VendorClientError, type VendorClientErrorCode } from "./errors.ts";

/** The part of a zod schema that reading an answer takes. */
export interface Schema<Output> {
  safeParse(
    value: unknown,
  ): { success: true; data: Output } | { success: false; error: Parameters<typeof fieldErrors>[0] };
}

/** What openapi-fetch hands over when told to leave the body as text. */
export interface RawAnswer {
  readonly data?: unknown;
  readonly error?: unknown;
  readonly response: Response;
}

const CODE_OF_STATUS: Readonly<Record<number, VendorClientErrorCode>> = {
  401: "unauthorized",
  403: "unauthorized",
  404: "not_found",
};

const ADVICE: Partial<Record<VendorClientErrorCode, string>> = {
  unauthorized: "Check the API key that the vendor issued.",
  not_found: "It does not exist, or this credential may not see it.",
};

const placeOf = ({ url }: Response): string => url.split("?", 1)[0] ?? url;

function refusal({ error, response }: RawAnswer): VendorClientError {
  const url = placeOf(response);
  const parsed = problemSchema.safeParse(error);
  const code = CODE_OF_STATUS[response.status] ?? "refused";
  const words = parsed.success ? `: ${parsed.data.detail ?? parsed.data.title}` : "";
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

function invalid(url: string, fields: readonly FieldError[]): VendorClientError {
  return new VendorClientError(
    "invalid_payload",
    `${url} answered with something else than the contract says: ${describeFieldErrors(fields)}. Run the conformance suite against this vendor.`,
    { url, fields },
  );
}

/** An answer without a body. @throws {VendorClientError} `unauthorized`, `not_found`, `refused` */
export function requireSuccess(answer: RawAnswer): void {
  if (!answer.response.ok) throw refusal(answer);
}

/**
 * Reads an answer, trusting nothing of it.
 *
 * @throws {VendorClientError} `unauthorized`, `not_found`, `refused`, `not_json`, `invalid_payload`
 */
export function readAnswer<Output>(answer: RawAnswer, schema: Schema<Output>): Output {
  requireSuccess(answer);
  const url = placeOf(answer.response);
  let value: unknown;
  try {
    value = JSON.parse(String(answer.data));
  } catch (error) {
    throw new VendorClientError(
      "not_json",
      `${url} answered ${answer.response.status} with something that is not JSON. Is this the vendor's API, or a page in front of it?`,
      { url, status: answer.response.status },
      { cause: error },
    );
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw invalid(url, fieldErrors(parsed.error));
  return parsed.data;
}
