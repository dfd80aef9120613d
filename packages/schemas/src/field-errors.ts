import type { z } from "zod";

/** One thing wrong with a payload. */
export interface FieldError {
  /** Where: a JSON pointer (RFC 6901) into the payload; `""` is the payload itself. */
  readonly pointer: string;
  /** What is wrong with it and what to send instead. */
  readonly message: string;
}

const escapeToken = (key: PropertyKey): string => String(key).replaceAll("~", "~0").replaceAll("/", "~1");

/**
 * Turns a failed parse into one line a field, addressed the way a person finds it in the JSON.
 *
 * @param error what `safeParse` returned
 */
export function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.map((issue) => ({
    pointer: issue.path.map((key) => `/${escapeToken(key)}`).join(""),
    message: issue.message,
  }));
}

/** Writes field errors as one sentence, for messages and problem details. */
export function describeFieldErrors(errors: readonly FieldError[], most = 5): string {
  const shown = errors.slice(0, most).map(({ pointer, message }) => `${pointer || "(body)"}: ${message}`);
  const hidden = errors.length - shown.length;
  return shown.join("; ") + (hidden > 0 ? `; and ${hidden} more` : "");
}
