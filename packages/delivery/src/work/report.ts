import type { Outcome } from "../rules/outcome.ts";

/** One attempt, told to `onAttempt` once it is written down. */
export interface AttemptReport {
  readonly endpointId: string;
  /** The `webhook-id`: the event's id, or the batch's. */
  readonly deliveryId: string;
  /** How many events it carried. */
  readonly events: number;
  /** How many attempts there were, this one included. */
  readonly attempts: number;
  readonly outcome: Outcome;
  /** What follows. */
  readonly next: "delivered" | "retry" | "dead" | "stop-endpoint";
  /** When the next attempt is due; with `retry` alone. */
  readonly retryAt?: Date;
  readonly seconds: number;
  /** Whether the endpoint failed so often in a row that new deliveries to it wait. */
  readonly circuitOpen: boolean;
}
