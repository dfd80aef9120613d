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

/** What each code of {@link DeliveryError} means, and what to do. The documentation shows it. */
export const DELIVERY_TEXTS: Readonly<
  Record<DeliveryErrorCode, { readonly means: string; readonly fix: string }>
> = {
  invalid_option: {
    means:
      "An option of the outbox or of an endpoint is invalid, such as an empty schedule or a key of the wrong length.",
    fix: "Correct the option that the message names. Nothing was stored.",
  },
  invalid_event: {
    means: "The event lacks a member that every delivery needs, or its id cannot be sent.",
    fix: "Give the event `specversion`, `id`, `source`, `type`, `time` and `data`; the id has 1 to 256 characters without a dot.",
  },
  event_too_large: {
    means: "The event is larger than the 256 KiB that every receiver must accept.",
    fix: "Leave out what is large, such as pictures, and send a link to it.",
  },
  event_id_reused: {
    means:
      "A different event with this id was enqueued before. A retry must have the same bytes, so the second event cannot be sent under this id.",
    fix: "Give each event a new id. To send an event again, use `replay`.",
  },
  invalid_destination: {
    means: "Deliveries must not go to this address: it is not https, not public, or has a user name.",
    fix: "Register a public https URL. For a test in your own network, allow it with `allowPrivateNetworks`.",
  },
  unknown_endpoint: {
    means: "No endpoint has this id, or it was removed.",
    fix: "List the endpoints, or register one.",
  },
  endpoint_stopped: {
    means: "The receiver answered 410, which asks the sender to stop for good.",
    fix: "Ask the receiver for its current URL and register the endpoint again.",
  },
  cannot_decrypt: {
    means: "A stored secret was encrypted with another key than the one that was passed.",
    fix: "Pass the key with which the outbox was created. If it is lost, rotate the secret of each endpoint.",
  },
  store_failed: {
    means: "The database failed. `cause` has its error.",
    fix: "Nothing was lost that `enqueue` confirmed. Repair the database, then enqueue the event again: the same event with the same id is stored once.",
  },
  out_of_resources: {
    means:
      "This machine has no file descriptors, buffers or ports left for a connection. The attempt is made again and does not count.",
    fix: "Raise the limit of open files, or lower the number of concurrent deliveries.",
  },
  closed: {
    means: "The outbox was closed.",
    fix: "Enqueue before `close`, or open the outbox again. Events that were enqueued are sent after the next start.",
  },
};
