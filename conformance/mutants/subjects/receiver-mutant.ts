import type { ReceiverParts, ReceiverSetup } from "./reference-receiver.ts";

/** One way of being wrong: the reference receiver with one part that does it wrongly. */
export interface ReceiverMutant {
  /** Id of the one requirement that the defect breaks. */
  readonly breaks: string;
  /** The defect, as one would tell a colleague. */
  readonly defect: string;
  /** The parts that differ. */
  readonly parts: (right: ReceiverParts, setup: ReceiverSetup) => Partial<ReceiverParts>;
}

/** Mutants of the receiver, by name. */
export type ReceiverMutants = Readonly<Record<string, ReceiverMutant>>;
