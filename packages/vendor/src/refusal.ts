import { PROBLEM_CODES, type ProblemCode } from "@convergint/schemas";

/** The errors that a call may get, with what the caller does about each. @see spec/1.0/contract.md#errors */
export const VENDOR_ERRORS = {
  invalid_parameter: "A query parameter occurs twice, or has a wrong value. Correct the call.",
  invalid_limit: "Send `limit` as a whole number of at least 1.",
  invalid_cursor: "The filters differ from those of the first page. Repeat them, or start without a cursor.",
  since_not_supported: "This cloud does not declare `incremental_sync`. List the whole inventory.",
  malformed_body: "Send a JSON body.",
  invalid_body: "The body is not what the schema says; `detail` names the member.",
  invalid_destination: "Register an `https` URL at a public address.",
  unauthorized: "Send `Authorization: Bearer` with a current key.",
  forbidden: "Sandbox control needs a key of a sandbox.",
  not_found: "There is no such path; see `api_base` in the manifest.",
  unknown_org: "List the orgs with `GET /v1/orgs`.",
  unknown_site: "List the sites with `GET /v1/sites`.",
  unknown_device: "List the devices with `GET /v1/devices`.",
  unknown_endpoint: "List your endpoints with `GET /v1/webhook-endpoints`.",
  method_not_allowed: "Send a method that the `Allow` header names.",
  endpoint_stopped: "The endpoint answered 410. Register it again.",
  device_unreachable: "The connector of the device is unreachable. Change the connector first.",
  cursor_expired: "Start the listing again, without a cursor.",
  backfill_expired: "Older events are gone. List the whole inventory.",
  payload_too_large: "Send a body of at most 64 KiB.",
  unsupported_media_type: "Send `application/json`.",
  internal_error: "Try again later; the vendor's log has the cause.",
} as const satisfies Partial<Record<ProblemCode, string>>;

/** The codes of {@link VENDOR_ERRORS}. */
export type RefusalCode = keyof typeof VENDOR_ERRORS;

/** A refused call. Throw it in your own functions, such as `setStatus`, to answer with a problem of its code. */
export class VendorRefusal extends Error {
  override readonly name = "VendorRefusal";
  readonly code: RefusalCode;

  /** @param detail what to do; it is sent to the caller, so it must not contain a secret */
  constructor(code: RefusalCode, detail: string = VENDOR_ERRORS[code], options?: ErrorOptions) {
    super(detail, options);
    this.code = code;
  }

  /** The HTTP status of the answer. */
  get status(): number {
    return PROBLEM_CODES[this.code];
  }
}
