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

/** What each code of a refusal means, and what to do. The documentation shows it. */
export const RECEIVER_TEXTS: Readonly<Record<RefusalCode, { readonly means: string; readonly fix: string }>> =
  {
    missing_signature: {
      means: "A header of the signature is missing. Answered with 401.",
      fix: "Sender: send webhook-id, webhook-timestamp and webhook-signature with every attempt.",
    },
    stale_timestamp: {
      means: "The timestamp is more than five minutes from the receiver's clock. Answered with 401.",
      fix: "Sender: sign each attempt again with the current time, in seconds, and synchronise the clock.",
    },
    wrong_signature: {
      means: "The signature does not match the body and a current secret. Answered with 401.",
      fix: "Compare the secrets of both sides, then post the delivery to `convergint-conformance listen`, which names the mistake.",
    },
    not_json: {
      means: "The body is not JSON. Answered with 400.",
      fix: "Sender: send one CloudEvents document, or an array of them as a batch.",
    },
    invalid_event: {
      means: "The payload does not match the schema that the receiver passed. Answered with 400.",
      fix: "Sender: correct the member that `detail` names. A retry of the same bytes has the same result.",
    },
    payload_too_large: {
      means: "The body is larger than the receiver accepts. Answered with 413.",
      fix: "Sender: keep a delivery below 256 KiB; divide a batch. Receiver: accept at least 256 KiB.",
    },
    unsupported_media_type: {
      means: "The content type is not one of CloudEvents, or the body is compressed. Answered with 415.",
      fix: "Sender: send `application/cloudevents+json`, or `application/cloudevents-batch+json` for a batch, without `content-encoding`.",
    },
    method_not_allowed: {
      means: "The request is not a POST. Answered with 405.",
      fix: "Post deliveries. The answer to OPTIONS and GET is the framework's.",
    },
    body_already_parsed: {
      means:
        "The framework parsed the body before the adapter saw it, so nothing can be verified. Answered with 500.",
      fix: "Register the webhook route before the JSON parser, or keep the raw body: the README of `@convergint/webhooks` has the lines for each framework.",
    },
    body_cut_off: {
      means: "The connection ended before the body was complete. Answered with 400.",
      fix: "Nothing to change if it is rare: the sender sends the delivery again. If not, check the time limits of proxies.",
    },
    not_stored: {
      means: "Your `onWebhook` threw an error. Answered with 503, so the sender retries.",
      fix: "Look at `cause` of the refusal. Return only after the event is stored.",
    },
    internal_error: {
      means: "The adapter is set up wrongly or failed unexpectedly. Answered with 500.",
      fix: "Look at `cause` of the refusal: it has the error.",
    },
  };
