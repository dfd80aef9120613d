import type { FieldError, Problem } from "@convergint/schemas";

/** The error codes of the client. */
export type VendorClientErrorCode =
  | "invalid_option"
  | "unreachable"
  | "destination_refused"
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
  | "response_too_large"
  | "too_many_items"
  | "item_too_large"
  | "repeated_cursor"
  | "endless_listing"
  | "listing_over_budget"
  | "snapshot_changed"
  | "duplicate_item"
  | "count_mismatch";

/** Details of an error. */
export interface VendorClientErrorDetails {
  /** URL of the call, without its query. */
  readonly url?: string;
  readonly status?: number;
  /** The problem details, if the vendor answered with any. */
  readonly problem?: Problem;
  /** The errors of a payload, by field. */
  readonly fields?: readonly FieldError[];
  readonly retryAfterSeconds?: number;
  /** The limit that was exceeded, if the error is `listing_over_budget`. */
  readonly limit?: "maxListingSeconds" | "maxListingPages" | "maxListingItems" | "maxListingBytes";
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

/**
 * Returns the error for a call that needs a capability the manifest does not declare.
 *
 * @param capability the capability's name in the manifest
 */
export const notOffered = (capability: string): VendorClientError =>
  new VendorClientError(
    "not_offered",
    `The vendor's manifest does not declare ${capability}, so the client did not make the call. Use another call, or ask the vendor to declare the capability.`,
  );

/** Requires a valid option. @throws {VendorClientError} `invalid_option`, with advice that must not quote the value */
export function insist(holds: boolean, advice: string): asserts holds {
  if (!holds) throw new VendorClientError("invalid_option", advice);
}
