import type { DeviceStatus } from "@convergint/schemas";
import type { Delivery, Exchange, Listing } from "./exchange.ts";

/** An event of an optional family, published by the sandbox at the suite's request. */
export interface FamilyOccurrence {
  readonly type: string;
  readonly deviceId: string;
  readonly command: Exchange;
  readonly waitedSeconds: number;
  /** How many deliveries had arrived before the event was requested, and when the wait for it ended. */
  readonly from: number;
  readonly to?: number;
}

/**
 * Returns the longest wait before a retry that still counts as on schedule. The result allows for jitter and
 * for the interval at which the vendor polls its queue.
 */
export const maxRetryWaitSeconds = (nominalSeconds: number): number => nominalSeconds * 2 + 10;

/** A status change that was triggered without waiting for its webhook. */
export interface TriggeredChange {
  readonly deviceId: string;
  readonly status: DeviceStatus;
  readonly triggeredAt: string;
  readonly command: Exchange;
}

/** An event that a device published at the suite's request. */
export type PublishedEvent = Pick<FamilyOccurrence, "type" | "deviceId" | "command">;

/** A webhook endpoint with what arrived at it. */
export interface WatchedEndpoint {
  /** The registration; absent if the endpoint was registered by hand. */
  readonly created?: Exchange;
  /** The signing secret of an endpoint that was registered by hand. */
  readonly secret?: string;
  /**
   * What happened while the endpoint behaved in this way; only for an endpoint that was registered by hand, because
   * such an endpoint shows one behaviour after another.
   */
  readonly during?: {
    readonly changes: readonly TriggeredChange[];
    readonly published: readonly PublishedEvent[];
  };
  readonly deliveries: readonly Delivery[];
}

/** How the receiver of an endpoint behaves. */
export type Behaviour =
  /** The receiver accepts every delivery. */
  | "healthy"
  /** Accepts everything, with 202 and a body. */
  | "accepting"
  /** Answers 500 to the first attempts at each delivery. */
  | "refusing"
  /** Cuts the connection at the first attempt. */
  | "cutting"
  /** Redirects the first attempt. */
  | "redirecting"
  /** Answers the first attempt with 429 and `Retry-After`. */
  | "busy"
  /** Answers the first attempt with 503 and `Retry-After`. */
  | "overloaded"
  /** Answers the first attempt with a 4xx that is neither 410 nor 429; absent in older evidence. */
  | "denying"
  /** Answers 500 until its endpoint is deleted; absent in older evidence. */
  | "deleted"
  /** Answers 500 to the first attempts, while its secret is rotated; absent in older evidence. */
  | "rotated"
  /** Answers 500 to its first delivery, and 410 to everything after that; in older evidence, 410 to everything. */
  | "gone";

/** What the scenarios of the resilience profile record. */
export interface ResilienceEvidence {
  readonly retries: {
    /** The declared wait before each retry. */
    readonly scheduleSeconds: readonly number[];
    readonly latencySeconds: number;
    /** How many attempts the refusing receiver refused. */
    readonly refusals: number;
    /** The `Retry-After` of the busy and the overloaded receiver. */
    readonly retryAfterSeconds: number;
    /** Status changes, all triggered at the same time. */
    readonly changes: readonly TriggeredChange[];
    /** A status change that was triggered after a receiver had answered 410. */
    readonly laterChange: TriggeredChange;
    readonly endpoints: Readonly<Record<Behaviour, WatchedEndpoint>>;
    /** Events of other types, published together with the changes; absent in older evidence. */
    readonly published?: readonly PublishedEvent[];
    /** The deletion of the endpoint `deleted`, while deliveries to it waited for a retry. */
    readonly deletion?: Exchange | null;
    /** The rotation of the secret of the endpoint `rotated`, while deliveries to it waited for a retry. */
    readonly rotation?: Exchange | null;
    /** The deliveries that arrived at the target of the redirects. */
    readonly followed: readonly Delivery[];
    /** A destination that answers its first delivery only after a long delay. */
    readonly slowDestination: string;
    /** A destination that never answers its first delivery; absent in older evidence. */
    readonly hangingDestination?: string;
    readonly slowSeconds: number;
  };
  /**
   * Many changes at the same time, reported to an endpoint that fails all first attempts and to a healthy
   * endpoint.
   */
  readonly outage: {
    readonly latencySeconds: number;
    readonly changes: readonly TriggeredChange[];
    /** Events of other types, published together with the changes; absent in older evidence. */
    readonly published?: readonly PublishedEvent[];
    /**
     * Ids of the status changes of a device that changed several times in quick succession, as they arrived
     * at the healthy endpoint before the suite waited for retries; absent in older evidence.
     */
    readonly repeated?: readonly string[];
    readonly down: WatchedEndpoint;
    readonly healthy: WatchedEndpoint;
    /** How long the suite waited for retries of refused deliveries. */
    readonly waitedSeconds: number;
    /** The inventory after all webhooks had arrived or timed out. */
    readonly listingAfter: Listing;
  };
  /**
   * Batches of a vendor that supports batches. One receiver refuses batches at first. The other receiver
   * refuses a part of each batch.
   */
  readonly vendorBatches: {
    readonly changes: readonly TriggeredChange[];
    readonly refusing: WatchedEndpoint;
    readonly picky: WatchedEndpoint;
  };
  /** What arrived at the slow destination of `retries`. */
  readonly slowAnswer: {
    readonly slowSeconds: number;
    readonly deliveries: readonly Delivery[];
    /** What arrived at the hanging destination of `retries`; absent in older evidence. */
    readonly hanging?: readonly Delivery[];
  };
  readonly backfill: {
    /** The events since the first listing of the run, listed while every endpoint refused its deliveries. */
    readonly sinceTheBeginning: Listing;
    /** The events of `sinceTheBeginning`, listed with a `limit` small enough to make several pages. */
    readonly inSmallPages?: Listing;
    /**
     * The deliveries of one change to an endpoint. No endpoint had accepted the event of this change before
     * the listing.
     */
    readonly undelivered?: readonly Delivery[];
    /** Listings of events, each requested from an event's own `time` and from shortly before that time. */
    readonly moments?: readonly {
      readonly id: string;
      readonly time: string;
      readonly before: Exchange;
      readonly at: Exchange;
    }[];
    /** A listing of events, read after `sinceTheBeginning`. */
    readonly byOrg: readonly { readonly orgId: string; readonly listing: Listing }[];
    readonly unknownOrg: Exchange;
    /** A request for events published decades ago. */
    readonly longAgo: Exchange;
    /** A request for events from a day before the start of `depth_hours`; absent in older evidence. */
    readonly beyondDepth?: Exchange;
  };
}
