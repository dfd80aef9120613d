import type { DeviceStatus } from "@convergint/schemas";
import type { Delivery, Exchange, Listing } from "./exchange.ts";
import type { PollingEvidence } from "./polling-evidence.ts";
import type { ReceiverEvidence } from "./receiver-evidence.ts";
import type { ResilienceEvidence } from "./resilience-evidence.ts";

/** A change of a device's status that the suite triggered. */
export interface StatusChange {
  readonly deviceId: string;
  readonly status: DeviceStatus;
  readonly triggeredAt: string;
  /** The sandbox command that triggered it. */
  readonly command: Exchange;
  /** How long its webhook was awaited. */
  readonly waitedSeconds: number;
  /** Which of the deliveries came while it was awaited: by position, `to` not included. */
  readonly window: { readonly from: number; readonly to: number };
  /** The device as inventory showed it when the waiting was over. */
  readonly inventoryAfter: Exchange;
}

/** An event of an optional family that the suite had a device publish. */
export interface FamilyOccurrence {
  readonly type: string;
  readonly deviceId: string;
  readonly command: Exchange;
  readonly waitedSeconds: number;
  /** How many deliveries had come before it. */
  readonly from: number;
}

/** What each scenario records: evidence by part. Plain data, so that it can be stored and judged again. */
export interface Evidence extends ReceiverEvidence, PollingEvidence, ResilienceEvidence {
  readonly discovery: { readonly manifest: Exchange };
  readonly authentication: {
    readonly withoutCredential: readonly Exchange[];
    readonly wrongCredential: readonly Exchange[];
    /** The made-up credential, to look for in the answers. */
    readonly wrongKey: string;
  };
  readonly orgs: { readonly listing: Listing };
  readonly sites: {
    readonly listing: Listing;
    readonly byOrg: readonly { readonly orgId: string; readonly listing: Listing }[];
    readonly unknownOrg: Exchange;
  };
  readonly devices: { readonly listing: Listing };
  readonly paging: {
    /** The inventory once more, with a `limit` small enough to make several pages. */
    readonly inSmallPages: Listing;
    readonly orgsInSmallPages: Listing;
    readonly sitesInSmallPages: Listing;
    readonly madeUpCursor: Exchange;
    readonly badLimits: readonly Exchange[];
  };
  readonly limits: {
    readonly maxPageSize: number;
    /** The first page of devices with `limit` at the maximum. */
    readonly atMaximum: Exchange;
    /** The same with one more. */
    readonly aboveMaximum: Exchange;
  };
  readonly filters: {
    readonly bySite: readonly { readonly siteId: string; readonly listing: Listing }[];
    readonly byOrg: readonly { readonly orgId: string; readonly listing: Listing }[];
    readonly unknownSite: Exchange;
    readonly unknownOrg: Exchange;
    /** A listing asked for with a `since` that the vendor did not issue. */
    readonly madeUpSince: Exchange;
  };
  readonly lookups: {
    readonly devices: readonly { readonly deviceId: string; readonly exchange: Exchange }[];
    readonly unknownDevice: Exchange;
  };
  /** What another tenant of the vendor gets to see. */
  readonly isolation: {
    readonly orgs: Listing;
    readonly sites: Listing;
    readonly devices: Listing;
    /** Its calls for what is the first tenant's, each beside the same call for what does not exist. */
    readonly crossings: readonly { readonly theirs: Exchange; readonly nobodys: Exchange }[];
    /** Its calls with cursors that the first tenant was given. */
    readonly cursors: readonly Exchange[];
  };
  readonly catalogue: { readonly exchange: Exchange };
  readonly endpoints: {
    /** The destination of the first. */
    readonly destination: string;
    readonly created: Exchange;
    readonly destinationBeside: string;
    readonly createdBeside: Exchange;
    readonly listed: Exchange;
    /** Registrations of destinations that no delivery may go to. */
    readonly forbidden: readonly Exchange[];
  };
  readonly sandbox: {
    readonly deviceId: string;
    readonly withoutCredential: Exchange;
    readonly deviceBefore: Exchange;
    readonly deviceAfter: Exchange;
    readonly unknownDevice: Exchange;
  };
  readonly health: {
    /** The secret that the vendor said it signs with. */
    readonly secret: string;
    readonly latencySeconds: number;
    readonly changes: readonly StatusChange[];
    readonly deliveries: readonly Delivery[];
    /** What came to the endpoint that was registered before this one, for the same changes. */
    readonly deliveriesBeside: readonly Delivery[];
  };
  readonly families: {
    readonly waitSeconds: number;
    readonly events: readonly FamilyOccurrence[];
    /** Event types of the manifest that could not be tried, with the reason. */
    readonly untried: readonly { readonly type: string; readonly reason: string }[];
    readonly deliveries: readonly Delivery[];
  };
  /** What was done to the two endpoints of `endpoints`, and all that came to each. */
  readonly lifecycle: {
    /** Of the first endpoint. */
    readonly ping: Exchange;
    readonly rotation: Exchange;
    readonly afterRotation: StatusChange;
    /** Of the second endpoint. */
    readonly deletion: Exchange;
    /** How many deliveries had come to the second endpoint when its deletion was answered. */
    readonly deliveredBeforeDeletion: number;
    readonly afterDeletion: StatusChange;
    /** Id of a third endpoint, whose receiver answered 410; `null` where it got nothing to answer. */
    readonly stoppedId: string | null;
    readonly listedAfterwards: Exchange;
    readonly deliveries: readonly Delivery[];
    readonly deliveriesBeside: readonly Delivery[];
  };
}

export type PartName = keyof Evidence;

/** Everything one run recorded. */
export interface EvidenceRecord {
  readonly parts: Partial<Evidence>;
  /** Parts that could not be recorded, with the reason. */
  readonly missing: Partial<Record<PartName, string>>;
}
