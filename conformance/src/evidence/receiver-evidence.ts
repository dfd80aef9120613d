import type { Exchange } from "./exchange.ts";
import { objectOf, textOf } from "./read.ts";

/** What the consumer said of a device's status when it was asked. */
export interface StatusReading {
  readonly exchange: Exchange;
  /** `null` where it knows no such device, or no status of it. */
  readonly status: string | null;
}

/** A reading that takes a probe; `null` where none was given. */
export type Probed = StatusReading | null;

/** Tells whether the consumer says that a device is gone: with 404 or 410, or with `lifecycle`. */
export function isRemoved({ exchange }: StatusReading): boolean {
  const status = exchange.response?.status;
  return status === 404 || status === 410 || textOf(objectOf(exchange), "lifecycle") === "removed";
}

/** What the receiver suite records: what was posted to a consumer, and what it answered. */
export interface ReceiverEvidence {
  readonly signatures: {
    readonly good: Exchange;
    /** Signed over bytes that no parser would write again: spaces, escapes, numbers, the order of members. */
    readonly unusualBytes: Exchange;
    /** Beside a signature of another secret. */
    readonly besideAnother: Exchange;
    readonly bySecret: readonly Exchange[];
    /** Each forged in another way. */
    readonly forged: readonly Exchange[];
    /** Each signed well, at a wrong time. */
    readonly offTime: readonly Exchange[];
    /** Signed at the edge of what is allowed. */
    readonly almostOffTime: readonly Exchange[];
    /** Signed with the secret of another integration; `null` where none was given. */
    readonly ofAnother: Exchange | null;
  };
  readonly content: {
    readonly notJson: readonly Exchange[];
    readonly notAnEvent: readonly Exchange[];
    readonly mediaTypes: readonly Exchange[];
    readonly tooLarge: Exchange;
    readonly largest: Exchange;
  };
  readonly unknownContent: {
    readonly unknownType: Exchange;
    readonly unknownMembers: Exchange;
    readonly unknownDeviceType: Exchange;
    /** Tells of a device that nobody told of before. */
    readonly unknownDevice: Exchange;
    readonly unknownDeviceAfter: Probed;
    /** Of an org that the consumer has never heard of. */
    readonly unknownOrg: Exchange;
    readonly unknownOrgAfter: Probed;
  };
  readonly duplicates: {
    readonly first: Exchange;
    /** Another event of the device, later. */
    readonly second: Exchange;
    /** The first once more, signed anew. */
    readonly again: Exchange;
    /** The first once more, to the byte. */
    readonly replayed: Exchange;
    /** One event, from twenty connections at once. */
    readonly crowd: readonly Exchange[];
    /** What the second said. */
    readonly expected: string;
    readonly after: Probed;
  };
  readonly order: {
    readonly later: Exchange;
    readonly earlier: Exchange;
    readonly laterSaid: string;
    readonly afterBoth: Probed;
    /** By a clock that is an hour ahead. */
    readonly ahead: Exchange;
    readonly now: Exchange;
    readonly nowSaid: string;
    readonly afterAhead: Probed;
  };
  readonly batches: {
    /** Three events, of which the second is none. */
    readonly mixed: Exchange;
    readonly firstSaid: string;
    readonly thirdSaid: string;
    readonly afterFirst: Probed;
    readonly afterThird: Probed;
  };
}
