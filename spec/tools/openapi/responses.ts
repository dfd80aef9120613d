import type { ResponseConfig } from "@asteasolutions/zod-to-openapi";
import { PROBLEM_MEDIA_TYPE, problemSchema } from "@convergint/schemas";
import type { z } from "zod";

/** A JSON answer. */
export const json = (schema: z.ZodType, description: string): ResponseConfig => ({
  description,
  content: { "application/json": { schema } },
});

const problem = (description: string): ResponseConfig => ({
  description,
  content: { [PROBLEM_MEDIA_TYPE]: { schema: problemSchema } },
});

const RETRY_AFTER = {
  "Retry-After": { description: "Seconds to wait.", schema: { type: "integer" as const, minimum: 0 } },
};

export const badRequest = problem("A parameter or the body is not as it must be; `code` says which.");
export const unauthorized = problem("The credential is missing or wrong.");
export const notFound = problem("There is no such thing, or this credential may not see it.");
export const gone = problem("The cursor or token has expired: start a full listing.");
export const tooManyRequests: ResponseConfig = { ...problem("Too many requests."), headers: RETRY_AFTER };
export const tooLarge = problem("The delivery is too large.");
export const unsupportedMediaType = problem("The delivery is not application/cloudevents+json.");
export const unavailable: ResponseConfig = {
  ...problem("Overloaded or unable to store: send it again later."),
  headers: RETRY_AFTER,
};
