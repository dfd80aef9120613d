/** What can be wrong with a delivery. */
export type WebhookVerificationErrorCode =
  | "missing_header"
  | "malformed_header"
  | "timestamp_too_old"
  | "timestamp_too_new"
  | "unsupported_signature"
  | "no_matching_signature";

/** What can be wrong with what the caller passed. */
export type WebhookUsageErrorCode =
  | "no_keys"
  | "invalid_key"
  | "invalid_id"
  | "invalid_timestamp"
  | "invalid_tolerance"
  | "body_not_raw";

/** Every error this package throws. Branch on `code`; it is stable. */
export abstract class WebhookError extends Error {
  abstract readonly code: WebhookVerificationErrorCode | WebhookUsageErrorCode;
}

/**
 * A delivery that must not be trusted. Answer it with 401; tell the sender no more than that.
 * @see spec/1.0/contract.md#signatures
 */
export class WebhookVerificationError extends WebhookError {
  override readonly name = "WebhookVerificationError";
  readonly code: WebhookVerificationErrorCode;
  /** The header that is missing or malformed. */
  readonly header: string | undefined;

  constructor(code: WebhookVerificationErrorCode, message: string, header?: string) {
    super(message);
    this.code = code;
    this.header = header;
  }
}

/** A call that could not have worked: a key, id, timestamp or body that is not one. */
export class WebhookUsageError extends WebhookError {
  override readonly name = "WebhookUsageError";
  readonly code: WebhookUsageErrorCode;

  constructor(code: WebhookUsageErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
