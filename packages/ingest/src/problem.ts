import { STATUS_CODES } from "node:http";
import { PROBLEM_MEDIA_TYPE, type Problem } from "@convergint/schemas";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { isOutage } from "./store/store.ts";

/** An error that is answered as RFC 9457 problem details, with the message as `detail`. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly status: number;
  readonly code: string;
  readonly retryAfterSeconds: number | undefined;
  constructor(status: number, code: string, detail: string, retryAfterSeconds?: number) {
    super(detail);
    this.status = status;
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Problem codes for the errors that Fastify itself raises. */
const CODE_OF_STATUS: Readonly<Record<number, string>> = {
  400: "malformed_request",
  404: "not_found",
  408: "timeout",
  413: "payload_too_large",
  414: "uri_too_long",
  415: "unsupported_media_type",
  431: "headers_too_large",
};

const INTERNAL_ERROR = "internal_error";
const RETRY_AFTER_SECONDS = 5;

function asProblemError(error: FastifyError | ProblemError): ProblemError {
  if (error instanceof ProblemError) return error;
  if (isOutage(error)) {
    const detail =
      "The database is unavailable. Send the request again after the time in Retry-After; the server's log has the cause.";
    return new ProblemError(503, "database_unavailable", detail, RETRY_AFTER_SECONDS);
  }
  const code = CODE_OF_STATUS[error.statusCode ?? 500];
  if (code) return new ProblemError(error.statusCode ?? 400, code, error.message);
  return new ProblemError(
    500,
    INTERNAL_ERROR,
    "Internal error. Send the request again later; the server's log has the cause.",
  );
}

const toProblem = ({ status, code, message }: ProblemError): Problem => ({
  type: "about:blank",
  title: STATUS_CODES[status] ?? "Error",
  status,
  detail: message,
  code,
});

/** Converts any error to a problem. An unexpected error is logged, and its details are not shown. */
function describeError(error: FastifyError | ProblemError, { log }: FastifyRequest): ProblemError {
  const problem = asProblemError(error);
  // Expected problems are not logged: otherwise, a full queue would also fill the log.
  if (problem.code === INTERNAL_ERROR) log.error({ err: error }, problem.message);
  return problem;
}

/** Returns the problem of any error that ends an answer whose status is already sent. */
export const toLateProblem = (error: unknown, request: FastifyRequest): Problem =>
  toProblem(describeError(error as FastifyError, request));

/** Answers any error as a problem. */
export function answerError(
  error: FastifyError | ProblemError,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const problem = describeError(error, request);
  const { status, code, retryAfterSeconds } = problem;
  if (retryAfterSeconds !== undefined) reply.header("retry-after", String(retryAfterSeconds));
  if (code === "unauthorized") reply.header("www-authenticate", "Bearer");
  return reply
    .code(status)
    .type(PROBLEM_MEDIA_TYPE)
    .send(JSON.stringify(toProblem(problem)));
}
