import { STATUS_CODES } from "node:http";
import type { VendorClientErrorCode } from "@convergint/client";
import type { DestinationRefusedError } from "@convergint/internal/outgoing-policy";
import { PROBLEM_MEDIA_TYPE, type Problem, type RefusalCode } from "@convergint/schemas";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { isOutage } from "./store/store.ts";

/** What each code of the server's API means, and what to do. A refused delivery has a code of the contract; a failed call to a vendor has the client's code after `vendor_`. The documentation shows it. */
export const INGEST_TEXTS = {
  invalid_parameter: {
    means: "A parameter or a member of the request is invalid.",
    fix: "Correct what `detail` names.",
  },
  invalid_cursor: {
    means: "The cursor was not issued by this server, or for another listing.",
    fix: "Start the listing again without a cursor.",
  },
  unauthorized: {
    means: "There is no token, or it is unknown, revoked or expired. Status 401.",
    fix: "Send `Authorization: Bearer` and a token of this server. `convergint-ingest token list` shows the tokens.",
  },
  forbidden: {
    means:
      "The token is valid, but may not make this call: it is read-only, or restricted to customers. Status 403.",
    fix: "Use a token with the role or without the restriction that `detail` names.",
  },
  not_found: {
    means: "The path does not exist on this server.",
    fix: "Check the path against `GET /openapi.json`, and the port.",
  },
  method_not_allowed: {
    means: "The path exists, but not with this method.",
    fix: "Use a method of `Allow`. Deliveries are posted.",
  },
  malformed_request: {
    means: "The request cannot be read: broken JSON, or a wrong content length.",
    fix: "Send complete JSON with `content-type: application/json`.",
  },
  timeout: {
    means: "The request did not arrive in time. Status 408.",
    fix: "Send it again. If it repeats, look at the proxies between.",
  },
  payload_too_large: {
    means: "The body is larger than the call accepts. Status 413.",
    fix: "Send a smaller body.",
  },
  uri_too_long: {
    means: "The address of the call is too long. Status 414.",
    fix: "Send fewer or shorter parameters.",
  },
  unsupported_media_type: {
    means: "The content type is not accepted. Status 415.",
    fix: "Send `content-type: application/json`.",
  },
  headers_too_large: {
    means: "The headers are too large. Status 431.",
    fix: "Look for a cookie or a token that a proxy adds.",
  },
  internal_error: {
    means: "The server failed unexpectedly. Status 500.",
    fix: "The server's log has the cause. Report it with the log line.",
  },
  database_unavailable: {
    means: "The database cannot be reached or accepts no writes. Status 503, with `Retry-After`.",
    fix: "Callers: send the request again after that time. Operator: the log has the cause; check the disk, the connection and the limits of PostgreSQL.",
  },
  not_ready: {
    means: "`/readyz` answers 503: the database does not accept writes.",
    fix: "The log has the cause. Leave the process out of the load balancer until `/readyz` answers 200.",
  },
  stopping: {
    means: "The server is stopping. Status 503, with `Retry-After`.",
    fix: "Send the request again: another process, or the next start, answers it.",
  },
  feed_reset: {
    means: "The position is after the end of the feed: the database is probably an older copy.",
    fix: "Read `GET /v1/devices` once, then follow the feed from `after=0`.",
  },
  feed_expired: {
    means: "Changes after this position are no longer stored.",
    fix: "Read `GET /v1/devices` once, then follow the feed from `after=0`. Raise `keep_changes_days` if readers are away that long.",
  },
  unknown_device: {
    means: "No event and no inventory of this integration mentions the device.",
    fix: "List the devices with `GET /v1/devices`. The id is the vendor's, together with the integration.",
  },
  unknown_integration: {
    means: "No integration has this id. For a delivery: the URL is wrong, or the integration was deleted.",
    fix: "List the integrations with `convergint-ingest integration list`. Give the vendor the current URL.",
  },
  unknown_binding: {
    means: "This org or site has no binding.",
    fix: "List the bindings with `GET /v1/integrations/{id}/bindings`.",
  },
  unknown_subscriber: {
    means: "No subscriber has this id.",
    fix: "List the subscribers with `GET /v1/subscribers`.",
  },
  unknown_token: {
    means: "No token has this id.",
    fix: "List the tokens with `convergint-ingest token list`.",
  },
  unknown_profile: {
    means: "No shipped profile has this name.",
    fix: "`convergint-ingest profile list` shows the names. To use your own, send the text of the profile.",
  },
  invalid_profile: {
    means: "The text of the profile has mistakes. `detail` lists them with their lines.",
    fix: "`convergint-ingest profile check FILE` shows the same list before anything is sent.",
  },
  invalid_profile_settings: {
    means: "The settings do not fit the profile: one is missing or unknown.",
    fix: "Set what `detail` lists. `convergint-ingest profile show NAME` describes each setting.",
  },
  invalid_private_key: {
    means: "The private key cannot be used.",
    fix: "`detail` says why. Pass a PEM file with RSA, P-256 or Ed25519, not encrypted.",
  },
  changed_meanwhile: {
    means: "Another update changed the integration at the same time. Status 409.",
    fix: "Get the integration again, then repeat the change.",
  },
  integration_disabled: {
    means: "The integration is disabled, so it cannot be synchronised. Status 409.",
    fix: 'Enable it with PATCH and `{"disabled": false}`.',
  },
  sync_aborted: {
    means:
      "The sync ended early: the integration was disabled or deleted, or the server is stopping. Status 409.",
    fix: "Start the sync again.",
  },
  sync_running: {
    means: "A sync of this integration has not ended yet. Status 409.",
    fix: "Wait for it, then repeat the call.",
  },
  no_private_key: {
    means: "The integration does not authenticate with a private key, so there is none to rotate.",
    fix: "Set a private key with PATCH and `credential`.",
  },
  secret_needed: {
    means: "The webhook endpoint was registered by hand, so the server cannot fetch a new secret.",
    fix: "Send the secret that the vendor created as `secret`, or `create_secret` to get one to enter in the vendor's console.",
  },
  vendor_creates_secret: {
    means: "The server registered this endpoint by the vendor's API, so the vendor creates its secrets.",
    fix: "Leave `create_secret` out.",
  },
} satisfies Readonly<Record<string, { readonly means: string; readonly fix: string }>>;

/** Every code of a problem that the server answers. */
type IngestProblemCode =
  | keyof typeof INGEST_TEXTS
  | RefusalCode
  | DestinationRefusedError["code"]
  | `vendor_${VendorClientErrorCode}`;

/** An error that is answered as RFC 9457 problem details, with the message as `detail`. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly status: number;
  readonly code: IngestProblemCode;
  readonly retryAfterSeconds: number | undefined;
  constructor(status: number, code: IngestProblemCode, detail: string, retryAfterSeconds?: number) {
    super(detail);
    this.status = status;
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Problem codes for the errors that Fastify itself raises. */
const CODE_OF_STATUS: Readonly<Record<number, IngestProblemCode>> = {
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
