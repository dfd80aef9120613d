import { describeFieldErrors, fieldErrors } from "@convergint/schemas";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { closestMatch } from "leven";
import { z } from "zod";
import { type Access, requireAllCustomers } from "../access/tokens.ts";
import { ProblemError } from "../problem.ts";
import type { Role } from "../store/store.ts";
import { acceptsNoBody, type Call } from "./call.ts";

/** How many characters of an unknown name to show. */
const MAX_SHOWN = 60;

const refuse = (detail: string) => new ProblemError(400, "invalid_parameter", detail);

/** Returns the names of the members that a schema of an object defines. */
function namesOf(schema: unknown): readonly string[] {
  if (schema instanceof z.ZodPrefault) return namesOf(schema.unwrap());
  if (schema instanceof z.ZodIntersection) return [schema.def.left, schema.def.right].flatMap(namesOf);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(namesOf);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/**
 * Refuses names that a call does not define. Ignoring a misspelt filter would answer with every customer's
 * data, and ignoring a misspelt member of a body would store a value that the caller did not mean.
 */
function refuseUnknownNames(
  kind: "parameter" | "member",
  schema: z.ZodType | undefined,
  value: unknown,
): void {
  const known = namesOf(schema);
  const unknown = Object.keys(value ?? {}).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  // Without its brackets, a name such as `customer_id[]` is close to the name that the caller means.
  const nearest = closestMatch(unknown.slice(0, MAX_SHOWN).replace("[]", ""), known, { maxDistance: 3 });
  const advice =
    nearest !== undefined
      ? `Did you mean ${nearest}?`
      : known.length > 0
        ? `This call has the ${kind}s ${known.join(", ")}.`
        : `This call has no ${kind}s.`;
  throw refuse(`Unknown ${kind} ${JSON.stringify(unknown.slice(0, MAX_SHOWN))}. ${advice}`);
}

/** Parses parameters or a body. @throws {ProblemError} `invalid_parameter`, with each invalid field */
function parse(schema: z.ZodType | undefined, value: unknown): unknown {
  if (!schema) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw refuse(describeFieldErrors(fieldErrors(parsed.error)));
}

function parseQuery(schema: z.ZodType | undefined, query: unknown): unknown {
  refuseUnknownNames("parameter", schema, query);
  return parse(schema, query);
}

function parseBody(schema: z.ZodType | undefined, body: unknown): unknown {
  if (!schema) return undefined;
  if (body === undefined && !acceptsNoBody(schema))
    throw refuse("This call needs a JSON object as its body.");
  if (typeof body === "object" && !Array.isArray(body)) refuseUnknownNames("member", schema, body);
  return parse(schema, body ?? undefined);
}

const toFastifyPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1");

/**
 * Adds a route for each call.
 *
 * @param requireRole returns what a request's token permits; refuses a token that lacks the role
 */
export function serveCalls(
  app: FastifyInstance,
  calls: readonly Call[],
  requireRole: (request: FastifyRequest, role: Role) => Promise<Access>,
): void {
  const parseJson = app.getDefaultJsonParser("error", "error");
  // Many clients send this content type even without a body.
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body === "") done(null);
    else parseJson(request, String(body), done);
  });
  const accessOf = new WeakMap<FastifyRequest, Access>();
  for (const { method, path, role, forCustomers = false, params, query, body, answer, handle } of calls) {
    app.route({
      method,
      url: toFastifyPath(path),
      // The role is checked before the body is read, so that nothing is parsed for unauthorized callers.
      async onRequest(request) {
        const access = await requireRole(request, role);
        if (!forCustomers) requireAllCustomers(access);
        accessOf.set(request, access);
      },
      async handler(request, reply) {
        const result = await handle({
          params: parse(params, request.params),
          query: parseQuery(query, request.query),
          body: parseBody(body, request.body ?? undefined),
          access: accessOf.get(request),
          request,
          reply,
        } as Parameters<typeof handle>[0]);
        if (reply.sent || result === reply) return reply;
        return reply.code(answer.status).send(result);
      },
    });
  }
}
