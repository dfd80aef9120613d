import { describeFieldErrors, deviceStatusSchema, fieldErrors } from "@convergint/schemas";
import { z } from "zod";
import { ProblemError } from "../problem.ts";

const limit = z.coerce.number().int().min(1).max(1000).default(100);
const httpUrl = z.url({ protocol: /^https?$/ });

export const deviceQuerySchema = z.object({
  integration_id: z.string().optional(),
  site_id: z.string().optional(),
  status: deviceStatusSchema.optional(),
  limit,
  cursor: z.string().optional(),
});

export const eventQuerySchema = z.object({ after: z.coerce.number().int().min(0).default(0), limit });

export const refusedQuerySchema = z.object({ limit });

export const onboardingSchema = z.object({
  name: z.string().min(1).max(200),
  base_url: httpUrl.transform((url) => url.replace(/\/$/, "")),
  api_key: z.string().min(1).max(1000),
  poll_seconds: z.int().min(1).max(86_400).default(300),
  webhook_secrets: z.array(z.string().startsWith("whsec_")).min(1).optional(),
});

/** Reads parameters or a body. @throws {ProblemError} `invalid_parameter`, naming each field */
export function read<Output>(schema: z.ZodType<Output>, value: unknown): Output {
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  throw new ProblemError(400, "invalid_parameter", describeFieldErrors(fieldErrors(parsed.error)));
}

const cursorSchema = z.tuple([z.string(), z.string()]);

/** Writes where a listing goes on. */
export const writeCursor = (integrationId: string, deviceId: string): string =>
  Buffer.from(JSON.stringify([integrationId, deviceId])).toString("base64url");

/** Reads a cursor. @throws {ProblemError} `invalid_cursor` */
export function readCursor(cursor: string): { integrationId: string; deviceId: string } {
  try {
    const [integrationId, deviceId] = cursorSchema.parse(
      JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")),
    );
    return { integrationId, deviceId };
  } catch {
    throw new ProblemError(
      400,
      "invalid_cursor",
      "This cursor was not issued here. Start the listing again.",
    );
  }
}
