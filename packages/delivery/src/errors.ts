/** Why a call failed. */
export type DeliveryErrorCode =
  /** An invalid option, such as an empty schedule or a key of the wrong length. */
  | "invalid_option"
  /** The event lacks a member that is required for delivery. */
  | "invalid_event"
  /** The event is larger than the size that every receiver must accept. */
  | "event_too_large"
  /** A different event with this id was enqueued before. */
  | "event_id_reused"
  /** Deliveries must not go to this address. */
  | "invalid_destination"
  | "unknown_endpoint"
  /** The receiver responded with 410; register the endpoint again. */
  | "endpoint_stopped"
  /** A stored secret was encrypted with a different key. */
  | "cannot_decrypt"
  /** The database failed; the database's error is the `cause`. */
  | "store_failed"
  /**
   * This machine has run out of file descriptors, buffers or ports. Passed
   * to `onError`; does not count as an attempt.
   */
  | "out_of_resources"
  | "closed";

/** The error class of this package. Branch on `code`; it is stable. */
export class DeliveryError extends Error {
  override readonly name = "DeliveryError";
  readonly code: DeliveryErrorCode;

  constructor(code: DeliveryErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Converts a database's error to an error of this package. */
export function toStoreError(error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new DeliveryError("store_failed", `The outbox database failed: ${detail}`, { cause: error });
}
