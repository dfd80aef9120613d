import type { Exchange } from "./exchange.ts";
import type { Probed } from "./receiver-evidence.ts";

/** A listing of the suite's own inventory that a consumer read. */
export interface PolledListing {
  /**
   * The consumer's requests for pages, with the responses; only the first requests if the listing is endless.
   */
  readonly exchanges: readonly Exchange[];
  /** How many page requests the consumer made for this listing. */
  readonly requests: number;
  /** How long the suite waited for the next listing. */
  readonly waitedSeconds: number;
  /**
   * When the consumer started the next listing; `null` if it started none in time. The next listing shows
   * that the consumer has finished this listing.
   */
  readonly followedAt: string | null;
}

/** An incomplete listing that lacks a device, and whether the consumer then removed the device. */
export interface IncompleteListing {
  /** What is wrong with the listing, in a few words. */
  readonly fault: string;
  /**
   * Whether the listing breaks a rule about its count, snapshot or items; `false` if a page is unreadable
   * instead.
   */
  readonly breaksRules: boolean;
  readonly listing: PolledListing;
  readonly after: Probed;
}

/** A device's status as the consumer showed it, and the status that is required. */
interface ObservedDevice {
  /** What reported the device, in a few words. */
  readonly sources: string;
  readonly expected: string;
  readonly reading: Probed;
}

/** What the receiver suite records of a consumer that polls. */
export interface PollingEvidence {
  readonly polling: {
    /** A request for devices that the consumer made before the first test; `null` if there was none. */
    readonly atRest: Exchange | null;
    /** A listing of three correct pages. */
    readonly listing: PolledListing;
    readonly pages: number;
    /** The status that the consumer shows for a device on the last page. */
    readonly onLastPage: Probed;
    readonly onLastPageSaid: string;
  };
  /** The evidence about removed devices; `null` if the consumer does not poll repeatedly. */
  readonly removals: {
    /** The status of the device while the device was listed. */
    readonly before: Probed;
    readonly incomplete: readonly IncompleteListing[];
    /** A correct and complete listing that does not contain the device. */
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
    /** A listing that the suite answered with 429. */
    readonly busy: PolledListing;
    /** A listing whose cursors form a loop. */
    readonly circle: PolledListing;
    /** The maximum number of pages that the suite serves of a listing whose cursors form a loop. */
    readonly maxPages: number;
  };
}
