import { describeFieldErrors, fieldErrors } from "@convergint/schemas";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { z } from "zod";
import { ProblemError } from "../problem.ts";
import type { Role } from "../store/store.ts";
import type { Call } from "./call.ts";

/** Parses parameters or a body. @throws {ProblemError} `invalid_parameter`, with each invalid field */
function parse(schema: z.ZodType | undefined, value: unknown): unknown {
  if (!schema) return undefined;
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  throw new ProblemError(400, "invalid_parameter", describeFieldErrors(fieldErrors(parsed.error)));
}

const toFastifyPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1");

/**
 * Adds a route for each call.
 *
 * @param requireRole refuses a request whose token lacks the role
 */
export function serveCalls(
  app: FastifyInstance,
  calls: readonly Call[],
  requireRole: (request: FastifyRequest, role: Role) => Promise<void>,
): void {
  const parseJson = app.getDefaultJsonParser("error", "error");
  // Many clients send this content type even without a body.
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body === "") done(null);
    else parseJson(request, String(body), done);
  });
  for (const { method, path, role, params, query, body, answer, handle } of calls) {
    app.route({
      method,
      url: toFastifyPath(path),
      // Checked before the body is read, so that nothing is parsed for unauthorized callers.
      onRequest: (request) => requireRole(request, role),
      async handler(request, reply) {
        const result = await handle({
          params: parse(params, request.params),
          query: parse(query, request.query),
          body: parse(body, request.body),
          request,
          reply,
        } as Parameters<typeof handle>[0]);
        if (reply.sent || result === reply) return reply;
        return reply.code(answer.status).send(result);
      },
    });
  }
}
