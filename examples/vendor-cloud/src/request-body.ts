import { describeFieldErrors, fieldErrors } from "@convergint/schemas";
import type { z } from "zod";
import { ProblemError } from "./problem.ts";

/**
 * Parses a request's JSON body.
 *
 * @throws {ProblemError} `invalid_body` with what to send instead
 */
export function readBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new ProblemError("invalid_body", describeFieldErrors(fieldErrors(parsed.error)));
  return parsed.data;
}
