/** What can be wrong. */
export type DeliveryErrorCode =
  /** An option that cannot be worked with: a schedule of nothing, a key of the wrong length. */
  | "invalid_option"
  /** An event without the members that delivery needs. */
  | "invalid_event"
  /** An event that no receiver has to accept. */
  | "event_too_large"
  /** Another event was enqueued under this id. */
  | "event_id_reused"
  /** An address that deliveries may not go to. */
  | "invalid_destination"
  | "unknown_endpoint"
  /** The receiver answered 410; the endpoint has to be registered again. */
  | "endpoint_stopped"
  /** A stored secret was encrypted with another key. */
  | "cannot_decrypt"
  /** The database did not do what was asked; `cause` has its words. */
  | "store_failed"
  /** This machine has no file, buffer or port left to connect with; told to `onError`. No attempt was counted. */
  | "out_of_resources"
  | "closed";

/** Every error this package throws. Branch on `code`; it is stable. */
export class DeliveryError extends Error {
  override readonly name = "DeliveryError";
  readonly code: DeliveryErrorCode;

  constructor(code: DeliveryErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What a database failed with, as an error of this package. */
export function storeFailed(error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new DeliveryError("store_failed", `The outbox's database failed: ${detail}`, { cause: error });
}
