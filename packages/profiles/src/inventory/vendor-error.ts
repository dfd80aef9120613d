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

/** What each code of {@link VendorReadError} means, and what to do. The documentation shows it. */
export const VENDOR_READ_TEXTS: Readonly<
  Record<VendorReadErrorCode, { readonly means: string; readonly fix: string }>
> = {
  wrong_credential: {
    means: "The credential of the integration is not of the kind that the profile needs.",
    fix: "Set the kind that the message names, such as a user name and password.",
  },
  unauthorized: {
    means: "The vendor does not accept the credential.",
    fix: "Set the current credential. Check that it belongs to the account that the base URL serves.",
  },
  forbidden: {
    means: "The credential is valid, but may not make this request.",
    fix: "Give the vendor's user or key the right to read what the message names.",
  },
  rate_limited: {
    means: "The vendor asks to wait.",
    fix: "Nothing to correct: the next sync comes later. If it repeats, ask for a higher limit or larger pages.",
  },
  unavailable: {
    means: "The vendor's service cannot answer at the moment.",
    fix: "Nothing to correct: the next sync tries again.",
  },
  unreachable: {
    means: "The connection to the vendor failed: DNS, TCP or TLS.",
    fix: "Check the base URL of the integration and the way out of your network.",
  },
  timeout: {
    means: "The vendor did not answer in time.",
    fix: "Set a smaller page size in the profile, or report it to the vendor.",
  },
  vendor_refused: {
    means: "The vendor answered with an error that the profile does not name.",
    fix: "The message has the status. Add the vendor's errors to `errors` in the profile, so that they have clear codes.",
  },
  redirected: {
    means:
      "The vendor answered with a redirect, which is not followed, so that the credential goes only to its host.",
    fix: "Use the address that the redirect names as the base URL, if it is the vendor's.",
  },
  unsafe_url: {
    means: "A URL leads to another host, to http, or is invalid. The credential is not sent there.",
    fix: "Use a base URL of the host that serves you. Take next pages by cursor if the vendor's links name another host.",
  },
  missing_value: {
    means: "A request needs a value in braces that is missing.",
    fix: "Set the value in the settings of the integration, or correct the name in the profile.",
  },
  not_json: {
    means: "The response is not JSON, often a login page.",
    fix: "Check the base URL and the path in the profile.",
  },
  response_too_large: {
    means: "A response is larger than the limit.",
    fix: "Set a smaller page size in the profile, or raise the server's limit of bytes.",
  },
  missing_items: {
    means:
      "The response has no list where the profile expects it. It is not read as an empty list, because all devices would disappear.",
    fix: "Correct `items` in the profile. The message shows the shape of the response.",
  },
  missing_token: {
    means: "The response of the login has no token where the profile expects it.",
    fix: "Correct `auth` in the profile.",
  },
  missing_cursor: {
    means: "A page has no next cursor although the listing has not ended.",
    fix: "Correct `paging` in the profile: the cursor's path, and what shows the last page.",
  },
  missing_total: {
    means: "The response has no total where the profile expects it.",
    fix: "Correct `paging.total` in the profile, or remove it.",
  },
  repeated_cursor: {
    means: "Two pages have the same cursor, so the listing would never end.",
    fix: "Correct `paging` in the profile, or report it to the vendor.",
  },
  repeated_page: {
    means:
      "Two consecutive pages are the same: the vendor ignores the page parameter or repeats its last page.",
    fix: "Correct the name of the page parameter, and set `paging.total` if the vendor sends one.",
  },
  endless_listing: {
    means: "The listing does not end.",
    fix: "Correct `paging.ends_when` in the profile.",
  },
  listing_over_budget: {
    means: "The listing needs more time, pages or items than allowed.",
    fix: "If the vendor has that much, raise the limit of the server. If not, correct `paging`.",
  },
  circular_requests: {
    means: "Requests of the profile need each other.",
    fix: "Remove `for_each` or `join` from one of them.",
  },
  no_inventory: {
    means: "The profile describes no inventory.",
    fix: "Add `inventory` to the profile, or use the integration only for webhooks.",
  },
};
