import { describeFieldErrors, fieldErrors } from "@convergint/schemas";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { z } from "zod";
import { ProblemError } from "../problem.ts";
import type { Role } from "../store/token-store.ts";
import type { Call } from "./call.ts";

/** Reads parameters or a body. @throws {ProblemError} `invalid_parameter`, naming each field */
function read(schema: z.ZodType | undefined, value: unknown): unknown {
  if (!schema) return undefined;
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  throw new ProblemError(400, "invalid_parameter", describeFieldErrors(fieldErrors(parsed.error)));
}

const inFastify = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1");

/**
 * Serves calls.
 *
 * @param requireRole refuses a request whose token does not let its holder do this
 */
export function serveCalls(
  app: FastifyInstance,
  calls: readonly Call[],
  requireRole: (request: FastifyRequest, role: Role) => Promise<void>,
): void {
  const parseJson = app.getDefaultJsonParser("error", "error");
  // Many a client says that it sends JSON also where it sends nothing.
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body === "") done(null);
    else parseJson(request, String(body), done);
  });
  for (const { method, path, role, params, query, body, answer, handle } of calls) {
    app.route({
      method,
      url: inFastify(path),
      // Before the body is read: who may not call has nothing parsed.
      onRequest: (request) => requireRole(request, role),
      async handler(request, reply) {
        const result = await handle({
          params: read(params, request.params),
          query: read(query, request.query),
          body: read(body, request.body),
          request,
          reply,
        } as Parameters<typeof handle>[0]);
        if (reply.sent || result === reply) return reply;
        return reply.code(answer.status).send(result);
      },
    });
  }
}
