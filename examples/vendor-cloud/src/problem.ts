import type { Problem } from "@convergint/schemas";

/** Every way this cloud refuses: the HTTP status and the line for people that go with each code. */
const PROBLEMS = {
  unauthorized: [401, "Unauthorized"],
  forbidden: [403, "Forbidden"],
  not_found: [404, "Not found"],
  unknown_org: [404, "Unknown org"],
  unknown_site: [404, "Unknown site"],
  unknown_device: [404, "Unknown device"],
  unknown_endpoint: [404, "Unknown webhook endpoint"],
  invalid_parameter: [400, "Invalid parameter"],
  invalid_limit: [400, "Invalid limit"],
  invalid_cursor: [400, "Invalid cursor"],
  cursor_expired: [410, "Cursor expired"],
  backfill_expired: [410, "Backfill expired"],
  invalid_sync_token: [400, "Invalid sync token"],
  sync_token_expired: [410, "Sync token expired"],
  since_not_supported: [400, "Only devices are listed by what has changed"],
  malformed_request: [400, "Malformed request"],
  malformed_body: [400, "Malformed body"],
  invalid_body: [400, "Invalid body"],
  unsupported_media_type: [415, "Unsupported media type"],
  payload_too_large: [413, "Payload too large"],
  invalid_destination: [400, "Invalid destination"],
  endpoint_stopped: [409, "Webhook endpoint stopped"],
  unknown_event_type: [400, "Unknown event type"],
  device_unreachable: [409, "Device unreachable"],
  internal_error: [500, "Internal error"],
} as const satisfies Record<string, readonly [status: number, title: string]>;

/** A stable word for each way this cloud refuses. */
export type ProblemCode = keyof typeof PROBLEMS;

/** A refusal, thrown where it is found and answered as problem details. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly code: ProblemCode;

  /** @param detail what happened and what to do about it; goes to the caller, so it names no secret */
  constructor(code: ProblemCode, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.code = code;
  }

  /** The refusal as it travels (RFC 9457). @see spec/1.0/contract.md#errors */
  toProblem(): Problem & { code: ProblemCode } {
    const [status, title] = PROBLEMS[this.code];
    return { type: "about:blank", title, status, detail: this.message, code: this.code };
  }
}
