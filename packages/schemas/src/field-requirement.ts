import { z } from "zod";

/** Returns the schemas that may apply one step further along a path. */
function stepsInto(schema: z.core.$ZodType, key: PropertyKey): z.core.$ZodType[] {
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
export function requirementOf(schema: z.core.$ZodType, path: readonly PropertyKey[]): string | null {
  let reached = [schema];
  let requirement = requirementAt(schema);
  for (const key of path) {
    reached = reached.flatMap((each) => stepsInto(each, key));
    requirement = reached.map(requirementAt).find((found) => found !== null) ?? requirement;
  }
  return requirement;
}
