import type { ReceiverParts, ReceiverSetup } from "./reference-receiver.ts";

/** The reference receiver with one part that is wrong. */
export interface ReceiverMutant {
  /** Id of the one requirement that the defect breaks. */
  readonly breaks: string;
  /** Describes the defect in one sentence. */
  readonly defect: string;
  /** Returns the parts that differ. */
  readonly parts: (correct: ReceiverParts, setup: ReceiverSetup) => Partial<ReceiverParts>;
}

/** Mutants of the receiver, by name. */
export type ReceiverMutants = Readonly<Record<string, ReceiverMutant>>;
