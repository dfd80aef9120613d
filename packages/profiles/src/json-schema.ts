import { makeReadable } from "@convergint/internal/readable-schema";
import { z } from "zod";
import { profileSchema } from "./profile.ts";

/** Returns the JSON Schema (2020-12) of a profile as it is written, for editors. */
export function profileJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(profileSchema, {
    io: "input",
    reused: "ref",
    override: ({ jsonSchema }) => makeReadable(jsonSchema as Record<string, unknown>),
  });
}
