import { REFUSAL_CODES, type RefusalCode } from "@convergint/schemas";
import type { WebhookVerificationError } from "@convergint/webhooks";

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
    this.status = REFUSAL_CODES[code];
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
