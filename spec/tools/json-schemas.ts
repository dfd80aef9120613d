import { deviceChangeSchema, deviceSchema, removedDeviceSchema } from "@convergint/schemas";
import { z } from "zod";

/** A JSON Schema, as plain data. */
export interface JsonSchema {
  [keyword: string]: unknown;
}

const COMPONENT = "#/components/schemas/";

/**
 * A reference to a published schema, as OpenAPI writes it.
 *
 * @param schema one with an `id`
 */
export function ref(schema: z.ZodType): { $ref: string } {
  return { $ref: COMPONENT + schema.meta()?.id };
}

/**
 * `lifecycle` tells zod which of the two a change is, for the sake of its errors; in JSON Schema either may match,
 * which accepts the same.
 */
const WRITTEN_OTHERWISE = new Map<z.core.$ZodType, JsonSchema>([
  [deviceChangeSchema, { anyOf: [ref(deviceSchema), ref(removedDeviceSchema)] }],
]);

/** `anyOf: [X, null]` is what zod writes for `X | null`; where X is no reference, one list of types reads better. */
function joinNull(schema: JsonSchema): void {
  const [one, other] = (schema["anyOf"] ?? []) as JsonSchema[];
  if (one === undefined || other?.["type"] !== "null" || typeof one["type"] !== "string") return;
  delete schema["anyOf"];
  Object.assign(schema, { ...one, ...schema, type: [one["type"], "null"] });
  if (Array.isArray(one["enum"])) schema["enum"] = [...one["enum"], null];
}

/** The order in which people read the keywords of a schema; the others follow. */
const FIRST = ["$schema", "$id", "title", "$ref", "anyOf", "type", "description", "x-requirement"];

function inOrder(node: unknown, parent = ""): unknown {
  if (Array.isArray(node)) return node.map((each) => inOrder(each));
  if (node === null || typeof node !== "object") return node;
  const rank = (key: string) => (FIRST.includes(key) ? FIRST.indexOf(key) : FIRST.length);
  const entries = Object.entries(node).map(([key, value]) => [key, inOrder(value, key)] as const);
  // Members keep the order in which they are declared, also one that has the name of a keyword.
  return Object.fromEntries(
    parent === "properties" ? entries : entries.toSorted(([a], [b]) => rank(a) - rank(b)),
  );
}

/**
 * The contract's schemas as OpenAPI 3.1 components, which are JSON Schema 2020-12.
 *
 * @returns schema by name, such as `Device`, by name in order
 */
export function componentSchemas(): Record<string, JsonSchema> {
  const { schemas } = z.toJSONSchema(z.globalRegistry, {
    io: "input",
    uri: (name) => COMPONENT + name,
    override({ zodSchema, jsonSchema }) {
      const schema = jsonSchema as JsonSchema;
      const otherwise = WRITTEN_OTHERWISE.get(zodSchema);
      if (otherwise) {
        delete schema["oneOf"];
        Object.assign(schema, otherwise);
      }
      joinNull(schema);
      // Every name of a JSON member is a string.
      delete schema["propertyNames"];
    },
  });
  return Object.fromEntries(
    Object.entries(schemas)
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([name, { $schema: _, $id: __, ...schema }]) => [name, inOrder(schema) as JsonSchema]),
  );
}

/** References to components become references to files beside each other. */
function withFileReferences<Node>(node: Node): Node {
  if (Array.isArray(node)) return node.map(withFileReferences) as Node;
  if (node === null || typeof node !== "object") return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [
      key,
      key === "$ref" ? `${String(value).slice(COMPONENT.length)}.json` : withFileReferences(value),
    ]),
  ) as Node;
}

/**
 * One JSON Schema 2020-12 for each component, so that a reader in any language can validate a payload without
 * reading OpenAPI.
 *
 * @returns schema by name, such as `Device`
 */
export function jsonSchemas(): Map<string, object> {
  return new Map(
    Object.entries(componentSchemas()).map(([name, schema]) => [
      name,
      {
        $schema: "https://json-schema.org/draft/2020-12/schema",
        $id: `https://schemas.convergint.com/vendor-cloud/1.0/${name}.json`,
        title: name,
        ...withFileReferences(schema),
      },
    ]),
  );
}
