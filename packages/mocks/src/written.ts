import { describeFieldErrors, fieldErrors } from "@convergint/schemas";
import { MockError, type MockErrorCode } from "./mock-error.ts";

/** The input type of a schema: ids are plain strings, as in JSON. */
export type Written<Schema extends { readonly "~standard": { readonly types?: unknown } }> =
  NonNullable<Schema["~standard"]["types"]> extends { readonly input: infer Input } ? Input : never;

/** The part of a zod schema that validation needs. */
interface Schema<Output> {
  safeParse(
    value: unknown,
  ): { success: true; data: Output } | { success: false; error: Parameters<typeof fieldErrors>[0] };
}

/**
 * Validates a value that a test defines. The mock serves it as written (with a MAC address in capitals, for example), and
 * later changes to the test's own object have no effect.
 *
 * @param name of the value, for the message
 * @throws {MockError} with `code`
 */
export function readWritten<Output>(
  schema: Schema<Output>,
  value: unknown,
  what: string,
  code: MockErrorCode,
): Output {
  const parsed = schema.safeParse(value);
  if (parsed.success) return structuredClone(value) as Output;
  throw new MockError(code, `${what} is not valid: ${describeFieldErrors(fieldErrors(parsed.error))}`);
}
