import type { Diagnosis } from "@convergint/diagnose";

/** What is looked at in a delivery, in this order. */
export type StepName = "headers" | "timestamp" | "signature" | "media_type" | "json" | "event" | "retry";

/** One look at a delivery, and what came of it. */
export interface Step {
  readonly step: StepName;
  /** `unknown` where something before it is wrong, and it cannot be told. */
  readonly outcome: "ok" | "wrong" | "unknown";
  /** For the sender's engineer: what was seen; where it is wrong, what to send instead. */
  readonly says: string;
  /** The requirements of the contract that it is held to. */
  readonly requirements: readonly string[];
}

/** What is wrong with one field of an event. */
export interface FieldProblem {
  /** JSON pointer into the body. */
  readonly pointer: string;
  readonly message: string;
  readonly requirement: string | null;
}

/** A delivery as it came. */
export interface ReceivedDelivery {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly receivedAt: Date;
}

/** All that was seen of one delivery. Holds no secret. */
export interface Inspection {
  /** Counts from 1. */
  readonly number: number;
  readonly receivedAt: string;
  /** Whether every step is ok. */
  readonly good: boolean;
  readonly webhookId: string | null;
  /** Which attempt at this `webhook-id` it is, from 1. */
  readonly attempt: number;
  /** The types of the events in it, as far as they can be read. */
  readonly eventTypes: readonly string[];
  readonly steps: readonly Step[];
  readonly problems: readonly FieldProblem[];
  /** Why the signature does not verify; `null` where it does. */
  readonly diagnosis: Diagnosis | null;
  readonly headers: Readonly<Record<string, string>>;
  /** As text, cut where it is long. */
  readonly body: string;
  readonly bytes: number;
}

export const step = (
  name: StepName,
  outcome: Step["outcome"],
  says: string,
  ...requirements: readonly string[]
): Step => ({ step: name, outcome, says, requirements });
