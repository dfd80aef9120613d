import { type Place, showPlace } from "../errors.ts";

/** Why a vendor's inventory could not be read. A profile's `errors` may add further codes. */
export type VendorReadErrorCode =
  | "wrong_credential"
  | "unauthorized"
  | "forbidden"
  | "rate_limited"
  | "unavailable"
  | "unreachable"
  | "timeout"
  | "vendor_refused"
  | "redirected"
  | "unsafe_url"
  | "missing_value"
  | "not_json"
  | "response_too_large"
  | "missing_items"
  | "missing_token"
  | "missing_cursor"
  | "missing_total"
  | "repeated_cursor"
  | "repeated_page"
  | "endless_listing"
  | "listing_over_budget"
  | "circular_requests"
  | "no_inventory";

/** What the failure means for the caller, as the HTTP status of the problem that reports it. */
export type VendorReadStatus = 401 | 403 | 429 | 502 | 503;

/** A failure to read a vendor's inventory. Names the line of the profile, and never quotes a secret. */
export class VendorReadError extends Error {
  override readonly name = "VendorReadError";
  readonly code: string;
  readonly status: VendorReadStatus;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: VendorReadErrorCode | (string & {}),
    place: Place,
    message: string,
    {
      status = 502,
      retryAfterSeconds,
      cause,
    }: { status?: VendorReadStatus; retryAfterSeconds?: number | undefined; cause?: unknown } = {},
  ) {
    super(`${showPlace(place)} ${place.path}: ${message}`, cause === undefined ? {} : { cause });
    this.code = code;
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
