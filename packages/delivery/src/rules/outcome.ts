/** Why there was no response. */
export type FailureReason =
  /** Deliveries to this address are not allowed. */
  | "destination_refused"
  /** No response in time. */
  | "timeout"
  /** The name did not resolve, the connection failed or was cut, or the certificate was invalid. */
  | "unreachable";

/** The result of one attempt. */
export type Outcome =
  | {
      readonly kind: "answered";
      readonly status: number;
      /** The value of `Retry-After`, if present and valid. */
      readonly retryAfterSeconds?: number | undefined;
    }
  | {
      readonly kind: "failed";
      readonly reason: FailureReason;
      /** The system's error code, such as `ECONNREFUSED`; for logs. */
      readonly detail: string;
    };

/** Checks whether the receiver accepted the delivery. */
export const isSuccess = (outcome: Outcome): boolean =>
  outcome.kind === "answered" && outcome.status >= 200 && outcome.status < 300;

/** Describes why an attempt failed, for logs. */
export const describeOutcome = (outcome: Outcome): string =>
  outcome.kind === "answered" ? `answered ${outcome.status}` : `${outcome.reason}: ${outcome.detail}`;
