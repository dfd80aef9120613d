import type { DeviceStatus } from "@convergint/schemas";
import type { Delivery, Exchange, Listing } from "./exchange.ts";

/** Returns the longest wait before a retry that counts as on schedule: it allows for jitter and for the vendor's poll interval. */
export const maxRetryWaitSeconds = (nominalSeconds: number): number => nominalSeconds * 2 + 10;

/** A change of status that was triggered without waiting for what is posted of it. */
export interface TriggeredChange {
  readonly deviceId: string;
  readonly status: DeviceStatus;
  readonly triggeredAt: string;
  readonly command: Exchange;
}

/** A webhook endpoint with what came to it. */
export interface WatchedEndpoint {
  readonly created: Exchange;
  readonly deliveries: readonly Delivery[];
}

/** How the receiver of an endpoint behaves. */
export type Behaviour =
  /** Takes everything. */
  | "healthy"
  /** Takes everything, with 202 and words of its own. */
  | "accepting"
  /** Answers 500 to the first attempts at each delivery. */
  | "refusing"
  /** Cuts the connection at the first attempt. */
  | "cutting"
  /** Sends the first attempt elsewhere. */
  | "redirecting"
  /** Answers the first attempt with 429 and `Retry-After`. */
  | "busy"
  /** Answers the first attempt with 503 and `Retry-After`. */
  | "overloaded"
  /** Answers 410. */
  | "gone";

/** What the scenarios of the resilience profile record. */
export interface ResilienceEvidence {
  readonly retries: {
    /** The waits before each retry that the manifest declares. */
    readonly scheduleSeconds: readonly number[];
    readonly latencySeconds: number;
    /** How many attempts the refusing receiver refused. */
    readonly refusals: number;
    /** What the busy and the overloaded receiver asked to wait. */
    readonly retryAfterSeconds: number;
    /** Made all at once. */
    readonly changes: readonly TriggeredChange[];
    /** Made when the 410 had been answered. */
    readonly laterChange: TriggeredChange;
    readonly endpoints: Readonly<Record<Behaviour, WatchedEndpoint>>;
    /** What came to where the redirects lead. */
    readonly followed: readonly Delivery[];
    /** Where the first delivery is answered after a long while only. */
    readonly slowDestination: string;
    readonly slowSeconds: number;
  };
  /** Many changes at once, to an endpoint that is down for all their first attempts, and to a healthy one. */
  readonly outage: {
    readonly latencySeconds: number;
    readonly changes: readonly TriggeredChange[];
    readonly down: WatchedEndpoint;
    readonly healthy: WatchedEndpoint;
    /** How long it was waited for what was refused. */
    readonly waitedSeconds: number;
    /** The inventory when all had been told, or waited for in vain. */
    readonly listingAfter: Listing;
  };
  /** Batches of a vendor that posts some, to a receiver that refuses at first and to one that refuses a part of each. */
  readonly vendorBatches: {
    readonly changes: readonly TriggeredChange[];
    readonly refusing: WatchedEndpoint;
    readonly picky: WatchedEndpoint;
  };
  /** What came to the slow destination of `retries`. */
  readonly slowAnswer: { readonly slowSeconds: number; readonly deliveries: readonly Delivery[] };
  readonly backfill: {
    /** Since the first listing of the run. */
    readonly sinceTheBeginning: Listing;
    readonly byOrg: readonly { readonly orgId: string; readonly listing: Listing }[];
    readonly unknownOrg: Exchange;
    /** Asked for what was published decades ago. */
    readonly longAgo: Exchange;
  };
}
