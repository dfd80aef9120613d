import type { SeededRandom } from "@convergint/internal/seeded-random";
import type { Evidence, PartName } from "../evidence/evidence.ts";
import type { ChangeCount } from "../harness/change-count.ts";
import type { Undo } from "../harness/clean-up.ts";
import type { Clock } from "../harness/clock.ts";
import type { Credentials } from "../harness/credentials.ts";
import { OtherDeviceError, type Person } from "../harness/person.ts";
import type { Receiver } from "../harness/receiver.ts";
import type { Bearer, OtherBearers, Recorder } from "../harness/recorder.ts";
import type { TokenMint } from "../harness/signed-token.ts";
import type { TriggerCommand } from "../harness/trigger-command.ts";
import type { EarlierRun } from "../history/earlier-run.ts";
import type { EndRun, Untimed } from "../suite/time-budget.ts";
import type { Observe } from "./events/window-recorder.ts";
import { createReportLedger, type ReportLedger } from "./report-ledger.ts";

/** Returns a drive that uses this credential instead of the credential under test, also for clean-up. */
export function asTenant(drive: Drive, credential: Bearer): Drive {
  const calling = (recorder: Recorder): Recorder => ({
    call: (call) => recorder.call({ credential, ...call }),
  });
  return {
    ...drive,
    recorder: calling(drive.recorder),
    reports: createReportLedger(drive),
    afterwards: (undo) => drive.afterwards((cleaner) => undo(calling(cleaner))),
  };
}

/** What every scenario gets. */
export interface AnyDrive {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Announces the scenario that begins. */
  readonly begin: (title: string) => void;
  /** Reports progress. */
  readonly progress: (message: string) => void;
  /**
   * Lets the next scenario begin before this one ends. A scenario calls this when it only waits from then on, for something
   * that no other scenario can cause or prevent. Absent if nothing comes next.
   */
  readonly letOthersBegin?: () => void;
}

/**
 * What a scenario changes at the vendor, and what a run may change. The possible values are: nothing, the
 * run's own webhook endpoints, or devices too.
 */
const extents = ["nothing", "endpoints", "devices"] as const;
export type Extent = (typeof extents)[number];

/** Tells whether a run with the first permission may also make changes of the second kind. */
export const permits = (allowed: Extent, wanted: Extent): boolean =>
  extents.indexOf(wanted) <= extents.indexOf(allowed);

/** An endpoint that a person registered at the vendor. It stays registered after the run. */
export interface RegisteredEndpoint {
  /** The registered URL. It leads to the suite's receiver. */
  readonly url: string;
  /** The secret with which the vendor signs. */
  readonly secret: string;
  /** Whether the suite has just created the secret, so that the person enters it during the run. */
  readonly isNew?: boolean;
}

/** A registered endpoint with the receiver's destination, at which everything that is posted to it arrives. */
interface HandRegistered extends RegisteredEndpoint {
  readonly destination: string;
}

/** What a scenario needs to drive a vendor's cloud. */
export interface Drive extends AnyDrive {
  /** What the run may change. A scenario that changes devices only in part can omit that part. */
  readonly mayChange: Extent;
  readonly endRun: EndRun;
  readonly untimed: Untimed;
  /** The vendor's base URL, as given. */
  readonly target: URL;
  readonly recorder: Recorder;
  /** A recorder that does not end the run when the vendor is down for a while. */
  readonly patientRecorder: Recorder;
  /** What this run uses again from the earlier run that it continues; absent if it continues none. */
  readonly earlier?: EarlierRun | undefined;
  /** All credentials of the run. */
  readonly credentials: Credentials;
  /** The bearer tokens of the credentials in addition to the one under test. */
  readonly bearers: OtherBearers;
  /** Signs tokens with private keys. */
  readonly mint: TokenMint;
  readonly receiver: Receiver;
  /** Endpoints that a person registered at the vendor before the run: none, one or two. */
  readonly handRegistered: readonly HandRegistered[];
  /** How to watch a vendor that changes by itself; `null` in a run that makes the changes. */
  readonly observe: Observe | null;
  /** The endpoints at which the events of this credential's devices must arrive. */
  readonly reports: ReportLedger;
  /** Changes devices if the vendor offers no sandbox control; `null` if neither a command nor a person does. */
  readonly triggerCommand: TriggerCommand | null;
  /** The person who changes devices; `null` if devices change in another way, or not at all. */
  readonly person: Person | null;
  /** Counts the changes of devices. */
  readonly changeCount: ChangeCount;
  /** Makes random choices. */
  readonly chance: SeededRandom;
  /** How many devices change at the same time, if the inventory has that many. */
  readonly burst: number;
  /**
   * Registers a clean-up for the end of the run. The clean-up takes place even if the run was interrupted.
   */
  readonly afterwards: (undo: Undo) => void;
}

/** A scenario cannot drive the vendor; the message tells the vendor's engineer why. */
export class CannotDriveError extends Error {
  readonly code = "cannot_drive";
  constructor(reason: string) {
    super(reason);
    this.name = "CannotDriveError";
  }
}

/** Requires that the vendor has posted at least one webhook. @throws {CannotDriveError} */
export function requireWebhooks({ deliveries, otherDeliveries }: Evidence["health"]): void {
  if (deliveries.length === 0 && (otherDeliveries ?? []).length === 0)
    throw new CannotDriveError("no webhook arrived; see EVT-001");
}

/** Drives the system under test and records one part of the evidence. Checks judge it later. */
export interface Scenario<Driven extends AnyDrive = Drive> {
  readonly part: PartName;
  /** What the scenario does. */
  readonly title: string;
  /** Returns what the scenario does in this run, for progress output. */
  readonly titleFor: (evidence: Partial<Evidence>, drive: Driven) => string;
  readonly needs: readonly PartName[];
  /** The smallest permission with which this scenario is useful. */
  readonly changes: Extent;
  /** How many changes of devices the scenario asks a person for, at most. */
  readonly byHand: (seen: Partial<Evidence>) => number;
  readonly drive: (evidence: Partial<Evidence>, drive: Driven) => Promise<unknown>;
}

/**
 * Defines a scenario.
 *
 * @param part the part of the evidence that the scenario records
 * @param title what the scenario does
 * @param needs the parts that the scenario needs; if a part is missing, the scenario does not run
 * @param changes the least that a run must be allowed to change; if a run may change no more, neither does the scenario
 * @param titleFor what the scenario does in this run, if that depends on the vendor or the run; `null` for `title`
 * @param byHand how many changes the scenario asks a person for, if a person changes the devices; default: none
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
  {
    changes = "devices",
    byHand = () => 0,
    titleFor = () => null,
  }: {
    readonly changes?: Extent;
    readonly byHand?: Scenario["byHand"];
    readonly titleFor?: (evidence: Pick<Evidence, Needs[number]>, drive: Driven) => string | null;
  } = {},
): Scenario<Driven> {
  return {
    part,
    title,
    // The suite calls `titleFor` only if every part in `needs` was recorded.
    titleFor: (evidence, context) => titleFor(evidence as Evidence, context) ?? title,
    needs,
    changes,
    byHand,
    async drive(evidence, context) {
      for (;;) {
        try {
          // The suite calls `drive` only if every part in `needs` was recorded.
          return await drive(evidence as Evidence, context);
        } catch (error) {
          if (!(error instanceof OtherDeviceError)) throw error;
        }
      }
    },
  };
}
