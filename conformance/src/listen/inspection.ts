import type { Diagnosis } from "@convergint/diagnose";

/** The steps of an inspection, in order. */
export type StepName = "headers" | "timestamp" | "signature" | "media_type" | "json" | "event" | "retry";

/** The result of one step. */
export interface Step {
  readonly step: StepName;
  /** `unknown` if an earlier error prevents the check. */
  readonly outcome: "ok" | "wrong" | "unknown";
  /** What was found and, if it is wrong, what to send instead. The text is for the sender's engineer. */
  readonly says: string;
  /** The requirements that the step checks. */
  readonly requirements: readonly string[];
}

/** An invalid field of an event. */
export interface FieldProblem {
  /** JSON pointer to the field in the body. */
  readonly pointer: string;
  readonly message: string;
  readonly requirement: string | null;
}

/** A delivery as received. */
export interface ReceivedDelivery {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly receivedAt: Date;
}

/** The inspection of one delivery, without secrets. */
export interface Inspection {
  /** The number of the delivery, from 1. */
  readonly number: number;
  readonly receivedAt: string;
  /** Whether every step is `ok`. */
  readonly good: boolean;
  readonly webhookId: string | null;
  /** The number of the attempt with this `webhook-id`, from 1. */
  readonly attempt: number;
  /** The event types that could be read. */
  readonly eventTypes: readonly string[];
  readonly steps: readonly Step[];
  readonly problems: readonly FieldProblem[];
  /** Why the signature is invalid; `null` if it is valid. */
  readonly diagnosis: Diagnosis | null;
  readonly headers: Readonly<Record<string, string>>;
  /** The body as text, truncated if it is long. */
  readonly body: string;
  readonly bytes: number;
}

export const step = (
  name: StepName,
  outcome: Step["outcome"],
  says: string,
  ...requirements: readonly string[]
): Step => ({ step: name, outcome, says, requirements });
