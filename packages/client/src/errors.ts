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

/** What each code of {@link VendorClientError} means, and what to do. The documentation shows it. */
export const CLIENT_TEXTS: Readonly<
  Record<VendorClientErrorCode, { readonly means: string; readonly fix: string }>
> = {
  invalid_option: {
    means: "An option of the client or a value of a call is invalid.",
    fix: "Correct the option that the message names. No request was made.",
  },
  unreachable: {
    means: "The connection failed: DNS, TCP or TLS, or the proxy.",
    fix: "Check the base URL and the network between; `cause` has the error. The client has already retried.",
  },
  destination_refused: {
    means:
      "The vendor's host has only addresses that are not public, or the URL is not https. The client does not call such addresses, so that a vendor's manifest cannot make it read your own network.",
    fix: "Use the vendor's public https URL. For a test inside your network, allow it with `allowPrivateNetworks`.",
  },
  timeout: {
    means: "The vendor did not answer in time.",
    fix: "Call again later. If it happens with every page, ask for smaller pages or report it to the vendor.",
  },
  aborted: {
    means: "Your own signal ended the call.",
    fix: "Nothing to correct.",
  },
  unauthorized: {
    means: "The vendor answered 401: it does not accept the credential.",
    fix: "Check the credential that the vendor issued, or that the vendor registered your current public key.",
  },
  token_refused: {
    means: "The vendor's token endpoint issued no access token.",
    fix: "Check client id, secret and scopes against the vendor's manifest. `details.status` has the answer.",
  },
  not_found: {
    means: "The object does not exist, or this credential may not see it.",
    fix: "List the objects that the credential may see. A device that was removed is a tombstone in an incremental listing.",
  },
  not_offered: {
    means:
      "The call needs a capability that the vendor's manifest does not declare, so the client did not make it.",
    fix: "Use another call, or ask the vendor to declare the capability.",
  },
  rate_limited: {
    means: "The vendor answered 429, and the time that it asks to wait is longer than the client waits.",
    fix: "Call again after `details.retryAfterSeconds`. Poll less often or with fewer calls at a time.",
  },
  refused: {
    means: "The vendor answered with an error status that has no separate code.",
    fix: "`details.problem` has the vendor's own code and advice, `details.status` the status.",
  },
  not_json: {
    means: "The response is not JSON: often a page of a proxy, a login page, or a wrong base URL.",
    fix: "Check that the base URL is the vendor's API.",
  },
  invalid_payload: {
    means: "The response breaks the contract. `details.fields` names each field.",
    fix: "Report it to the vendor, with the result of the conformance suite. Until then, the data of this call cannot be used.",
  },
  response_too_large: {
    means: "A response is larger than `maxResponseBytes`. The client stopped reading it.",
    fix: "Ask the vendor to honour `limit`. If the size is legitimate, raise the limit.",
  },
  too_many_items: {
    means: "A page has more items than `maxPageItems`.",
    fix: "The vendor must not send more items than `limit` asks for (PAGE rules of the contract). Report it to the vendor.",
  },
  item_too_large: {
    means: "One item of a page is larger than `maxItemBytes`.",
    fix: "Ask the vendor what the item contains. If the size is legitimate, raise the limit.",
  },
  repeated_cursor: {
    means: "Two pages of a listing have the same cursor, so the listing would never end.",
    fix: "Report it to the vendor. The listing was not used, because it may be incomplete.",
  },
  endless_listing: {
    means: "Many pages in a row were empty, and each named a next page.",
    fix: "Report it to the vendor: a listing ends with `next_cursor: null`.",
  },
  listing_over_budget: {
    means: "A listing took more time, pages, items or bytes than allowed. `details.limit` names the limit.",
    fix: "If the vendor really has that much, raise this limit. If not, report an endless listing to the vendor.",
  },
  snapshot_changed: {
    means: "The pages of a listing are of different snapshots, so devices may be missing or twice.",
    fix: "Start the listing again. If it happens every time, the vendor does not keep a snapshot for its cursors.",
  },
  duplicate_item: {
    means: "A listing contains the same id twice.",
    fix: "Report it to the vendor. The listing was not used.",
  },
  count_mismatch: {
    means: "The listing has more or fewer items than its `total_count`.",
    fix: "Report it to the vendor. The listing was not used, because devices may be missing.",
  },
};
