import type { FieldError, Problem } from "@convergint/schemas";

/** What can go wrong between a consumer and a vendor's cloud. */
export type VendorClientErrorCode =
  | "invalid_option"
  | "unreachable"
  | "timeout"
  | "aborted"
  | "unauthorized"
  | "token_refused"
  | "not_found"
  | "not_offered"
  | "rate_limited"
  | "refused"
  | "not_json"
  | "invalid_payload"
  | "repeated_cursor"
  | "endless_listing"
  | "snapshot_changed"
  | "duplicate_item"
  | "count_mismatch";

/** What an error knows beside its code. */
export interface VendorClientErrorDetails {
  /** The call, without its query. */
  readonly url?: string;
  readonly status?: number;
  /** The vendor's own words, where it answered with a problem. */
  readonly problem?: Problem;
  /** What is wrong with a payload, by field. */
  readonly fields?: readonly FieldError[];
  readonly retryAfterSeconds?: number;
}

/** Every error of the client. Branch on `code`; it is stable. Never carries the credential. */
export class VendorClientError extends Error {
  override readonly name = "VendorClientError";
  readonly code: VendorClientErrorCode;
  readonly details: VendorClientErrorDetails;

  constructor(
    code: VendorClientErrorCode,
    message: string,
    details: VendorClientErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.details = details;
  }
}

/** What a caller hears who asks for what the manifest does not declare. @param capability as the manifest calls it */
export const notOffered = (capability: string): VendorClientError =>
  new VendorClientError(
    "not_offered",
    `The vendor's manifest does not declare ${capability}, so it was not asked for. Do without, or have the vendor declare it.`,
  );
