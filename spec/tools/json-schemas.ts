import { type JsonSchema, makeReadable } from "@convergint/internal/readable-schema";
import { deviceChangeSchema, deviceSchema, removedDeviceSchema } from "@convergint/schemas";
import { z } from "zod";

export type { JsonSchema };

const COMPONENT = "#/components/schemas/";
const DIALECT = "https://json-schema.org/draft/2020-12/schema";
const BASE = "https://schemas.convergint.com/vendor-cloud/1.0/";

/**
 * Returns an OpenAPI reference to a published schema.
 *
 * @param schema a schema with an `id`
 */
export function ref(schema: z.ZodType): { $ref: string } {
  return { $ref: COMPONENT + schema.meta()?.id };
}

/**
 * Schemas that JSON Schema states differently. In zod, `lifecycle` decides which schema a change must match,
 * which gives better errors. In JSON Schema, a change may match either schema. Both accept the same payloads.
 */
const WRITTEN_OTHERWISE = new Map<z.core.$ZodType, JsonSchema>([
  [deviceChangeSchema, { anyOf: [ref(deviceSchema), ref(removedDeviceSchema)] }],
]);

/** The keywords that come first in a schema, in the order in which people read them. */
const FIRST = ["$schema", "$id", "title", "$ref", "anyOf", "oneOf", "type", "description", "x-requirement"];

function inOrder(node: unknown, parent = ""): unknown {
  if (Array.isArray(node)) return node.map((each) => inOrder(each));
  if (node === null || typeof node !== "object") return node;
  const rank = (key: string) => (FIRST.includes(key) ? FIRST.indexOf(key) : FIRST.length);
  const entries = Object.entries(node).map(([key, value]) => [key, inOrder(value, key)] as const);
  // Members keep their declared order, even a member whose name is also a keyword.
  return Object.fromEntries(
    parent === "properties" ? entries : entries.toSorted(([a], [b]) => rank(a) - rank(b)),
  );
}

/**
 * Returns the contract's schemas as OpenAPI 3.1 components, which are JSON Schema 2020-12.
 *
 * @returns the schemas by name, such as `Device`, sorted by name
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
      makeReadable(schema);
    },
  });
  return Object.fromEntries(
    Object.entries(schemas)
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([name, { $schema: _, $id: __, ...schema }]) => [name, inOrder(schema) as JsonSchema]),
  );
}

/** Replaces references to components with references to files in the same folder. */
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
 * Returns one JSON Schema 2020-12 per component, so that programs in any language can validate payloads
 * without OpenAPI.
 *
 * @returns the schemas by name, such as `Device`
 */
export function buildJsonSchemas(): Map<string, object> {
  return new Map(
    Object.entries(componentSchemas()).map(([name, schema]) => [
      name,
      {
        $schema: DIALECT,
        $id: `${BASE}${name}.json`,
        title: name,
        ...withFileReferences(schema),
      },
    ]),
  );
}

/**
 * Returns all the schemas as one JSON Schema, for programs that read one file. Each is under `$defs` with its
 * `$id`, so that references between them resolve. The bundle's root accepts any value. To validate a device, use
 * `#/$defs/Device` or the `$id` of its schema.
 */
export function bundleJsonSchemas(schemas: ReadonlyMap<string, object> = buildJsonSchemas()): object {
  return {
    $schema: DIALECT,
    $id: `${BASE}schemas.json`,
    title: "Vendor cloud contract 1.0",
    $defs: Object.fromEntries(schemas),
  };
}
