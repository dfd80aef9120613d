import type { z } from "zod";
import { requirementOf } from "./field-requirement.ts";

/** One error in a payload. */
export interface FieldError {
  /** JSON pointer (RFC 6901) into the payload; `""` is the payload itself. */
  readonly pointer: string;
  /** What is wrong and what to send instead. */
  readonly message: string;
  /** The requirement that the field violates, such as `INV-001`; `null` if unknown. */
  readonly requirement: string | null;
}

const escapeToken = (key: PropertyKey): string => String(key).replaceAll("~", "~0").replaceAll("/", "~1");

/**
 * Returns the requirement that an issue itself names; issues do so if
 * their path does not determine the requirement.
 */
function ownRequirement(issue: z.core.$ZodIssue): string | null {
  const { "x-requirement": requirement } = issue as { "x-requirement"?: unknown };
  return typeof requirement === "string" ? requirement : null;
}

/**
 * Lists the errors of a failed parse, one per field, each with the JSON pointer of the field.
 *
 * @param error the error that `safeParse` returned
 * @param schema the schema that failed; with it, each error names the requirement of its field
 */
export function fieldErrors(error: z.core.$ZodError, schema?: z.core.$ZodType): FieldError[] {
  return error.issues.map((issue) => ({
    pointer: issue.path.map((key) => `/${escapeToken(key)}`).join(""),
    message: issue.message,
    requirement: schema === undefined ? null : (ownRequirement(issue) ?? requirementOf(schema, issue.path)),
  }));
}

/** Joins field errors into one line, for messages and problem details. */
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
