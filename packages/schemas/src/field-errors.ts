import { z } from "zod";

/** Returns the schemas that may apply one step further along a path. */
export function stepsInto(schema: z.core.$ZodType, key: PropertyKey): z.core.$ZodType[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "object": {
      const field = def.shape[String(key)];
      return field === undefined ? [] : [field];
    }
    case "array":
      return [def.element];
    case "record":
      return [def.valueType];
    case "union":
      return def.options.flatMap((option) => stepsInto(option, key));
    case "optional":
    case "nullable":
      return stepsInto(def.innerType, key);
    default:
      return [];
  }
}

/** Returns the `x-requirement` of a schema, or of the schema inside an optional or nullable one. */
function requirementAt(schema: z.core.$ZodType): string | null {
  const found = z.globalRegistry.get(schema)?.["x-requirement"];
  if (typeof found === "string") return found;
  const { def } = (schema as z.core.$ZodTypes)._zod;
  return def.type === "optional" || def.type === "nullable" ? requirementAt(def.innerType) : null;
}

/**
 * Returns the requirement of a field: the deepest `x-requirement` on the path to it.
 *
 * @param path path from the root of the payload, as in zod's issues
 */
function requirementOf(schema: z.core.$ZodType, path: readonly PropertyKey[]): string | null {
  let reached = [schema];
  let requirement = requirementAt(schema);
  for (const key of path) {
    reached = reached.flatMap((each) => stepsInto(each, key));
    requirement = reached.map(requirementAt).find((found) => found !== null) ?? requirement;
  }
  return requirement;
}

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

/** Writes a path as a JSON pointer (RFC 6901). */
export const toPointer = (path: readonly PropertyKey[]): string =>
  path.map((key) => `/${escapeToken(key)}`).join("");

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
export function fieldErrors(error: Pick<z.core.$ZodError, "issues">, schema?: z.core.$ZodType): FieldError[] {
  return error.issues.map((issue) => ({
    pointer: toPointer(issue.path),
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
