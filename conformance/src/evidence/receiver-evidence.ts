import type { Exchange } from "./exchange.ts";
import { objectOf, textOf } from "./read.ts";

/** A device's status as the consumer returned it. */
export interface StatusReading {
  readonly exchange: Exchange;
  /** `null` if the consumer does not know the device or its status. */
  readonly status: string | null;
}

/** A status that the suite looked up; `null` if the run has no probe to look it up. */
export type Probed = StatusReading | null;

/** Tells whether the consumer says that a device is gone: by a 404 or 410, or by `lifecycle`. */
export function isRemoved({ exchange }: StatusReading): boolean {
  const status = exchange.response?.status;
  return status === 404 || status === 410 || textOf(objectOf(exchange), "lifecycle") === "removed";
}

/** What the receiver suite records: what it posted to a consumer, and the responses. */
export interface ReceiverEvidence {
  readonly signatures: {
    readonly good: Exchange;
    /**
     * A delivery that is signed over bytes that no serializer would reproduce, because of their spaces,
     * escapes, numbers and order of members.
     */
    readonly unusualBytes: Exchange;
    /** A delivery with an additional signature, which is made with another secret. */
    readonly withAnotherSignature: Exchange;
    readonly bySecret: readonly Exchange[];
    /** Deliveries, each forged in a different way. */
    readonly forged: readonly Exchange[];
    /**
     * The statuses that the consumer showed after the forged deliveries: the status of the device of `good`
     * as the control, and the statuses of the devices that the refused forgeries name. `null` if the run has
     * no probe.
     */
    readonly forgedEffects?: {
      readonly control: StatusReading;
      readonly effects: readonly { readonly purpose: string; readonly reading: StatusReading }[];
    } | null;
    /** Deliveries, each signed correctly but with a wrong timestamp. */
    readonly offTime: readonly Exchange[];
    /** Deliveries, each signed with a timestamp at the edge of the tolerance. */
    readonly almostOffTime: readonly Exchange[];
    /** A delivery that is signed with another integration's secret; `null` if none was given. */
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
    /** A delivery that reports a device which was not mentioned before. */
    readonly unknownDevice: Exchange;
    readonly unknownDeviceAfter: Probed;
    /**
     * The status after a listing contained the device; `null` if the consumer had shown the status before.
     */
    readonly unknownDeviceListed?: Probed;
    /** A delivery that reports a device of an unknown site in a known org. */
    readonly unknownSite?: Exchange;
    /** A delivery that reports a device of an org which the consumer does not know. */
    readonly unknownOrg: Exchange;
    readonly unknownOrgAfter: Probed;
  };
  readonly duplicates: {
    readonly first: Exchange;
    /** Another, later event of the device. */
    readonly second: Exchange;
    /** The first event, posted again with a new signature. */
    readonly again: Exchange;
    /** The first delivery, posted again byte for byte. */
    readonly replayed: Exchange;
    /** One event, posted on twenty connections at the same time. */
    readonly crowd: readonly Exchange[];
    /** The status that the second event reports. */
    readonly expected: string;
    readonly after: Probed;
    /**
     * Different events, each posted on a separate connection at the same time, and the status of each event's
     * device.
     */
    readonly distinct?: {
      readonly posts: readonly Exchange[];
      readonly expected: string;
      readonly readings: readonly Probed[];
    };
  };
  readonly order: {
    readonly later: Exchange;
    readonly earlier: Exchange;
    readonly laterSaid: string;
    readonly afterBoth: Probed;
    /**
     * Two changes within one second, also posted in reverse order. The time of the earlier change has no
     * fraction.
     */
    readonly withinASecond?: { readonly later: Exchange; readonly earlier: Exchange; readonly after: Probed };
    /** An event whose time is one hour in the future. */
    readonly ahead: Exchange;
    readonly now: Exchange;
    readonly nowSaid: string;
    readonly afterAhead: Probed;
  };
  readonly batches: {
    /** Three events, of which the second is invalid. */
    readonly mixed: Exchange;
    readonly firstSaid: string;
    readonly thirdSaid: string;
    readonly afterFirst: Probed;
    readonly afterThird: Probed;
  };
}
