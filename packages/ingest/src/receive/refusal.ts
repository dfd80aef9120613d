import { REFUSAL_CODES, type RefusalCode } from "@convergint/schemas";
import type { WebhookVerificationError } from "@convergint/webhooks";

/** A refused delivery. The message is sent to the sender. */
export class DeliveryRefusedError extends Error {
  override readonly name = "DeliveryRefusedError";
  readonly code: RefusalCode;
  /** The HTTP status to answer. */
  readonly status: number;
  /**
   * Whether the vendor signed the delivery. If so, it is recorded, because nothing that a vendor signed may
   * disappear.
   */
  readonly signed: boolean;

  /** @param signed default: whether the code can only follow a valid signature */
  constructor(code: RefusalCode, message: string, signed: boolean = REFUSAL_CODES[code] !== 401) {
    super(message);
    this.code = code;
    this.status = REFUSAL_CODES[code];
    this.signed = signed;
  }
}

/** Reduces a failed verification to one of three codes, so that a forger learns nothing about the signature. */
export function toRefusal(error: WebhookVerificationError): DeliveryRefusedError {
  if (error.code === "timestamp_too_old" || error.code === "timestamp_too_new") {
    return new DeliveryRefusedError("stale_timestamp", error.message);
  }
  const code = error.code === "missing_header" ? "missing_signature" : "wrong_signature";
  return new DeliveryRefusedError(code, error.message);
}
