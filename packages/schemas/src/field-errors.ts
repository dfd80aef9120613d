import type { z } from "zod";
import { requirementOf } from "./field-requirement.ts";

/** One thing wrong with a payload. */
export interface FieldError {
  /** Where: a JSON pointer (RFC 6901) into the payload; `""` is the payload itself. */
  readonly pointer: string;
  /** What is wrong with it and what to send instead. */
  readonly message: string;
  /** The requirement of the contract that asks for it, such as `INV-001`; `null` where none is known. */
  readonly requirement: string | null;
}

const escapeToken = (key: PropertyKey): string => String(key).replaceAll("~", "~0").replaceAll("/", "~1");

/** What an error says itself, where its path would not tell. */
function ownRequirement(issue: z.core.$ZodIssue): string | null {
  const { "x-requirement": requirement } = issue as { "x-requirement"?: unknown };
  return typeof requirement === "string" ? requirement : null;
}

/**
 * Turns a failed parse into one line a field, addressed the way a person finds it in the JSON.
 *
 * @param error what `safeParse` returned
 * @param schema what it was parsed by; with it, each error names the requirement that its field is held to
 */
export function fieldErrors(error: z.core.$ZodError, schema?: z.core.$ZodType): FieldError[] {
  return error.issues.map((issue) => ({
    pointer: issue.path.map((key) => `/${escapeToken(key)}`).join(""),
    message: issue.message,
    requirement: schema === undefined ? null : (ownRequirement(issue) ?? requirementOf(schema, issue.path)),
  }));
}

/** Writes field errors as one sentence, for messages and problem details. */
export function describeFieldErrors(
  errors: readonly (Pick<FieldError, "pointer" | "message"> & Partial<FieldError>)[],
  most = 5,
): string {
  const shown = errors
    .slice(0, most)
    .map(
      ({ pointer, message, requirement }) =>
        `${pointer || "(body)"}: ${message}${requirement ? ` (${requirement})` : ""}`,
    );
  const hidden = errors.length - shown.length;
  return shown.join("; ") + (hidden > 0 ? `; and ${hidden} more` : "");
}
