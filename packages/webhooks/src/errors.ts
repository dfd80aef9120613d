/** Why a delivery does not verify. */
export type WebhookVerificationErrorCode =
  | "missing_header"
  | "malformed_header"
  | "timestamp_too_old"
  | "timestamp_too_new"
  | "unsupported_signature"
  | "no_matching_signature"
  | "replayed";

/** Why the payload of a verified delivery is invalid. */
export type WebhookPayloadErrorCode = "not_json" | "invalid_payload";

/** Why a call is invalid. */
export type WebhookUsageErrorCode =
  | "no_keys"
  | "too_many_keys"
  | "invalid_key"
  | "invalid_headers"
  | "invalid_id"
  | "invalid_timestamp"
  | "invalid_tolerance"
  | "invalid_replay"
  | "invalid_validation"
  | "body_not_raw";

/** The base class of this package's errors. Branch on `code`; it is stable. */
export abstract class WebhookError extends Error {
  abstract readonly code: WebhookVerificationErrorCode | WebhookPayloadErrorCode | WebhookUsageErrorCode;
}

/**
 * A delivery that must not be trusted. Respond with 401 and give the sender no details.
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

/** One problem that a schema finds in a payload. */
export interface PayloadIssue {
  readonly message: string;
  /** The path from the payload's root; absent for the payload itself. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * A delivery with a valid signature whose payload does not match the schema. Respond with 400.
 * @see spec/1.0/contract.md#receiving
 */
export class WebhookPayloadError extends WebhookError {
  override readonly name = "WebhookPayloadError";
  readonly code: WebhookPayloadErrorCode;
  /** The problems that the schema found; empty if the body is not JSON. */
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

/** An invalid call: a malformed key, id, timestamp or body. */
export class WebhookUsageError extends WebhookError {
  override readonly name = "WebhookUsageError";
  readonly code: WebhookUsageErrorCode;

  constructor(code: WebhookUsageErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
