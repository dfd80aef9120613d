/** Why no answer came. */
export type FailureReason =
  /** The address connected to is not one that deliveries may go to. */
  | "destination_refused"
  /** No answer in time. */
  | "timeout"
  /** No connection, no name, no trusted certificate, or one that was cut. */
  | "unreachable";

/** What became of one attempt. */
export type Outcome =
  | {
      readonly kind: "answered";
      readonly status: number;
      /** What `Retry-After` asked for, where it was there and readable. */
      readonly retryAfterSeconds?: number | undefined;
    }
  | {
      readonly kind: "failed";
      readonly reason: FailureReason;
      /** The system's word, such as `ECONNREFUSED`; for people. */
      readonly detail: string;
    };

/** Tells whether the receiver took the delivery. */
export const isSuccess = (outcome: Outcome): boolean =>
  outcome.kind === "answered" && outcome.status >= 200 && outcome.status < 300;

/** Says in a few words why an attempt failed; for people. */
export const describeOutcome = (outcome: Outcome): string =>
  outcome.kind === "answered" ? `answered ${outcome.status}` : `${outcome.reason}: ${outcome.detail}`;
