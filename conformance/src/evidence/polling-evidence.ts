import type { Exchange } from "./exchange.ts";
import type { Probed } from "./receiver-evidence.ts";

/** A listing of the suite's own inventory that a consumer read. */
export interface PolledListing {
  /** Its requests for pages, with their responses; only the first ones if the listing is endless. */
  readonly exchanges: readonly Exchange[];
  /** How many requests there were. */
  readonly requests: number;
  /** How long the suite waited for the next listing. */
  readonly waitedSeconds: number;
  /**
   * When the consumer started the next listing, and so had finished this one; `null` if it did not in time.
   */
  readonly followedAt: string | null;
}

/** An incomplete listing that lacks a device, and what then happened to the device. */
export interface IncompleteListing {
  /** What is wrong with it, in a few words. */
  readonly fault: string;
  /** Whether its count, snapshot or items are wrong, as opposed to an unreadable page. */
  readonly breaksRules: boolean;
  readonly listing: PolledListing;
  readonly after: Probed;
}

/** A device's status, and the required value. */
interface ObservedDevice {
  /** What reported the device, in a few words. */
  readonly sources: string;
  readonly expected: string;
  readonly reading: Probed;
}

/** What the receiver suite records of a consumer that polls. */
export interface PollingEvidence {
  readonly polling: {
    /** A request for devices before the first test; `null` if there was none. */
    readonly atRest: Exchange | null;
    /** Three correct pages. */
    readonly listing: PolledListing;
    readonly pages: number;
    /** Of a device on the last page. */
    readonly onLastPage: Probed;
    readonly onLastPageSaid: string;
  };
  /** `null` if the consumer does not poll again. */
  readonly removals: {
    /** The device while it was listed. */
    readonly before: Probed;
    readonly incomplete: readonly IncompleteListing[];
    /** A correct listing without the device. */
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
    /** Its cursors loop. */
    readonly circle: PolledListing;
    /** How many pages of it the suite answers at most. */
    readonly maxPages: number;
  };
}
