import type { WebhookVerificationError } from "@convergint/webhooks";

const STATUS = {
  wrong_signature: 401,
  stale_timestamp: 401,
  missing_signature: 401,
  unsupported_media_type: 415,
  payload_too_large: 413,
  not_json: 400,
  not_an_event: 400,
  invalid_event: 400,
  id_mismatch: 400,
} as const;

/** Why a delivery is refused. @see spec/1.0/contract.md#receiving */
export type RefusalCode = keyof typeof STATUS;

/** A delivery that is not taken, with what its sender should know. */
export class DeliveryRefusedError extends Error {
  override readonly name = "DeliveryRefusedError";
  readonly code: RefusalCode;
  /** The HTTP status to answer. */
  readonly status: number;
  /** Whether the vendor had signed it: then it is kept, because nothing that a vendor signed disappears. */
  readonly signed: boolean;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.code = code;
    this.status = STATUS[code];
    this.signed = this.status !== 401;
  }
}

/** To the outside a failed verification is one of three words; which byte was wrong is nobody's business. */
export function refusalOf(error: WebhookVerificationError): DeliveryRefusedError {
  if (error.code === "timestamp_too_old" || error.code === "timestamp_too_new") {
    return new DeliveryRefusedError("stale_timestamp", error.message);
  }
  const code = error.code === "missing_header" ? "missing_signature" : "wrong_signature";
  return new DeliveryRefusedError(code, error.message);
}
