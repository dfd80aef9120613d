/** What can be wrong with a delivery. */
export type WebhookVerificationErrorCode =
  | "missing_header"
  | "malformed_header"
  | "timestamp_too_old"
  | "timestamp_too_new"
  | "unsupported_signature"
  | "no_matching_signature"
  | "replayed";

/** What can be wrong with a payload that was truly sent by whom it says. */
export type WebhookPayloadErrorCode = "not_json" | "invalid_payload";

/** What can be wrong with what the caller passed. */
export type WebhookUsageErrorCode =
  | "no_keys"
  | "too_many_keys"
  | "invalid_key"
  | "invalid_headers"
  | "invalid_id"
  | "invalid_timestamp"
  | "invalid_tolerance"
  | "body_not_raw";

/** Every error this package throws. Branch on `code`; it is stable. */
export abstract class WebhookError extends Error {
  abstract readonly code: WebhookVerificationErrorCode | WebhookPayloadErrorCode | WebhookUsageErrorCode;
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

/** One thing that a schema finds wrong with a payload. */
export interface PayloadIssue {
  readonly message: string;
  /** Where, from the payload's root; absent for the payload itself. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * A delivery that was truly signed by its sender, and is not what the schema asks for. Answer it with 400.
 * @see spec/1.0/contract.md#receiving
 */
export class WebhookPayloadError extends WebhookError {
  override readonly name = "WebhookPayloadError";
  readonly code: WebhookPayloadErrorCode;
  /** What the schema found; empty for what is not JSON. */
  readonly issues: readonly PayloadIssue[];

  constructor(
    code: WebhookPayloadErrorCode,
    message: string,
    issues: readonly PayloadIssue[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.issues = issues;
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
