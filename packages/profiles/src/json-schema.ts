import { makeReadable } from "@convergint/internal/readable-schema";
import { z } from "zod";
import { profileSchema } from "./profile.ts";

const REFERENCE = /^#\/\$defs\/(__schema\d+)$/;

/** Names the definitions after the members that use them, because editors and code generators show these names. */
function nameDefinitions(schema: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const names = new Map<string, string>();
  const defs = schema["$defs"] as Readonly<Record<string, unknown>>;
  function visit(value: unknown, member: string): void {
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      const [, old] = (key === "$ref" && REFERENCE.exec(String(inner))) || [];
      if (old === undefined) {
        if (key !== "$defs") visit(inner, KEYWORDS.has(key) || Array.isArray(value) ? member : key);
      } else if (!names.has(old)) {
        const taken = new Set(names.values());
        let name = member;
        for (let count = 2; taken.has(name); count += 1) name = `${member}_${count}`;
        names.set(old, name);
        visit(defs[old], member);
      }
    }
  }
  visit(schema, "profile");
  const text = JSON.stringify(schema).replaceAll(/__schema\d+/g, (old) => names.get(old) ?? old);
  return JSON.parse(text) as Record<string, unknown>;
}

/** Members of a JSON Schema that contain schemas but are not names of a profile. */
const KEYWORDS: ReadonlySet<string> = new Set([
  "additionalProperties",
  "allOf",
  "anyOf",
  "items",
  "oneOf",
  "properties",
]);

/** Returns the JSON Schema (2020-12) of a profile as it is written, for editors. */
export function profileJsonSchema(): Record<string, unknown> {
  return nameDefinitions(
    z.toJSONSchema(profileSchema, {
      io: "input",
      reused: "ref",
      override: ({ jsonSchema }) => makeReadable(jsonSchema as Record<string, unknown>),
    }),
  );
}
