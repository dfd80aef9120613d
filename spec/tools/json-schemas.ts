import type { openApiDocument } from "./openapi/document.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const COMPONENT = "#/components/schemas/";

/** OpenAPI's `example` is not a JSON Schema keyword; `examples` is. References become files beside each other. */
function toJsonSchema(node: Json): Json {
  if (Array.isArray(node)) return node.map(toJsonSchema);
  if (node === null || typeof node !== "object") return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      if (key === "$ref" && typeof value === "string" && value.startsWith(COMPONENT)) {
        return [key, `${value.slice(COMPONENT.length)}.json`];
      }
      if (key === "example" && typeof value !== "object") return ["examples", [value]];
      return [key, toJsonSchema(value)];
    }),
  );
}

/**
 * One JSON Schema 2020-12 for each component of the OpenAPI document, so that a reader in any language can
 * validate a payload without reading OpenAPI.
 *
 * @param document the OpenAPI document; a 3.1 component is already a 2020-12 schema
 * @returns schema by name, such as `Device`
 */
export function jsonSchemas(document: ReturnType<typeof openApiDocument>): Map<string, object> {
  const components = (document.components?.schemas ?? {}) as Record<string, Json>;
  return new Map(
    Object.entries(components).map(([name, schema]) => [
      name,
      {
        $schema: "https://json-schema.org/draft/2020-12/schema",
        $id: `https://schemas.convergint.com/vendor-cloud/1.0/${name}.json`,
        title: name,
        ...(toJsonSchema(schema) as object),
      },
    ]),
  );
}
