import type { Exchange } from "./exchange.ts";
import type { Probed } from "./receiver-evidence.ts";

/** A listing that a consumer read of the suite's own inventory. */
export interface PolledListing {
  /** Its requests for pages, with what they were answered; of one that goes on and on, the first. */
  readonly exchanges: readonly Exchange[];
  /** How many there were. */
  readonly requests: number;
  /** How long the next listing was waited for. */
  readonly waitedSeconds: number;
  /** When the consumer began the next listing, and so was done with this one; `null` where it did not in time. */
  readonly followedAt: string | null;
}

/** A listing that is not complete and lacks a device, and what then became of the device. */
export interface IncompleteListing {
  /** What is wrong with it, in a few words. */
  readonly fault: string;
  /** Whether what is wrong is the listing's count, its snapshot or its items, and not that a page cannot be read. */
  readonly breaksRules: boolean;
  readonly listing: PolledListing;
  readonly after: Probed;
}

/** A device's status, and what it had to be. */
export interface ObservedDevice {
  /** What was told of it, in a few words. */
  readonly told: string;
  readonly expected: string;
  readonly reading: Probed;
}

/** What the receiver suite records of a consumer that polls. */
export interface PollingEvidence {
  readonly polling: {
    /** A request for devices that came before anything was tried; `null` where there was none. */
    readonly atRest: Exchange | null;
    /** Three pages, all as they should be. */
    readonly listing: PolledListing;
    readonly pages: number;
    /** Of a device of the last page. */
    readonly onLastPage: Probed;
    readonly onLastPageSaid: string;
  };
  /** `null` where the consumer does not poll again. */
  readonly removals: {
    /** The device while it was listed. */
    readonly before: Probed;
    readonly incomplete: readonly IncompleteListing[];
    /** As it should be, without the device. */
    readonly complete: PolledListing;
    readonly afterComplete: Probed;
  } | null;
  readonly observations: {
    readonly events: readonly Exchange[];
    readonly listing: PolledListing;
    readonly devices: readonly ObservedDevice[];
  };
  readonly vendorTerms: {
    readonly event: Exchange;
    readonly listing: PolledListing;
    readonly sent: { readonly vendorStatus: string; readonly vendorType: string };
    readonly byInventory: Probed;
    readonly byEvent: Probed;
  };
  readonly pollerLimits: {
    readonly retryAfterSeconds: number;
    /** Answered with 429. */
    readonly busy: PolledListing;
    /** Its cursors lead in a circle. */
    readonly circle: PolledListing;
    /** How many pages of it were answered. */
    readonly maxPages: number;
  };
}
