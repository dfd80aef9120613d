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

/** Matches zod's own messages, which name its types and not what to send. */
const ZOD_MESSAGE =
  /^(?:Invalid (?:input|option|URL|ISO|number|string)\b|Too (?:small|big):|Unrecognized key)/;

const NOUNS: Readonly<Record<string, string>> = {
  array: "an array",
  boolean: "true or false",
  int: "a whole number",
  null: "null",
  object: "an object",
  record: "an object",
};

/** Writes a bound of a number, a text's length or an array's length. */
function describeBound(bound: string, limit: number | bigint, origin: string): string {
  if (origin !== "string" && origin !== "array") return `Send a number that is ${bound} ${limit}.`;
  const unit = origin === "string" ? "character" : "item";
  return `Send ${bound} ${limit} ${unit}${Number(limit) === 1 ? "" : "s"}.`;
}

/** Says what to send, where a schema has only zod's own message. */
function toMessage(issue: z.core.$ZodIssue): string {
  if (!ZOD_MESSAGE.test(issue.message)) return issue.message;
  switch (issue.code) {
    case "invalid_type": {
      const missing = issue.message.endsWith("received undefined") ? "This field is required. " : "";
      return `${missing}Send ${NOUNS[issue.expected] ?? `a ${issue.expected}`}.`;
    }
    case "too_small":
      return describeBound(issue.inclusive === false ? "more than" : "at least", issue.minimum, issue.origin);
    case "too_big":
      return describeBound(issue.inclusive === false ? "less than" : "at most", issue.maximum, issue.origin);
    case "not_multiple_of":
      return `Send a multiple of ${issue.divisor}.`;
    case "invalid_value":
      return `Send ${issue.values
        .map((value) => JSON.stringify(value))
        .join(", ")
        .replace(/, ([^,]*)$/, " or $1")}.`;
    case "unrecognized_keys":
      return `Remove ${issue.keys.map((key) => JSON.stringify(key)).join(", ")}: no such field exists.`;
    case "invalid_format":
      return `Send ${{ url: "a URL", datetime: "a time such as 2026-11-30T09:00:00Z" }[issue.format as string] ?? `a text in the format ${issue.format}`}.`;
    case "invalid_union":
      return "This has none of the forms that are allowed here.";
    default:
      return issue.message;
  }
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
    message: toMessage(issue),
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
