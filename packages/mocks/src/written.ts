import { describeFieldErrors, fieldErrors } from "@convergint/schemas";
import { MockError, type MockErrorCode } from "./mock-error.ts";

/** What may be written where a schema is read: plain strings for ids, as in JSON. */
export type Written<Schema extends { readonly "~standard": { readonly types?: unknown } }> =
  NonNullable<Schema["~standard"]["types"]> extends { readonly input: infer Input } ? Input : never;

/** The part of a zod schema that checking takes. */
interface Schema<Output> {
  safeParse(
    value: unknown,
  ): { success: true; data: Output } | { success: false; error: Parameters<typeof fieldErrors>[0] };
}

/**
 * Makes sure that what a test wrote may be served. It is served as it was written, a MAC address in capitals included,
 * and a change that the test makes to its own object afterwards changes nothing.
 *
 * @param what it is, for the message
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
