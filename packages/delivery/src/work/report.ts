import type { Outcome } from "../rules/outcome.ts";

/** A stored attempt, as passed to `onAttempt`. */
export interface AttemptReport {
  readonly endpointId: string;
  /** The `webhook-id`: the event's id, or the batch's. */
  readonly deliveryId: string;
  /** The number of events in it. */
  readonly events: number;
  /** The number of attempts, including this one. */
  readonly attempts: number;
  readonly outcome: Outcome;
  /** What follows. */
  readonly next: "delivered" | "retry" | "dead" | "stop-endpoint";
  /** When the next attempt is due; only with `retry`. */
  readonly retryAt?: Date;
  readonly seconds: number;
  /** Whether new deliveries to the endpoint wait because it keeps failing. */
  readonly circuitOpen: boolean;
}
