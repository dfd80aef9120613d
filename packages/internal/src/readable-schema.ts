/** A JSON Schema, as plain data. */
export interface JsonSchema {
  [keyword: string]: unknown;
}

const isEmpty = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;

/**
 * Replaces zod's `anyOf: [X, null]` with a list of types, which reads better. If X is a reference, the two become
 * `oneOf`: code generators know this form, and some stop at the other one.
 */
function joinNull(schema: JsonSchema): void {
  const [one, other] = (schema["anyOf"] ?? []) as JsonSchema[];
  if (one === undefined || other?.["type"] !== "null") return;
  delete schema["anyOf"];
  if (typeof one["type"] !== "string") {
    schema["oneOf"] = [one, other];
    return;
  }
  Object.assign(schema, { ...one, ...schema, type: [one["type"], "null"] });
  if (Array.isArray(one["enum"])) schema["enum"] = [...one["enum"], null];
}

/**
 * Changes a JSON Schema that zod generates to a form that people and code generators read, with the same
 * meaning. For the option `override` of `z.toJSONSchema`.
 */
export function makeReadable(schema: JsonSchema): void {
  joinNull(schema);
  // Both accept every further member, but some code generators take `{}` for the schema of a map.
  if (isEmpty(schema["additionalProperties"])) schema["additionalProperties"] = true;
  // This keyword is redundant, because the name of a JSON member is always a string.
  delete schema["propertyNames"];
}
