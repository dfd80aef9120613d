import type { SeededRandom } from "@convergint/internal/seeded-random";
import type { Evidence, PartName } from "../evidence/evidence.ts";
import type { Clock } from "../harness/clock.ts";
import type { Credentials } from "../harness/credentials.ts";
import type { Receiver } from "../harness/receiver.ts";
import type { Recorder } from "../harness/recorder.ts";
import type { TriggerCommand } from "../harness/trigger-command.ts";

/** What every scenario has, whatever it drives. */
export interface AnyDrive {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Says which scenario begins. */
  readonly begin: (title: string) => void;
  /** Says what is going on, to a person who waits. */
  readonly progress: (message: string) => void;
}

/** What a scenario drives a vendor's cloud with. */
export interface Drive extends AnyDrive {
  /** The vendor's base URL, as the person gave it. */
  readonly target: URL;
  readonly recorder: Recorder;
  /** All that the run was given to call with. */
  readonly credentials: Credentials;
  readonly receiver: Receiver;
  /** The command that changes devices where the vendor offers no sandbox control; `null` where none was given. */
  readonly triggerCommand: TriggerCommand | null;
  /** Makes whatever choice could have been another. */
  readonly chance: SeededRandom;
  /** How many devices change at once, where the inventory has so many. */
  readonly burst: number;
  /** Runs when the whole run is over, whatever its end: undoes what the scenario left at the vendor. */
  readonly afterwards: (undo: Undo) => void;
}

/** Takes back something a scenario left at the vendor. It gets a recorder that an interrupted run can still use. */
export type Undo = (recorder: Recorder) => Promise<unknown>;

/** The vendor cannot be driven this far; the reason is for the vendor's engineer. */
export class CannotDriveError extends Error {
  readonly code = "cannot_drive";
  constructor(reason: string) {
    super(reason);
    this.name = "CannotDriveError";
  }
}

/** Where not even a change of status was posted, there is nothing to wait for. @throws {CannotDriveError} */
export function requireWebhooks({ deliveries, deliveriesBeside }: Evidence["health"]): void {
  if (deliveries.length === 0 && deliveriesBeside.length === 0)
    throw new CannotDriveError("no webhook came; see EVT-001");
}

/** Drives the system under test and records one part of the evidence. It judges nothing. */
export interface Scenario<Driven extends AnyDrive = Drive> {
  readonly part: PartName;
  /** What it does, for the person who waits. */
  readonly title: string;
  readonly needs: readonly PartName[];
  readonly drive: (evidence: Partial<Evidence>, drive: Driven) => Promise<unknown>;
}

/**
 * Defines a scenario.
 *
 * @param part the part of the evidence it records
 * @param needs the parts it builds upon; where one is missing, the scenario does not run
 */
export function scenario<
  Part extends PartName,
  const Needs extends readonly PartName[],
  Driven extends AnyDrive = Drive,
>(
  part: Part,
  title: string,
  needs: Needs,
  drive: (evidence: Pick<Evidence, Needs[number]>, drive: Driven) => Promise<Evidence[Part]>,
): Scenario<Driven> {
  return {
    part,
    title,
    needs,
    // The suite calls `drive` only when every part in `needs` is there.
    drive: (evidence, context) => drive(evidence as Evidence, context),
  };
}
