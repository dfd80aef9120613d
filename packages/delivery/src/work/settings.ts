import type { GroupCommit } from "@convergint/internal/group-commit";
import type { Clock } from "../clock.ts";
import type { Attempter } from "../http/attempt.ts";
import type { Outcome } from "../rules/outcome.ts";
import type { EndpointSecretBox } from "../store/endpoint-secret-box.ts";
import type { OutboxStore, Settlement } from "../store/store.ts";

/** A stored attempt, as passed to `onAttempt`. */
export interface AttemptReport {
  readonly endpointId: string;
  /** The `webhook-id`: the event's id, or the batch's. */
  readonly deliveryId: string;
  /** The number of events in the delivery. */
  readonly events: number;
  /** The number of attempts, including this one. */
  readonly attempts: number;
  readonly outcome: Outcome;
  /** What follows. */
  readonly next: "delivered" | "retry" | "dead" | "stop-endpoint";
  /** When the next attempt is due; present only if `next` is `retry`. */
  readonly retryAt?: Date;
  readonly seconds: number;
  /** Whether new deliveries to the endpoint wait because it keeps failing. */
  readonly circuitOpen: boolean;
}

/** The settings of delivery, the same for every endpoint. */
export interface WorkSettings {
  /** The name of this worker in leases. */
  readonly worker: string;
  readonly store: Pick<
    OutboxStore,
    | "heldEndpoint"
    | "scheduled"
    | "queued"
    | "batchable"
    | "formBatch"
    | "batchBodies"
    | "claimEndpoints"
    | "renewLeases"
    | "releaseEndpoint"
    | "prune"
  >;
  readonly settling: GroupCommit<Settlement, null>;
  readonly box: EndpointSecretBox;
  readonly attempt: Attempter["attempt"];
  /** Private keys that sign every delivery in addition to the endpoint's secrets. */
  readonly signingKeys: readonly string[];
  readonly concurrencyPerEndpoint: number;
  readonly retryScheduleSeconds: readonly number[];
  readonly probeScheduleSeconds: readonly number[];
  readonly pollSeconds: number;
  readonly leaseSeconds: number;
  readonly retentionHours: number;
  readonly clock: Clock;
  readonly onAttempt: (report: AttemptReport) => void;
  /** Receives an error that happens outside of any call; delivery continues. */
  readonly onError: (error: unknown) => void;
}
