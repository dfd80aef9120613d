import { WebhookPayloadError, WebhookUsageError, WebhookVerificationError } from "../errors.ts";

/** Why a delivery was refused. */
export type RefusalCode =
  | "missing_signature"
  | "stale_timestamp"
  | "wrong_signature"
  | "not_json"
  | "invalid_event"
  | "payload_too_large"
  | "unsupported_media_type"
  | "method_not_allowed"
  | "body_already_parsed"
  | "body_cut_off"
  | "not_stored"
  | "internal_error";

/** A refused delivery, for logs. Contains no secret. */
export interface Refusal {
  /** The HTTP status of the response. */
  readonly status: number;
  readonly code: RefusalCode;
  /** What is wrong and what to do about it. */
  readonly detail: string;
  /** The cause: an error of this package, or what `onWebhook` threw. */
  readonly cause: unknown;
}

/** An HTTP response, independent of a framework. */
export interface WebhookResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

const STATUS: Readonly<Record<RefusalCode, number>> = {
  missing_signature: 401,
  stale_timestamp: 401,
  wrong_signature: 401,
  not_json: 400,
  invalid_event: 400,
  body_cut_off: 400,
  payload_too_large: 413,
  unsupported_media_type: 415,
  method_not_allowed: 405,
  body_already_parsed: 500,
  internal_error: 500,
  not_stored: 503,
};

const RETRY_AFTER_SECONDS = "5";

const TITLE: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "Unauthorized",
  405: "Method not allowed",
  413: "Content too large",
  415: "Unsupported media type",
  500: "Internal server error",
  503: "Service unavailable",
};

/** A refusal that an adapter makes outside of verification. */
export class RefusedDeliveryError extends Error {
  override readonly name = "RefusedDeliveryError";
  readonly code: RefusalCode;
  constructor(code: RefusalCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

function toRefusalCode(error: unknown): RefusalCode {
  if (error instanceof RefusedDeliveryError) return error.code;
  if (error instanceof WebhookPayloadError) return error.code === "not_json" ? "not_json" : "invalid_event";
  if (error instanceof WebhookUsageError && error.code === "body_not_raw") return "body_already_parsed";
  if (!(error instanceof WebhookVerificationError)) return "internal_error";
  if (error.code === "missing_header") return "missing_signature";
  return error.code.startsWith("timestamp_") ? "stale_timestamp" : "wrong_signature";
}

/** Converts a thrown value to a refusal. Internal failures are not disclosed to the sender. */
export function toRefusal(error: unknown): Refusal {
  const code = toRefusalCode(error);
  const detail =
    code === "internal_error" || !(error instanceof Error)
      ? "The delivery could not be processed. Send it again later."
      : error.message;
  return { status: STATUS[code], code, detail, cause: error };
}

/** The response to an accepted delivery. */
export const ACCEPTED: WebhookResponse = { status: 204, headers: {}, body: null };

/** Converts a refusal to RFC 9457 problem details. @see spec/1.0/contract.md#receiving */
export function toProblemResponse({ status, code, detail }: Refusal): WebhookResponse {
  return {
    status,
    headers: {
      "content-type": "application/problem+json",
      ...(status === 405 && { allow: "POST" }),
      ...(status === 415 && { "accept-encoding": "identity" }),
      ...(status === 503 && { "retry-after": RETRY_AFTER_SECONDS }),
    },
    body: JSON.stringify({ type: "about:blank", title: TITLE[status] ?? "Error", status, detail, code }),
  };
}
