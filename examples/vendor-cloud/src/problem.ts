import { DeliveryError } from "@convergint/delivery";
import { allowedMethods, type KnownRoute } from "@convergint/internal/http-refusals";
import {
  describeFieldErrors,
  fieldErrors,
  PROBLEM_CODES,
  PROBLEM_MEDIA_TYPE,
  type Problem,
} from "@convergint/schemas";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";

/** The contract's codes, and a code for requests that Fastify cannot parse as HTTP. */
const STATUS_OF_CODE = { ...PROBLEM_CODES, malformed_request: 400 };

/** Stable codes of the refusals of this cloud. */
export type ProblemCode = keyof typeof STATUS_OF_CODE;

/** A refusal, sent as problem details. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly code: ProblemCode;

  /** @param detail what happened and what to do; sent to the caller, so it must not contain a secret */
  constructor(code: ProblemCode, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.code = code;
  }

  /** Returns the refusal as problem details (RFC 9457). @see spec/1.0/contract.md#errors */
  toProblem(): Problem & { code: ProblemCode } {
    const title = this.code.charAt(0).toUpperCase() + this.code.slice(1).replaceAll("_", " ");
    return {
      type: "about:blank",
      title,
      status: STATUS_OF_CODE[this.code],
      detail: this.message,
      code: this.code,
    };
  }
}

/**
 * Parses a request's JSON body.
 *
 * @throws {ProblemError} `malformed_body` if there is none, `invalid_body` with what to send instead
 */
export function readBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> {
  if (body === undefined) throw new ProblemError("malformed_body", "Send a JSON body.");
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new ProblemError("invalid_body", describeFieldErrors(fieldErrors(parsed.error)));
  return parsed.data;
}

/** Describes, in the contract's words, why the framework refused a request before any handler saw it. */
function fromFramework(error: FastifyError): ProblemError {
  switch (error.statusCode) {
    case 413:
      return new ProblemError("payload_too_large", "Send a smaller body.", { cause: error });
    case 415:
      return new ProblemError("unsupported_media_type", "Send application/json.", { cause: error });
    case 400:
      return error.code.startsWith("FST_ERR_CTP") || error instanceof SyntaxError
        ? new ProblemError("malformed_body", "Send a valid JSON body (RFC 8259).", { cause: error })
        : new ProblemError("malformed_request", "Send a well-formed URL and headers.", { cause: error });
    default:
      return new ProblemError("internal_error", "Internal error. Try again later.", {
        cause: error,
      });
  }
}

/** Converts a refusal of the outbox that the caller can fix. The code stays the same. */
function fromDelivery(error: DeliveryError): ProblemError | undefined {
  switch (error.code) {
    case "invalid_destination":
    case "unknown_endpoint":
    case "endpoint_stopped":
      return new ProblemError(error.code, error.message, { cause: error });
    default:
      return undefined;
  }
}

function asProblem(error: FastifyError): ProblemError {
  if (error instanceof ProblemError) return error;
  return (error instanceof DeliveryError && fromDelivery(error)) || fromFramework(error);
}

/** Sends any error as problem details; logs an unexpected error and does not send its details. */
export function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const problem = asProblem(error).toProblem();
  if (problem.status >= 500) request.log.error(error);
  if (problem.status === 401) reply.header("www-authenticate", "Bearer");
  reply.code(problem.status).type(PROBLEM_MEDIA_TYPE).send(problem);
}

/** Collects the routes of a server. @returns a handler that refuses other methods and other paths */
export function refuseUnknownRoutes(
  app: FastifyInstance,
): (request: FastifyRequest, reply: FastifyReply) => never {
  const routes: KnownRoute[] = [];
  app.addHook("onRoute", ({ method, url }) => void routes.push({ method, url }));
  return ({ url }, reply) => {
    const methods = allowedMethods(routes, url);
    if (methods.length === 0)
      throw new ProblemError("not_found", "Unknown path; see api_base in the manifest.");
    reply.header("allow", methods.join(", "));
    throw new ProblemError("method_not_allowed", `This path supports only ${methods.join(" and ")}.`);
  };
}
